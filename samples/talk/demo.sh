#!/usr/bin/env bash
# The jobs API of talk videos from end to end: serves it, registers the contract's pipeline (pipeline.asl.json), makes a job, brings its video, starts it, kills the server with
# -9 half-way, and shows what the job has made.
# Called by `./build.sh demo talk`: demo.sh FOLDER [--fresh] [--smoke]. Killed and started again it goes on with the same job; --smoke takes a short talk.
set -euo pipefail

readonly root=$(cd "$(dirname "$0")/../.." && pwd)
readonly here=$root/samples/talk
source "$root/samples/leftovers.sh"
readonly folder=$(realpath -m "$1")
readonly program=${DISPATCHER_PROGRAM:-$root/artifacts/dispatcher/dispatcher}
readonly talk=$folder/talk/talk.mp4
readonly storage=$folder/storage
shift
seconds=60
for argument in "$@"; do
  case $argument in
    --fresh) fresh=yes ;;
    --smoke) fresh=yes seconds=12 ;;
    *) echo "demo.sh takes --fresh and --smoke, not '$argument'." >&2; exit 2 ;;
  esac
done

main() {
  stop_leftover "$folder" server
  [[ -z ${fresh:-} ]] || rm -rf "$folder"
  mkdir -p "$folder"
  trap stop_server EXIT
  [[ -f $talk ]] || bash "$here/make-talk.sh" "$folder/talk" "$seconds"
  start_server
  call -X PUT --data-binary "@$here/pipeline.asl.json" "$address/api/v1/workflows/talk-avocado/versions/1" >/dev/null
  create
  bring_video
  start
  kill_once
  follow
  show
}

start_server() {
  # Empty before it is looked at: an earlier server's address is none.
  : >"$folder/server.log"
  MEDIA_STORAGE_PATH=$storage TALKAVOCADO_ENV=dev START_ON_CREATE=false \
    "$program" serve --config "$here/talk-avocado.conf" --data "$folder/data" --urls http://127.0.0.1:0 >"$folder/server.log" 2>&1 &
  server=$!
  echo "$server" >"$folder/server.pid"
  address=''
  for _ in {1..300}; do
    address=$(sed -n 's/.*Dispatcher listens on //p' "$folder/server.log" | tail -n 1)
    [[ -z $address ]] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  cat "$folder/server.log" >&2
  return 1
}

# The key makes it one job, however often the demo is killed here: the second time the answer is 409 and names the first one's job.
create() {
  local answer
  answer=$(curl -sS -H 'content-type: application/json' -H 'x-idempotency-key: demo-talk' "$address/jobs" \
    -d "{\"tenantId\":\"default\",\"input\":{\"originalFilename\":\"talk.mp4\",\"bytes\":$(stat -c %s "$talk"),\"mimeType\":\"video/mp4\"}}")
  echo "POST /jobs -> $answer"
  job=$(field jobId "$answer")
  [[ -n $job ]] || { echo "No job was made." >&2; return 1; }
}

bring_video() {
  local input=$storage/dev/default/$job/input
  [[ ! -f $input/talk.mp4 ]] || return 0
  mkdir -p "$input"
  cp "$talk" "$folder/talk.part"
  mv "$folder/talk.part" "$input/talk.mp4"
}

start() {
  [[ $(field status "$(call "$address/jobs/$job?tenantId=default")") == pending ]] || return 0
  echo "> POST /jobs/$job/start"
  call -X POST "$address/jobs/$job/start?tenantId=default" >/dev/null
}

# Once, as soon as the sound is there and its words are being recognised.
kill_once() {
  [[ ! -f $folder/killed ]] || return 0
  local shown=''
  until [[ $shown == *'"audio"'* ]]; do
    [[ $shown != *'"failed"'* ]] || return 0
    sleep 0.1
    shown=$(call "$address/jobs/$job?tenantId=default")
  done
  touch "$folder/killed"
  echo "Kill -9 of the server, with the sound there: $(field status "$shown")"
  kill -9 "$server"
  wait "$server" 2>/dev/null || true
  start_server
  echo "The server is back."
}

follow() {
  status=''
  while [[ $status != completed ]]; do
    shown=$(call "$address/jobs/$job?tenantId=default")
    status=$(field status "$shown")
    [[ $status != failed && $status != cancelled ]] || { echo "The job is $status: $shown" >&2; return 1; }
    sleep 0.3
  done
  echo "GET /jobs/$job -> $shown"
}

show() {
  local made=$storage/dev/default/$job
  grep -q '"status": "completed"' "$made/manifest.json"
  grep -q '"originalFilename": "talk.mp4"' "$made/manifest.json"
  (cd "$made" && find . -type f -not -path '*/chunks/*' -not -path '*/segments/*' -printf '%10s  %P\n' | sort -k 2)
  awk -v talk="$(duration_of "$talk")" -v cut="$(duration_of "$made/renders/base_cuts.mp4")" \
    'BEGIN { printf "The talk has %.2f s, its cut %.2f s.\n", talk, cut; exit !(cut > 0 && cut < talk) }' || { echo "The talk was not made shorter." >&2; return 1; }
}

stop_server() {
  [[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -f "$folder/server.pid"
}

call() { curl -sS --fail-with-body -H 'content-type: application/json' "$@"; }

# field NAME JSON: a text of the answer.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2"; }

duration_of() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }

main
