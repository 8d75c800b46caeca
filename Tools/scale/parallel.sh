#!/usr/bin/env bash
# Explains a list of photographs on all cores of one machine: GNU parallel keeps one process a core busy with parts of the list.
# Run it again after a crash or an error: it continues.
#
#   parallel.sh LIST FOLDER [explain|classify [OPTION...]]
#
# PARTS is the number of parts, 64; keep it for a folder. part.sh describes the rest.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: parallel.sh LIST FOLDER [explain|classify [OPTION...]]" >&2
  exit 64
fi
list=$1 folder=$2
shift 2
part=$(dirname "${BASH_SOURCE[0]}")/part.sh
parts=${PARTS:-64}

mkdir -p "$folder"
seq "$parts" |
  parallel --quote --joblog "$folder/jobs.log" --resume-failed "$part" "$list" "{}/$parts" "$folder" "$@"
