#!/usr/bin/env bash
# A property's photos become a video: a provider of clips and the server as two processes, the Workflow Coordinator's API, approval, a kill -9 in the middle, and the bill.
# Called by `./build.sh demo scenes`: demo.sh FOLDER [--fresh] [--smoke]. Killed and started again it goes on with the same job.
set -euo pipefail

readonly root=$(cd "$(dirname "$0")/../.." && pwd)
source "$root/samples/leftovers.sh"
readonly folder=$(realpath -m "$1")
readonly campaign=0b6e2c52-2a5e-4a39-9a9c-5f6f3a2d1c00
readonly dispatcher=${DISPATCHER_PROGRAM:-$root/artifacts/dispatcher/dispatcher}
readonly provider=$root/samples/provider/bin/Release/net10.0/sample-provider
readonly photos=$folder/files/default/campaigns/$campaign
shift
delay_ms=2500
for argument in "$@"; do
  [[ $argument != --fresh && $argument != --smoke ]] || fresh=yes
  [[ $argument != --smoke ]] || delay_ms=1500
done

main() {
  stop_leftover "$folder" provider
  stop_leftover "$folder" server
  [[ -z ${fresh:-} ]] || rm -rf "$folder"
  mkdir -p "$folder" "$photos"
  trap stop_all EXIT
  make_photos
  start provider "$provider" --urls http://127.0.0.1:0 --data "$folder/provider" --delay-ms "$delay_ms"
  provider_url=$(address_in "$folder/provider.log" 'The provider listens on ')
  start_server
  register
  if [[ -f $folder/job ]]; then
    job=$(<"$folder/job")
    echo "Going on with job $job."
  else
    create
  fi
  approve
  kill_once
  follow
  show
}

# Real pictures, drawn by ffmpeg: each another colour with its name on a moving pattern's still.
make_photos() {
  local name hue=0
  for name in exterior_1 living_room_1 living_room_2 kitchen_1 bedroom_1 bathroom_1; do
    hue=$((hue + 55))
    [[ -s $photos/$name.jpg ]] || ffmpeg -v error -nostdin -y -f lavfi -i "testsrc2=size=640x360:rate=1" -vf "hue=h=$hue,boxblur=2" -frames:v 1 "$photos/$name.jpg"
  done
  echo "Photos in ${photos#"$root"/}: $(ls "$photos" | paste -sd ' ')"
}

start_server() {
  cat >"$folder/dispatcher.conf" <<CONF
dispatcher {
  contracts.workflow-coordinator = on
  files.directory = "$folder/files"
  provider { url = "$provider_url", poll-initial = 250 ms }
}
CONF
  start server "$dispatcher" serve --config "$folder/dispatcher.conf" --data "$folder/data" --urls http://127.0.0.1:0
  server_url=$(address_in "$folder/server.log" 'Dispatcher listens on ')
}

register() { request PUT "$server_url/api/v1/workflows/video-scenes/versions/1" "@$root/samples/scenes/coordinator.yaml" application/yaml >/dev/null; }

create() {
  local answer
  echo "> POST /api/v3/jobs/from-property-photos"
  # The key makes it one job, however often the demo is killed here.
  answer=$(request POST "$server_url/api/v3/jobs/from-property-photos" "{\"campaign_id\":\"$campaign\",\"clip_duration\":4,\"video_name\":\"The house\"}" application/json demo-scenes)
  job=$(field "$answer" job_id)
  echo "$job" >"$folder/job"
  echo "Job $job: $(field "$answer" scene_count) scenes, estimated at $(field "$answer" estimated_cost) USD; it waits for approval."
}

approve() {
  [[ $(field "$(request GET "$server_url/api/v3/jobs/$job")" status) == pending ]] || return 0
  echo "> POST /api/v3/jobs/$job/approve"
  request POST "$server_url/api/v3/jobs/$job/approve" >/dev/null
}

# Once, as soon as a scene is there and others are under way.
kill_once() {
  [[ ! -f $folder/killed ]] || return 0
  local answer
  while true; do
    answer=$(request GET "$server_url/api/v3/jobs/$job/scenes")
    [[ $(field "$answer" completed_scenes) -lt 1 ]] || break
    sleep 0.1
  done
  touch "$folder/killed"
  echo "Kill -9 of the server, with $(field "$answer" completed_scenes) of $(field "$answer" total_scenes) scenes there and $(field "$(request GET "$provider_url/bill")" starts) orders paid."
  kill -9 "$(<"$folder/server.pid")"
  wait "$(<"$folder/server.pid")" 2>/dev/null || true
  start_server
  echo "The server is back."
}

follow() {
  local answer line last=''
  while true; do
    answer=$(request GET "$server_url/api/v3/jobs/$job")
    line=$(printf '%5s %%  %s' "$(field "$answer" progress_percentage)" "$(field "$answer" current_stage)")
    [[ $line == "$last" ]] || echo "$line"
    last=$line
    case $(field "$answer" status) in
      completed) return 0 ;;
      failed)
        echo "The job failed: $(field "$answer" error)" >&2
        return 1
        ;;
    esac
    sleep 0.2
  done
}

show() {
  local answer bill
  download "$server_url/api/v3/videos/$job/combined" "$folder/house.mp4"
  download "$server_url/api/v3/videos/$job/thumbnail" "$folder/house.jpg"
  answer=$(request GET "$server_url/api/v3/jobs/$job")
  bill=$(request GET "$provider_url/bill")
  echo
  echo "Video:     ${folder#"$root"/}/house.mp4, $(ffprobe -v error -show_entries format=duration -of csv=p=0 "$folder/house.mp4") s, $(ffprobe -v error -select_streams v -show_entries stream=codec_name,width,height -of csv=p=0 "$folder/house.mp4")"
  echo "Thumbnail: ${folder#"$root"/}/house.jpg"
  echo "Estimate:  $(field "$answer" estimated_cost) USD"
  echo "Bill:      $(field "$bill" total) USD for $(field "$bill" starts) orders"
  python3 - "$(field "$answer" estimated_cost)" "$(field "$bill" total)" "$(field "$bill" starts)" <<'PY' || { echo "The bill is not what was estimated." >&2; return 1; }
import sys
estimate, total, starts = map(float, sys.argv[1:])
sys.exit(0 if abs(estimate - total) < 0.005 and starts == 6 else 1)
PY
  echo "Each scene was paid once."
}

# start NAME PROGRAM ARGS...: in the background, with its output in NAME.log and its id in NAME.pid.
start() {
  local name=$1
  shift
  # Empty before it is looked at: an earlier one's address is none.
  : >"$folder/$name.log"
  "$@" >"$folder/$name.log" 2>&1 &
  echo $! >"$folder/$name.pid"
}

# address_in LOG TEXT: waits until the log says where the program listens.
address_in() {
  local tries
  for ((tries = 0; tries < 300; tries++)); do
    if grep -q "$2" "$1" 2>/dev/null; then
      sed -n "s|.*$2\(http://[0-9.:]*\).*|\1|p" "$1" | head -1
      return
    fi
    sleep 0.1
  done
  echo "$1 says nothing of an address:" >&2
  cat "$1" >&2
  return 1
}

stop_all() {
  local name
  for name in server provider; do
    [[ ! -f $folder/$name.pid ]] || kill "$(<"$folder/$name.pid")" 2>/dev/null || true
  done
  wait 2>/dev/null || true
  rm -f "$folder"/*.pid
}

# request METHOD URL [BODY|@FILE] [TYPE] [IDEMPOTENCY-KEY]: the answer's body.
request() {
  python3 - "$@" <<'PY'
import sys, urllib.request, urllib.error
method, url, body, kind, key = (sys.argv[1:] + [""] * 5)[:5]
data = open(body[1:], "rb").read() if body.startswith("@") else body.encode() or None
headers = {"Content-Type": kind} if kind else {}
if key: headers["Idempotency-Key"] = key
try:
    print(urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method)).read().decode())
except urllib.error.HTTPError as refused:
    sys.exit(f"{method} {url}: {refused.code} {refused.read().decode()}")
PY
}

download() { python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"; }

# field JSON NAME
field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1]).get(sys.argv[2], ""))' "$1" "$2"; }

main
