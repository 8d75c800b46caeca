#!/usr/bin/env bash
# Makes the bundled models again, to the same bit on the same instruction set: imports the classifiers and trains their heads.
#
# usage: train-weights.sh FOLDER
#   FOLDER holds models/ (the classifiers in PyTorch's names) and images/ (photographs, with their lists).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ttame=$root/.build/release/ttame-lite
data=${1:?"usage: train-weights.sh FOLDER"}
[ -d "$data/models" ] && [ -d "$data/images" ] || { echo "$data has no models/ and images/" >&2; exit 66; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# train NAME WEIGHTS LABELS LIST TRAIN_OPTION..: imports a classifier and trains its head; goes on where it was interrupted.
train() {
  local name=$1 weights=$2 labels=$3 list=$4 checkpoint=$root/.build/$1.checkpoint
  shift 4
  "$ttame" import "$data/models/$weights" --labels "$data/models/$labels" --name "$name" -o "$work/$name.safetensors"
  "$ttame" train --model "$work/$name.safetensors" --data "$data/images/$list" --seed 1 "$@" \
    -o "$root/weights/$name.safetensors" --checkpoint "$checkpoint" --resume
  rm -f "$checkpoint"
}

train efficientnet-lite0 efficientnet_lite0.safetensors imagenet_labels.txt train.tsv \
  --epochs 8 --precision bf16 --branch-limit 1024
train vgg16-imagenette vgg16_imagenette.safetensors imagenette_labels.txt train-imagenette.tsv \
  --epochs 4 --precision bf16
