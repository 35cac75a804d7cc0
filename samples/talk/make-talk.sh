#!/usr/bin/env bash
# Makes a recorded talk whose cuts are known: spoken sentences with pauses of at least 1.5 s and some fillers, over a moving test picture.
#
#   make-talk.sh OUTPUT_DIRECTORY [SECONDS]     SECONDS is the least length, 10 to 7200; default 60
#
# Writes talk.mp4 and known-cuts.json. The times in known-cuts.json are counted from the samples of the pieces while they are joined, not
# guessed from the text. The same tools give the same files each time.
set -euo pipefail
export LC_ALL=C

usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[[ $# -ge 1 && $# -le 2 ]] || usage
output=$1
seconds=${2:-60}
[[ $seconds =~ ^[0-9]{1,4}$ && $seconds -ge 10 && $seconds -le 7200 ]] || usage

missing=()
command -v espeak-ng >/dev/null || missing+=(espeak-ng)
command -v ffmpeg >/dev/null || missing+=(ffmpeg)
if [[ ${#missing[@]} -gt 0 ]]; then
  echo "make-talk.sh: missing packages. On Debian: apt-get install ${missing[*]}" >&2
  exit 1
fi

# 48,000 samples a second of 2 bytes: 96 bytes are one millisecond.
bytes_per_ms=96
mkdir -p "$output"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/talk.raw"
: >"$work/pauses"
: >"$work/fillers"
: >"$work/speech"

now_bytes() { stat -c %s "$work/talk.raw"; }
as_seconds() { printf '%d.%03d' $(($1 / bytes_per_ms / 1000)) $(($1 / bytes_per_ms % 1000)); }

# Speaks a text and trims the silence that the voice leaves around it. Each text is spoken once only.
voice() {
  local file
  file="$work/$(printf '%s' "$1" | cksum | cut -d' ' -f1).raw"
  if [[ ! -f $file ]]; then
    espeak-ng -v en-us -s 150 -z -w "$work/piece.wav" "$1"
    local trim='silenceremove=start_periods=1:start_threshold=-50dB'
    ffmpeg -nostdin -v error -y -i "$work/piece.wav" -af "$trim,areverse,$trim,areverse" -ar 48000 -ac 1 -f s16le "$file"
  fi
  printf '%s' "$file"
}

# say KIND TEXT: appends speech and notes its time in the list of that kind.
say() {
  local start
  start=$(now_bytes)
  cat "$(voice "$2")" >>"$work/talk.raw"
  echo "{ \"start\": $(as_seconds "$start"), \"end\": $(as_seconds "$(now_bytes)"), \"text\": \"$2\" }" >>"$work/$1"
}

silence() { head -c $(($1 * bytes_per_ms)) /dev/zero >>"$work/talk.raw"; }

# pause MILLISECONDS: a pause that the planner must find.
pause() {
  local start
  start=$(now_bytes)
  silence "$1"
  echo "{ \"start\": $(as_seconds "$start"), \"end\": $(as_seconds "$(now_bytes)"), \"ms\": $1 }" >>"$work/pauses"
}

# filler TEXT: a filler between two short silences, as people use them.
filler() { silence 350; say fillers "$1"; silence 350; }

sentences=(
  "Good morning and welcome to this short talk about the history of the computer."
  "The first machines filled a whole room and needed many people to look after them."
  "Today we carry more power in our pocket than they had in the building."
  "A program is a list of instructions that the machine follows one by one."
  "The order of the instructions matters a great deal to the final result."
  "When something goes wrong we read the list again and look for the mistake."
  "Good programs are short and clear and they say what they mean."
  "People read a program far more often than they write it."
)
fillers=("um" "you know" "uh")
pauses=(1800 2500 2000 3000 1600)

block=0
while :; do
  say speech "${sentences[$((block * 2 % ${#sentences[@]}))]}"
  if ((block % 2 == 0)); then filler "${fillers[$((block / 2 % ${#fillers[@]}))]}"; else silence 300; fi
  say speech "${sentences[$(((block * 2 + 1) % ${#sentences[@]}))]}"
  (($(now_bytes) < seconds * 1000 * bytes_per_ms)) || break
  pause "${pauses[$((block % ${#pauses[@]}))]}"
  block=$((block + 1))
done
silence 200

length=$(as_seconds "$(now_bytes)")
ffmpeg -nostdin -v error -y -f lavfi -i "testsrc2=size=640x360:rate=25" -f s16le -ar 48000 -ac 1 -i "$work/talk.raw" \
  -t "$length" -map 0:v -map 1:a -c:v libx264 -preset veryfast -crf 26 -pix_fmt yuv420p -c:a aac -b:a 128k \
  -map_metadata -1 -fflags +bitexact -movflags +faststart "$work/talk.mp4"

list() { paste -sd, "$work/$1" | sed 's/},{/},\n    {/g; s/^/    /'; }
{
  echo "{"
  echo "  \"video\": \"talk.mp4\","
  echo "  \"durationSec\": $length,"
  for kind in pauses fillers speech; do
    printf '  "%s": [\n%s\n  ]%s\n' "$kind" "$(list "$kind")" "$([[ $kind == speech ]] || echo ,)"
  done
  echo "}"
} >"$work/known-cuts.json"

# The talk last and by a rename within the folder: where it is, all is there and whole.
mv "$work/known-cuts.json" "$output/known-cuts.json"
mv "$work/talk.mp4" "$output/talk.mp4.part"
mv "$output/talk.mp4.part" "$output/talk.mp4"
echo "$output/talk.mp4: $length s, $(wc -l <"$work/pauses") pauses, $(wc -l <"$work/fillers") fillers"
