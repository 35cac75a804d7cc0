#!/usr/bin/env bash
# Builds a dataset from a local image server: download, validate, deduplicate, label, store, as the JobOrchestrator's contract has it. Kill it, also with -9, and start it
# again: it goes on where it was.
#
#   demo.sh DIRECTORY [--fresh] [--smoke]     what it makes goes below DIRECTORY; --fresh forgets what was there, --smoke makes no pauses
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../leftovers.sh"
program=$here/bin/Release/net10.0/Dataset
folder=$(realpath -m "$1")
shift
pause=40

for argument in "$@"; do
  case $argument in
    --fresh) fresh=yes ;;
    --smoke) pause=0 ;;
    *) echo "demo.sh takes --fresh and --smoke, not '$argument'." >&2; exit 2 ;;
  esac
done
[[ -x $program ]] || { echo "Build the solution first: ./build.sh build" >&2; exit 1; }
stop_leftover "$folder" build
[[ -z ${fresh:-} ]] || rm -rf "$folder"
mkdir -p "$folder"
[[ -f $folder/images/a-bars.jpg ]] || bash "$here/make-images.sh" "$folder/images"

# The server ends when the pipe to it does, that is with this script, however it ends. Its log is there before it is looked at.
: >"$folder/images.log"
exec 3> >("$program" images --dir "$folder/images" --urls http://127.0.0.1:0 >"$folder/images.log" 2>&1)
address=''
for _ in {1..600}; do
  address=$(sed -n 's/.*Now listening on: //p' "$folder/images.log" | tail -1)
  [[ -z $address ]] || break
  sleep 0.1
done
[[ -n $address ]] || { echo "The image server did not start; see $folder/images.log." >&2; exit 1; }

echo "Images come from $address/ ; the dataset goes to $folder/dataset"
exit_code=0
"$program" --data "$folder/data" --source "$address/" --out "$folder/dataset" --job 1 --pause-ms "$pause" --urls http://127.0.0.1:0 --Logging:LogLevel:Default=Warning &
build=$!
echo "$build" >"$folder/build.pid"
trap 'kill "$build" 2>/dev/null || true' EXIT
wait "$build" || exit_code=$?
rm -f "$folder/build.pid"
if ((exit_code != 0)); then
  echo "The build ended with exit code $exit_code; start it again and it goes on." >&2
  exit "$exit_code"
fi

echo
echo "The dataset:"
(cd "$folder/dataset" && find . -type f -printf '%10s  %P\n' | sort -k 2)
kept=$(grep -c '"sha256"' "$folder/dataset/manifest.json")
echo "$kept images kept of $(find "$folder/images" -name '*.jpg' | wc -l): 4 are copies, 3 look alike, 4 are broken"
((kept == 13)) || { echo "The dataset has $kept images; 13 were expected." >&2; exit 1; }
