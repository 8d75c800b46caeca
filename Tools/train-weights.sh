#!/usr/bin/env bash
# Makes the bundled models again, to the same bit on the same instruction set: imports the classifiers and trains their heads.
#
# usage: train-weights.sh FOLDER [efficientnet-lite0 | vgg16-imagenette]..
#   FOLDER holds models/ (the classifiers in PyTorch's names) and images/ (photographs, with train.tsv and train-imagenette.tsv).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
ttame=$root/.build/release/ttame-lite
data=${1:?"usage: train-weights.sh FOLDER [MODEL].."}
shift
[ -d "$data/models" ] && [ -d "$data/images" ] || { echo "$data has no models/ and images/" >&2; exit 66; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# usage: train NAME LIST OPTION..
train() {
  "$ttame" train --model "$work/$1.safetensors" --data "$data/images/$2" -o "$root/weights/$1.safetensors" \
    --checkpoint "$root/.build/$1.checkpoint" --resume --seed 1 "${@:3}"
  rm -f "$root/.build/$1.checkpoint"
}

efficientnet-lite0() {
  "$ttame" import "$data/models/efficientnet_lite0.safetensors" --labels "$data/models/imagenet_labels.txt" \
    -o "$work/efficientnet-lite0.safetensors"
  train efficientnet-lite0 train.tsv --epochs 4 --precision float32
}

vgg16-imagenette() {
  "$ttame" import "$data/models/vgg16_imagenette.safetensors" --name vgg16-imagenette \
    -o "$work/vgg16-imagenette.safetensors"
  train vgg16-imagenette train-imagenette.tsv --epochs 1 --precision bf16
}

for model in "${@:-efficientnet-lite0 vgg16-imagenette}"; do
  for name in $model; do "$name"; done
done
