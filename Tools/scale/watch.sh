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

# It watches while pictures are explained, so what arrives meanwhile is waiting in the pipe.
exec 3< <(exec inotifywait --quiet --monitor --recursive --event close_write --event moved_to --format %f "$folder")
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true' EXIT

while true; do
  status=0
  "${TTAME_LITE:-ttame-lite}" explain "$folder" -o "$output/images" --tree --skip-existing --quiet \
    --json-file "$output/answers.jsonl" "$@" || status=$?
  # 65: a picture is damaged, or still being written. 66: the folder is empty.
  case $status in
    0 | 65 | 66) ;;
    *) exit "$status" ;;
  esac

  # A minute later, it looks anyway: a picture may have arrived before the watch began.
  status=0
  read -r -t 60 -u 3 || status=$?
  if [ "$status" -eq 1 ]; then
    echo "watch.sh: inotifywait has ended." >&2
    exit 1
  fi
  # A burst of pictures is one round.
  while read -r -t 0 -u 3 && read -r -u 3; do :; done
done
