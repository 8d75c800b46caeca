#!/usr/bin/env bash
# Measures one cell the way that a harness measures other runtimes: a fresh process, one model, one kind of pass.
# Prints one line, `RESULT {json}`, with ms_med, ms_min, cold_ms, rss_peak_mb and disk_mb.
#
# usage: peers-bench.sh MODEL VARIANT THREADS SECONDS [CAP]
#   MODEL    a file MODEL.safetensors in $TTAME_MODELS
#   VARIANT  bb: classification; sel or full: explanation
#   CAP      avx2, avx2vnni, avx512vnni, or full: the best that this CPU has
# $PEER_T0, where set, is when the harness started the cell, in seconds of the monotonic clock; TTAME_LITE names the binary.
set -euo pipefail
started=${PEER_T0:-$(cut -d' ' -f1 /proc/uptime)}
model=${TTAME_MODELS:?names the folder of the model files}/$1.safetensors
case $2 in bb) pass=classify ;; sel | full) pass=explain ;; *) echo "variant $2?" >&2; exit 64 ;; esac
case ${5:-full} in
  full) cap=() ;;
  avx2 | avx512vnni) cap=(--cpu "$5") ;;
  avx2vnni) cap=(--cpu avxvnni) ;;
  *) echo "cap $5?" >&2; exit 64 ;;
esac
binary=${TTAME_LITE:-$(dirname "${BASH_SOURCE[0]}")/../.build/release/ttame-lite}
report=$("$binary" bench --only "$pass" --model "$model" --threads "$3" --seconds "$4" ${cap[@]+"${cap[@]}"} --json)
value() { grep -o "\"$1\":[0-9.e+-]*" <<<"$report" | cut -d: -f2; }
awk -v med="$(value median)" -v min="$(value fastest)" -v first="$(value firstResultAt)" -v start="$started" \
  -v memory="$(value peakMemoryBytes)" -v file="$(value fileBytes)" 'BEGIN {
    printf "RESULT {\"ms_med\": %.4f, \"ms_min\": %.4f, \"cold_ms\": %.2f, \"rss_peak_mb\": %.2f, \"disk_mb\": %.2f}\n",
      med, min, (first - start) * 1e3, memory / 1048576, file / 1e6 }'
