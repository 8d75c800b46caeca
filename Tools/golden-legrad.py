#!/usr/bin/env python3
"""LeGrad's maps of a Vision Transformer, by autograd through every block's attention matrix in PyTorch.

The figures are what `Tests/ExplainTests/LeGradTests.swift` expects. Needs torch and safetensors.

usage: golden-legrad.py SHARED > Tests/Fixtures/results/legrad.json
  SHARED holds models/vit_tiny_16.safetensors and golden/vit_tiny_16/inference.safetensors.
"""

import json
import sys

import torch
from safetensors.torch import load_file
from torch.nn.functional import conv2d, gelu, layer_norm, linear

HEADS, BLOCKS, EPSILON = 3, 12, 1e-6
shared = sys.argv[1]
weights = load_file(f"{shared}/models/vit_tiny_16.safetensors")
crops = load_file(f"{shared}/golden/vit_tiny_16/inference.safetensors")["crops"][:2]


def parameters(name):
    return weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()


def norm(x, name):
    return layer_norm(x, x.shape[-1:], *parameters(name), EPSILON)


def block(x, index):
    """The block's result and its attention matrices [heads, tokens, tokens], from detached tokens."""
    name = f"encoder.layers.encoder_layer_{index}"
    attention = f"{name}.self_attention"
    tokens, channels = x.shape
    qkv = linear(
        norm(x, f"{name}.ln_1"), weights[f"{attention}.in_proj_weight"].float(),
        weights[f"{attention}.in_proj_bias"].float())
    q, k, v = qkv.reshape(tokens, 3, HEADS, channels // HEADS).permute(1, 2, 0, 3)
    matrix = (q @ k.transpose(1, 2) / (channels // HEADS) ** 0.5).softmax(-1).detach().requires_grad_()
    taken = (matrix @ v).permute(1, 0, 2).reshape(tokens, channels)
    x = x + linear(taken, *parameters(f"{attention}.out_proj"))
    hidden = gelu(linear(norm(x, f"{name}.ln_2"), *parameters(f"{name}.mlp.0")))
    return x + linear(hidden, *parameters(f"{name}.mlp.3")), matrix


def classify(x):
    return linear(norm(x[:1], "encoder.ln"), *parameters("heads.head"))[0]


result = []
for crop in crops:
    image = (crop.float() / 127.5 - 1).permute(2, 0, 1)[None]
    patches = conv2d(image, *parameters("conv_proj"), stride=16).flatten(2)[0].T
    x = torch.cat([weights["class_token"].float()[0], patches]) + weights["encoder.pos_embedding"].float()[0]
    blocks = []
    for index in range(BLOCKS):
        x, matrix = block(x.detach(), index)
        blocks.append((x, matrix))
    label = int(classify(x).argmax())
    relevance = 0
    for x, matrix in blocks:
        (gradient,) = torch.autograd.grad(classify(x)[label], matrix)
        relevance = relevance + gradient.clamp(min=0).mean((0, 1)) / BLOCKS
    result.append({"class": label, "map": [float(f"{v:.6g}") for v in relevance[1:]]})
json.dump(result, sys.stdout)
print()
