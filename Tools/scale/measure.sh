#!/usr/bin/env bash
# Measures one process with all threads against one process a core with --threads 1, on the same photographs: pictures a second,
# the median of interleaved runs, and the median of the ratios of the runs that follow each other. Then, the CPU time that a
# process takes to read a million names of which (nearly) none are in its part.
#
#   measure.sh [PHOTOGRAPHS [RUNS]]
#
# 1,000 photographs and 5 runs by default. Environment, with defaults: TTAME_LITE, the program, .build/release/ttame-lite;
# PHOTOS, a folder with enough photographs, ../shared/images; TTAME_WEIGHTS, weights.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
count=${1:-1000}
runs=${2:-5}
program=$(realpath -e "${TTAME_LITE:-$root/.build/release/ttame-lite}")
photos=$(realpath -e "${PHOTOS:-$root/../shared/images}")
export TTAME_WEIGHTS=${TTAME_WEIGHTS:-$root/weights}
cores=$(nproc)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$photos"
find -L . -type f \( -iname '*.jpg' -o -iname '*.jpeg' \) -printf '%P\n' | LC_ALL=C sort >"$work/all"
total=$(wc -l <"$work/all")
if [ "$total" -lt "$count" ]; then
  echo "measure.sh: $photos has $total photographs, not $count." >&2
  exit 1
fi
awk -v count="$count" -v total="$total" 'int(NR * count / total) > int((NR - 1) * count / total)' "$work/all" >"$work/list"

threads() {
  "$program" "$@" --files-from "$work/list" --json --quiet >"$work/threads.jsonl"
}

processes() {
  local part running=()
  for ((part = 1; part <= cores; part++)); do
    "$program" "$@" --files-from "$work/list" --shard "$part/$cores" --threads 1 --json --quiet >"$work/part-$part.jsonl" &
    running+=($!)
  done
  for part in "${running[@]}"; do wait "$part"; done
}

# seconds COMMAND...: how long it takes; all images must have an answer.
seconds() {
  rm -rf "$work/images" "$work"/*.jsonl
  local begin=$EPOCHREALTIME
  "$@"
  local end=$EPOCHREALTIME
  if [ "$(cat "$work"/*.jsonl | wc -l)" -ne "$count" ]; then
    echo "measure.sh: answers are missing." >&2
    return 1
  fi
  awk -v begin="$begin" -v end="$end" 'BEGIN { printf "%.3f\n", end - begin }'
}

median() {
  sort -n | awk '{ value[NR] = $1 } END { printf "%.2f", (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2 }'
}

for command in classify explain; do
  arguments=("$command")
  [ "$command" = classify ] || arguments+=(-o "$work/images" --tree)
  seconds threads "${arguments[@]}" >"$work/warm-up"
  : >"$work/times"
  for ((run = 0; run < runs; run++)); do
    first=$(seconds threads "${arguments[@]}")
    second=$(seconds processes "${arguments[@]}")
    echo "$first $second" >>"$work/times"
  done
  echo "$command, $count photographs, $runs runs: $cores threads" \
    "$(awk -v count="$count" '{ print count / $1 }' "$work/times" | median) pictures/s, $cores processes" \
    "$(awk -v count="$count" '{ print count / $2 }' "$work/times" | median) pictures/s, ratio" \
    "$(awk '{ print $1 / $2 }' "$work/times" | median)" \
    "($(awk '{ printf "%.2f\n", $1 / $2 }' "$work/times" | sort -n | sed -n '1p;$p' | paste -sd ' '))"
done

# Links to the photographs' folder give each of them many names.
mkdir "$work/names"
cd "$work/names"
for ((copy = 0; copy * total < 1000000; copy++)); do
  ln -s "$photos" "$copy"
  sed "s|^|$copy/|" "$work/all"
done | awk 'NR <= 1000000' >"$work/million"
TIMEFORMAT='a million names: %U + %S s of CPU time'
time "$program" classify --files-from "$work/million" --shard 1/1000000 --threads 1 --json --quiet >"$work/million.jsonl"
