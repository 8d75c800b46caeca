#!/usr/bin/env bash
# Makes the bundled model again, to the same bit on the same instruction set: imports the classifier and trains its head.
#
# usage: train-weights.sh FOLDER
#   FOLDER holds models/ (the classifier in PyTorch's names) and images/ (photographs, with train.tsv).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ttame=$root/.build/release/ttame-lite
data=${1:?"usage: train-weights.sh FOLDER"}
[ -d "$data/models" ] && [ -d "$data/images" ] || { echo "$data has no models/ and images/" >&2; exit 66; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
checkpoint=$root/.build/efficientnet-lite0.checkpoint

"$ttame" import "$data/models/efficientnet_lite0.safetensors" --labels "$data/models/imagenet_labels.txt" \
  -o "$work/efficientnet-lite0.safetensors"
"$ttame" train --model "$work/efficientnet-lite0.safetensors" --data "$data/images/train.tsv" \
  --epochs 4 --precision float32 --seed 1 \
  -o "$root/weights/efficientnet-lite0.safetensors" --checkpoint "$checkpoint" --resume
rm -f "$checkpoint"
