#!/usr/bin/env bash
# The jobs API of talk videos from end to end: serves it, registers the contract's pipeline (pipeline.asl.json), makes a job, brings its video, starts it, and shows what it made.
#
#   DISPATCHER_PROGRAM=artifacts/dispatcher/dispatcher samples/talk/jobs-api.sh DIRECTORY [VIDEO]     without VIDEO it makes a short talk
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
program=${DISPATCHER_PROGRAM:-$here/../../artifacts/dispatcher/dispatcher}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
video=${2:-$folder/talk/talk.mp4}
[[ -f $video ]] || bash "$here/make-talk.sh" "$folder/talk" 12
export MEDIA_STORAGE_PATH=$folder/storage TALKAVOCADO_ENV=dev START_ON_CREATE=false

"$program" serve --config "$here/talk-avocado.conf" --data "$folder/data" --urls http://127.0.0.1:0 >"$folder/serve.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true' EXIT
address=''
for _ in {1..300}; do
  address=$(sed -n 's/.*Dispatcher listens on //p' "$folder/serve.log" | tail -1)
  [[ -z $address ]] || break
  sleep 0.2
done
[[ -n $address ]] || { cat "$folder/serve.log" >&2; exit 1; }

call() { curl -sS --fail-with-body -H 'content-type: application/json' "$@"; echo; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

call -X PUT --data-binary "@$here/pipeline.asl.json" "$address/api/v1/workflows/talk-avocado/versions/1" >/dev/null
made=$(call -d "{\"tenantId\":\"default\",\"input\":{\"originalFilename\":\"$(basename "$video")\",\"bytes\":$(stat -c %s "$video"),\"mimeType\":\"video/mp4\"}}" "$address/jobs")
echo "POST /jobs -> $made"
job=$(field jobId <<<"$made")
mkdir -p "$MEDIA_STORAGE_PATH/dev/default/$job/input"
cp "$video" "$MEDIA_STORAGE_PATH/dev/default/$job/input/"
call -X POST "$address/jobs/$job/start?tenantId=default" >/dev/null
status=''
while [[ $status != completed && $status != failed ]]; do
  sleep 1
  shown=$(call "$address/jobs/$job?tenantId=default")
  status=$(field status <<<"$shown")
done
echo "GET /jobs/$job -> $shown"
(cd "$MEDIA_STORAGE_PATH/dev/default/$job" && find . -type f -not -path '*/chunks/*' -printf '%10s  %P\n' | sort -k 2)
[[ $status == completed ]]
