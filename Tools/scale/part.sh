#!/usr/bin/env bash
# Explains one part of a list of photographs. Run it again after a crash: it continues.
#
#   part.sh LIST I/N FOLDER [explain|classify [OPTION...]]
#
# LIST names one photograph a line, in UTF-8. Part I of N, from 1 to N, is what --shard makes of it. A photograph's answer is a
# line of FOLDER/part-I-of-N.jsonl. Without a command, pictures go to FOLDER/images. TTAME_LITE is the program.
set -euo pipefail

if [ $# -lt 3 ]; then
  echo "usage: part.sh LIST I/N FOLDER [explain|classify [OPTION...]]" >&2
  exit 64
fi
list=$1 part=$2 folder=$3
shift 3
[ $# -gt 0 ] || set -- explain -o "$folder/images" --tree

mkdir -p "$folder"
log=$folder/part-${part%/*}-of-${part#*/}.jsonl
answered=$log.answered
trap 'rm -f "$answered"' EXIT
touch "$log"

# A process killed while it wrote may leave half a line.
[ -z "$(tail -c 1 "$log")" ] || sed -i '$d' "$log"

# The log decides what is left, not the pictures: a process killed between the two has the picture, but not the line.
export LC_ALL=C
jq -r .input "$log" | sort >"$answered"
sort -u "$list" | comm -23 - "$answered" |
  "${TTAME_LITE:-ttame-lite}" "$@" --files-from - --shard "$part" --threads 1 --quiet --json >>"$log"
