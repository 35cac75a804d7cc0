#!/usr/bin/env bash
# Makes images of which it is known what a dataset build must do with each: 13 that stay, 4 exact copies, 3 that only look alike, 4 that are broken.
#
#   make-images.sh OUTPUT_DIRECTORY
set -euo pipefail
export LC_ALL=C
[[ $# -eq 1 ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0" >&2; exit 2; }
output=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

original() { ffmpeg -nostdin -v error -y -f lavfi -i "$2" -frames:v 1 -map_metadata -1 -fflags +bitexact -q:v 3 "$work/$1.jpg"; }
alike() { ffmpeg -nostdin -v error -y -i "$work/$1.jpg" -vf "$3" -map_metadata -1 -fflags +bitexact -q:v 12 "$work/$2.jpg"; }

original a-bars smptebars=size=320x240
original b-test testsrc=size=320x240
original c-test testsrc2=size=320x240
original d-stripes rgbtestsrc=size=320x240
original e-fractal mandelbrot=size=320x240
original f-fractal "mandelbrot=size=240x320:start_scale=0.8:start_x=-0.2:start_y=0.7"
original g-fractal "mandelbrot=size=320x320:start_scale=0.02"
# Formulas, not the gradients source: that one draws anew each time, whatever its seed, and now and then two look alike.
gradient() { original "h-gradient-$1" "nullsrc=size=320x200,format=rgb24,geq=r='$2':g='$3':b='$4'"; }
gradient 1 '128+127*sin((X-Y)/18)' '128+90*sin((X-Y)/18)' '40'
gradient 2 '30' 'Y*255/200' 'Y*220/200'
gradient 3 '255-sqrt((X-160)^2+(Y-100)^2)' '60' '200-sqrt((X-160)^2+(Y-100)^2)'
gradient 4 '128+127*sin(X/30+Y/50)' '128+100*sin(X/30+Y/50)' '90'
gradient 5 '128+127*sin(X/25)*sin(Y/25)' '70' '128+90*sin(X/25)*sin(Y/25)'
gradient 6 '100' '128+127*cos(X*Y/3000)' '128+60*cos(X*Y/3000)'

cp "$work/a-bars.jpg" "$work/x-copy-1.jpg"
cp "$work/e-fractal.jpg" "$work/x-copy-2.jpg"
cp "$work/e-fractal.jpg" "$work/x-copy-3.jpg"
cp "$work/h-gradient-4.jpg" "$work/x-copy-4.jpg"

alike e-fractal y-alike-1 scale=200:150
alike h-gradient-3 y-alike-2 null
alike b-test y-alike-3 scale=160:120

: >"$work/z-broken-1.jpg"
echo "this is no picture" >"$work/z-broken-2.jpg"
head -c 900 "$work/c-test.jpg" >"$work/z-broken-3.jpg"
head -c 4096 /dev/zero >"$work/z-broken-4.jpg"

mkdir -p "$(dirname "$output")"
# The copy may be on another disk and is cut short by a kill; the rename is not.
rm -rf "$output.part" "$output"
cp -r "$work" "$output.part"
mv "$output.part" "$output"
echo "$output: $(find "$output" -name '*.jpg' | wc -l) images"
