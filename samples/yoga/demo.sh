#!/usr/bin/env bash
# demo.sh DIRECTORY [--fresh] [--smoke]: recordings of yoga, analysed by the seven playbooks as jobs; half-way the application is killed with -9 and started again.
# What it leaves stays in DIRECTORY: killed itself and run again, it goes on. --fresh forgets it. --smoke says nothing but the result.
set -euo pipefail

directory=$(realpath -m "$1")
shift
fresh='' smoke=''
for argument in "$@"; do
  case $argument in
    --fresh) fresh=yes ;;
    --smoke) smoke=yes ;;
  esac
done
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
yoga=$root/samples/yoga/bin/Release/net10.0/Yoga
app='' line=''

say() { [[ -n $smoke ]] || printf '\n\033[1m%s\033[0m\n' "$*"; }

stop() {
  for pid in $app $line; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -f "$directory"/*.pid
}

source "$root/samples/leftovers.sh"
stop_leftover "$directory" app
stop_leftover "$directory" line
[[ -z $fresh ]] || rm -rf "$directory"
mkdir -p "$directory"
trap stop EXIT

# start NAME ARGUMENTS...: sets pid and address; the log is NAME.log.
start() {
  local name=$1 log=$directory/$1.log
  shift
  : >"$log"
  (cd "$directory" && exec "$yoga" "$@") >>"$log" 2>&1 &
  pid=$!
  echo "$pid" >"$directory/$name.pid"
  for _ in $(seq 300); do
    address=$(sed -n 's/.*Now listening on: //p' "$log" | head -n 1)
    [[ -z $address ]] || return 0
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 5 "$log" >&2
  exit 1
}

start_app() {
  start app --urls http://127.0.0.1:0 --data "$directory/data" --line-url "$line_address" --plan-minutes 20 --pause-ms "$1" --Logging:LogLevel:Default Warning --Logging:LogLevel:Microsoft.Hosting.Lifetime Information
  app=$pid app_address=$address
}

if [[ ! -d $directory/recordings ]]; then
  "$yoga" record "$directory/recordings.new" 7 >/dev/null
  mv "$directory/recordings.new" "$directory/recordings"
fi
start line line --urls http://127.0.0.1:0 --file "$directory/line-messages.jsonl"
line=$pid line_address=$address

say "Eight recordings, a job for each. A session that has its job already gets the same again."
start_app 300
"$yoga" create "$app_address" "$directory" ${smoke:+--smoke}

if [[ ! -f $directory/killed ]]; then
  sleep 1
  say "Now the application is killed with -9 (process $app), and started again."
  kill -9 "$app"
  wait "$app" 2>/dev/null || true
  date >"$directory/killed"
  start_app 0
fi

say "What came of it:"
"$yoga" show "$app_address" "$line_address" "$directory" ${smoke:+--smoke}
