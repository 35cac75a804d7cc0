#!/usr/bin/env bash
# A weekly report that waits for its data, by the scheduler service's own API. A week is five seconds here. The server is killed half-way and goes on.
#   samples/scheduler/demo.sh FOLDER [--fresh] [--smoke]      DISPATCHER_PROGRAM names the program
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../leftovers.sh"
folder=${1:?Name a folder for the data.}
shift
for argument in "$@"; do
  if [[ $argument == --fresh || $argument == --smoke ]]; then fresh=1; fi
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
program=${DISPATCHER_PROGRAM:?Set DISPATCHER_PROGRAM to the program; ./build.sh demo scheduler does.}
server_process=''
trap 'if [[ -n $server_process ]]; then kill "$server_process" 2>/dev/null || true; rm -f "$folder/server.pid"; fi' EXIT

main() {
  command -v curl >/dev/null || { echo "The demo calls the service with curl, which is not there." >&2; exit 1; }
  stop_leftover "$folder" server
  [[ -z ${fresh:-} ]] || rm -rf "${folder:?}"
  mkdir -p "$folder"
  start_at_a_free_port
  for workflow in refresh report; do
    curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/yaml' --data-binary "@$here/$workflow.yaml" "$server/api/v1/workflows/$workflow/versions/1"
  done
  echo
  echo "> create_job data-refresh: every four seconds"
  make data-refresh '*/4 * * * * *' '[]' "{\\\"workflow\\\":\\\"refresh\\\",\\\"input\\\":{\\\"file\\\":\\\"$here/sales.csv\\\",\\\"day\\\":\\\"\${schedule.date}\\\"}}"
  echo "> create_job weekly-report: every five seconds, when the data were refreshed since its last run"
  make weekly-report '*/5 * * * * *' '["data-refresh"]' "{\\\"workflow\\\":\\\"report\\\",\\\"input\\\":{\\\"server\\\":\\\"$server\\\",\\\"week\\\":\\\"\${schedule.date}\\\"}}"
  echo "> a ring is refused:"
  ops '{"action":"update_job","job":{"id":"data-refresh","metadata":{"scheduling":{"cron":"*/4 * * * * *","dependencies":["weekly-report"]}}}}' || true
  echo
  echo "> get_job_graph"
  ops '{"action":"get_job_graph","metadata":{}}'
  echo
  echo "The report is being made ..."
  wait_for "$server/api/v1/jobs?workflow=report&status=running" '"id"'
  echo "... and the server is killed (kill -9) half-way."
  kill -9 "$server_process"
  wait "$server_process" 2>/dev/null || true
  sleep 1
  # At the same address, which the running workflow has.
  start || { cat "$folder/serve.log" >&2; exit 1; }
  wait_for "$server/api/v1/schedules/weekly-report/runs?status=completed" '"id"'
  for job in weekly-report data-refresh; do curl -fsS -o /dev/null -X POST "$server/api/v1/schedules/$job/pause"; done
  show
}

# The workflow may call the server's one address and no other, so the port is chosen before the start, and again if somebody was quicker. Below 32768 no system
# takes ports for connections of its own.
start_at_a_free_port() {
  local tries
  for tries in {1..20}; do
    server=http://127.0.0.1:$((20000 + RANDOM % 10000))
    # Somebody listens there.
    if (exec 3<> "/dev/tcp/127.0.0.1/${server##*:}") 2>/dev/null; then continue; fi
    cat > "$folder/serve.conf" <<CONF
dispatcher {
  contracts.scheduler-service = on
  process.allowed-commands = [awk, tee]
  http.allowed-hosts = ["${server#http://}"]
  http.allow-private-addresses = on
}
CONF
    : > "$folder/serve.log"
    if start; then return; fi
    grep -qi 'address already in use' "$folder/serve.log" || break
    echo "Port ${server##*:} was taken meanwhile; another one is tried ($tries)."
  done
  cat "$folder/serve.log" >&2
  exit 1
}

# Starts the server, and waits until it is ready. Fails if it ends before that.
start() {
  "$program" serve --data "$folder/data" --config "$folder/serve.conf" --urls "$server" 2>> "$folder/serve.log" &
  server_process=$!
  echo "$server_process" > "$folder/server.pid"
  until curl -fsS -o /dev/null "$server/health/ready" 2>/dev/null; do
    kill -0 "$server_process" 2>/dev/null || return 1
    sleep 0.1
  done
  # Somebody else may answer at the address.
  kill -0 "$server_process" 2>/dev/null || return 1
  echo "The server is at $server (process $server_process)."
}

ops() { curl -sS -X POST -H 'Content-Type: application/json' -d "$1" "$server/api/scheduler_ops"; echo; }

# make ID CRON DEPENDENCIES PAYLOAD: a job, or the one that an earlier demo left goes on, with its new address of the server.
make() {
  local action=create_job
  if curl -fsS -o /dev/null "$server/api/v1/schedules/$1" 2>/dev/null; then action=update_job; fi
  ops "{\"action\":\"$action\",\"job\":{\"id\":\"$1\",\"name\":\"$1\",\"status\":\"ACTIVE\",\"payload\":\"$4\",\"metadata\":{\"scheduling\":{\"cron\":\"$2\",\"timezone\":\"America/New_York\",\"dependencies\":$3,\"retry_policy\":{\"max_attempts\":5,\"backoff\":\"exponential\"}}}}}" | cut -c1-160
}

# wait_for URL TEXT: until the answer holds the text.
wait_for() {
  for _ in $(seq 600); do
    if curl -fsS "$1" 2>/dev/null | grep -q "$2"; then return; fi
    sleep 0.1
  done
  echo "Waited in vain for $2 at $1." >&2
  exit 1
}

show() {
  local made report doubles
  echo
  echo "Runs of weekly-report, newest first: when they were due, why, and how they are"
  curl -fsS "$server/api/v1/schedules/weekly-report/runs?limit=5" | tr '{' '\n' | sed -n 's/.*"status":"\([^"]*\)".*/\1/p; s/.*"due":"\([^"]*\)","cause":"\([^"]*\)".*/  due \1, \2/p'
  doubles=$(curl -fsS "$server/api/v1/schedules/weekly-report/runs?limit=200" | grep -o '"due":"[^"]*"' | sort | uniq -d)
  [[ -z $doubles ]] || { echo "A due time was fired twice: $doubles" >&2; exit 1; }
  # Of one that has ended: the next one may be half written.
  made=$(curl -fsS "$server/api/v1/jobs?workflow=report&status=completed&limit=1" | sed -n 's/.*"jobs":\[{"id":"\([^"]*\)".*/\1/p')
  report=$(find "$folder/data/artifacts" -path "*/$made/report.md")
  echo
  cat "$report"
  grep -q 'All in all: 3311.30' "$report" || { echo "The report is wrong." >&2; exit 1; }
  echo
  echo "No due time was fired twice, and the report is in ${report#"$folder"/}."
}

main
