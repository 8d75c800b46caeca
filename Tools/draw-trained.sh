#!/bin/sh -eu
# Draws docs/images/trained.png: three photographs, each alone, with the map of CAM, and with that of the bundled model's
# trained head. Needs ffmpeg and a built program.
root=$(cd "$(dirname "$0")/.." && pwd)
photos=$root/Tests/Fixtures/photos
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for name in cat espresso rocket; do
  cp "$photos/$name.jpg" "$scratch/$name-1.jpg"
  "$root/.build/release/ttame-lite" explain -q "$photos/$name.jpg" --method cam -o "$scratch/$name-2.png"
  "$root/.build/release/ttame-lite" explain -q "$photos/$name.jpg" -o "$scratch/$name-3.png"
done
cd "$scratch"
set --
filter=
layout=
number=0
for name in cat espresso rocket; do
  for column in 1 2 3; do
    set -- "$@" -i "$(ls $name-$column.*)"
    filter="$filter[$number]format=rgb24,scale=360:240,pad=368:248:0:0:white[t$number];"
    layout="$layout|$((number % 3 * 368))_$((number / 3 * 248))"
    number=$((number + 1))
  done
done
tiles=$(seq -f '[t%g]' -s '' 0 8)
ffmpeg -v error -y "$@" -filter_complex "$filter${tiles}xstack=inputs=9:layout=${layout#|},crop=1096:736:0:0" \
  -frames:v 1 -pred mixed -compression_level 9 -pix_fmt rgb24 "$root/docs/images/trained.png"
