#!/usr/bin/env bash
# Explains the pictures of a folder, and those that arrive in it, until it is stopped. Needs Debian's inotify-tools.
#
#   watch.sh FOLDER OUTPUT [OPTION...]
#
# OUTPUT/images gets the pictures, OUTPUT/answers.jsonl a line for each. Options go to ttame-lite explain. TTAME_LITE is the
# program.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: watch.sh FOLDER OUTPUT [OPTION...]" >&2
  exit 64
fi
folder=$1 output=$2
shift 2
mkdir -p "$output"

while true; do
  status=0
  "${TTAME_LITE:-ttame-lite}" explain "$folder" -o "$output/images" --tree --skip-existing --quiet \
    --json-file "$output/answers.jsonl" "$@" || status=$?
  # 65: a picture is damaged, or still being written. 66: the folder is empty.
  case $status in
    0 | 65 | 66) ;;
    *) exit "$status" ;;
  esac
  # A picture that arrives between the two commands wakes nobody, so a minute is the longest wait. 2 is the end of that minute.
  inotifywait -qq --recursive --timeout 60 --event close_write --event moved_to "$folder" || [ $? -eq 2 ]
done
