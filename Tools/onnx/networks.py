#!/usr/bin/env python3
"""Writes the small networks of Tests/Fixtures/onnx/networks as PyTorch exports them, and what onnxruntime says of them.

Weights are random. `expected.safetensors` holds `input` [1, 3, 32, 32], whole pixels normalised as torchvision does it, and
the logits of each network, before a softmax, under the network's name. Equal versions of the libraries give equal bytes.
Needs torch, torchvision, timm, onnx, onnxscript and onnxruntime in an environment of their own; nothing else needs this tool.

usage: networks.py [FOLDER]
"""
import io
import json
import os
import struct
import sys
import warnings

import numpy as np
import onnx
import onnxruntime
import timm.layers
import timm.models.beit
import timm.models.deit
import timm.models.vision_transformer
import torch
import torchvision
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional as F

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SIDE, CLASSES = 32, 7


def conv(inputs, outputs, kernel=3, stride=1, norm=True, **arguments):
    arguments.setdefault("padding", kernel // 2)
    layer = nn.Conv2d(inputs, outputs, kernel, stride, bias=not norm, **arguments)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs)) if norm else layer


class Residual(nn.Module):
    """Two residual blocks, one of them with a shortcut of its own; pooling and a linear layer."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 12, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        self.first = nn.Sequential(conv(12, 12), nn.ReLU(), conv(12, 12))
        self.second = nn.Sequential(conv(12, 20, stride=2), nn.ReLU(), conv(20, 20))
        self.shortcut = conv(12, 20, 1, 2)
        self.pool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(20, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(self.first(x) + x)
        x = F.relu(self.second(x) + self.shortcut(x))
        return self.fc(torch.flatten(self.pool(x), 1))


class Inverted(nn.Module):
    """An inverted bottleneck with squeeze and excitation; the module before `head` makes nodes of names that heads have."""

    def __init__(self, function, gate, has_mean):
        super().__init__()
        self.function, self.gate, self.has_mean = function, gate, has_mean
        self.stem, self.expand = conv(3, 16, stride=2), conv(16, 48, 1)
        self.depthwise = conv(48, 48, 5, 2, groups=48)
        self.squeeze, self.excite = conv(48, 12, 1, norm=False), conv(12, 48, 1, norm=False)
        self.project, self.inner = conv(48, 16, 1), conv(16, 16, groups=16)
        self.last, self.pool, self.head = conv(16, 40, 1, 2), nn.AdaptiveAvgPool2d(1), nn.Linear(40, CLASSES)

    def forward(self, x):
        x = self.function(self.stem(x))
        x = self.function(self.depthwise(self.function(self.expand(x))))
        mean = x.mean((2, 3), keepdim=True) if self.has_mean else self.pool(x)
        x = x * self.gate(self.excite(F.relu(self.squeeze(mean))))
        x = self.project(x)
        x = self.function(self.last(x + self.inner(x)))
        return self.head(self.pool(x).flatten(1))


class Dense(nn.Module):
    """A dense block: BatchNorm before its convolutions, whose results are joined; a transition that averages."""

    def __init__(self):
        super().__init__()
        self.stem = conv(3, 16, stride=2, norm=False)
        self.norms = nn.ModuleList(nn.BatchNorm2d(16 + 8 * index) for index in range(3))
        self.convs = nn.ModuleList(conv(16 + 8 * index, 8, norm=False) for index in range(3))
        self.transition, self.pool = conv(40, 20, 1), nn.AvgPool2d(2, 2)
        self.last, self.norm, self.fc = conv(20, 24, stride=2, norm=False), nn.BatchNorm2d(24), nn.Linear(24, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        for norm, layer in zip(self.norms, self.convs):
            x = torch.cat([x, layer(F.relu(norm(x)))], 1)
        x = self.pool(F.relu(self.transition(x)))
        x = F.relu(self.norm(self.last(x)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


class Inception(nn.Module):
    """Branches that are joined, two of them by the mean of 3 x 3 pixels: with padding as pixels of 0, and without."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True))
        self.plain, self.wide = conv(16, 8, 1), conv(16, 8, 5)
        self.counted = nn.Sequential(nn.AvgPool2d(3, 1, 1), conv(16, 8, 1))
        self.uncounted = nn.Sequential(nn.AvgPool2d(3, 1, 1, count_include_pad=False), conv(16, 8, 1))
        self.last, self.fc = conv(32, 24, stride=2), nn.Linear(24, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        x = F.relu(torch.cat([part(x) for part in (self.plain, self.wide, self.counted, self.uncounted)], 1))
        return self.fc(F.adaptive_avg_pool2d(F.relu(self.last(x)), 1).flatten(1))


class Spatial(nn.Module):
    """A pyramid of three convolutions, each with its function, and what follows it."""

    def __init__(self, layers, end, functions=None):
        super().__init__()
        self.layers, self.end = nn.ModuleList(layers), end
        self.functions = nn.ModuleList(functions or [nn.ReLU() for _ in layers])

    def forward(self, x):
        for layer, function in zip(self.layers, self.functions):
            x = function(layer(x))
        return self.end(x)


def pyramid():
    return [conv(3, 16, stride=2), conv(16, 16, stride=2), conv(16, 24, stride=2)]


class Pooled(nn.Module):
    """Pooling and a linear classifier, each in one of the ways that they are written."""

    def __init__(self, pool, classifier=None):
        super().__init__()
        self.pool, self.classifier = pool, classifier or nn.Linear(24, CLASSES)

    def forward(self, x):
        return self.classifier(self.pool(x))


class Product(nn.Module):
    """A linear layer as MatMul and Add."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(24, CLASSES) / 2.5)
        self.bias = nn.Parameter(torch.randn(CLASSES) / 10)

    def forward(self, x):
        return x @ self.weight + self.bias


class Function(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class WrittenNorm(nn.Module):
    """Layer normalization as opsets below 17 write it."""

    def __init__(self, width):
        super().__init__()
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        centered = x - x.mean(-1, keepdim=True)
        variance = centered.pow(2).mean(-1, keepdim=True)
        return centered / torch.sqrt(variance + 1e-6) * self.norm.weight + self.norm.bias


class SeparateAttention(nn.Module):
    """Queries, keys and values by a linear layer each, as Hugging Face has them; the keys' without a bias, as in BEiT."""

    def __init__(self, width, heads, has_key_bias):
        super().__init__()
        self.query, self.key = nn.Linear(width, width), nn.Linear(width, width, bias=has_key_bias)
        self.value, self.dense, self.heads = nn.Linear(width, width), nn.Linear(width, width), heads

    def forward(self, x):
        query, key, value = (
            layer(x).view(1, -1, self.heads, x.shape[-1] // self.heads).transpose(1, 2)
            for layer in (self.query, self.key, self.value)
        )
        scores = query @ key.transpose(-1, -2) / (x.shape[-1] // self.heads) ** 0.5
        mixed = (scores.softmax(-1) @ value).permute(0, 2, 1, 3).contiguous()
        return self.dense(mixed.view(1, -1, x.shape[-1]))


class Encoder(nn.Module):
    """Patches, a class token, three blocks; the end reads the class token, or all patches' mean."""

    def __init__(self, norm, function, width=16, heads=2, ends_in_mean=False, has_key_bias=True):
        super().__init__()
        self.patches, self.ends_in_mean = nn.Conv2d(3, width, 8, 8), ends_in_mean
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.positions = nn.Parameter(torch.zeros(1, 17, width))
        self.norms = nn.ModuleList(norm(width) for _ in range(7))
        self.attentions = nn.ModuleList(SeparateAttention(width, heads, has_key_bias) for _ in range(3))
        self.first = nn.ModuleList(nn.Linear(width, 2 * width) for _ in range(3))
        self.second = nn.ModuleList(nn.Linear(2 * width, width) for _ in range(3))
        self.function, self.classifier = function, nn.Linear(width, CLASSES)

    def forward(self, x):
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1) + self.positions
        for index in range(3):
            x = x + self.attentions[index](self.norms[2 * index](x))
            x = x + self.second[index](self.function(self.first[index](self.norms[2 * index + 1](x))))
        x = x[:, 1:].mean(1) if self.ends_in_mean else self.norms[6](x)[:, 0]
        return self.classifier(self.norms[6](x) if self.ends_in_mean else x)


def torchvision_transformer():
    return torchvision.models.VisionTransformer(
        image_size=SIDE, patch_size=8, num_layers=3, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=CLASSES)


def timm_transformer(is_fused=True, build=timm.models.vision_transformer.VisionTransformer, **arguments):
    network = build(
        img_size=SIDE, patch_size=8, embed_dim=16, depth=3, num_heads=2, mlp_ratio=2, num_classes=CLASSES, **arguments)
    for block in network.blocks:
        block.attn.fused_attn = is_fused
    return network


def clip():
    """CLIP's image encoder: a normalization before the first block, and a projection as the classifier."""
    network = timm_transformer(pre_norm=True, act_layer=timm.layers.QuickGELU)
    network.head = nn.Linear(16, CLASSES, bias=False)
    return network


class ClassAndMean(nn.Module):
    """DINOv2 and its linear classifier: registers, LayerScale, the class token beside the mean of the patches."""

    def __init__(self):
        super().__init__()
        self.features = timm_transformer(reg_tokens=2, init_values=0.5, no_embed_class=True)
        self.linear = nn.Linear(32, CLASSES)

    def forward(self, x):
        x = self.features.forward_features(x)
        return self.linear(torch.cat([x[:, 0], x[:, self.features.num_prefix_tokens :].mean(1)], -1))


def beit():
    """Biases for pairs of places instead of position embeddings; LayerScale."""
    network = timm.models.beit.Beit(
        img_size=SIDE, patch_size=8, embed_dim=16, depth=3, num_heads=2, mlp_ratio=2, num_classes=CLASSES, init_values=0.5,
        use_abs_pos_emb=False, use_rel_pos_bias=True)
    for block in network.blocks:
        nn.init.normal_(block.attn.relative_position_bias_table, 0, 1)
        nn.init.normal_(block.attn.q_bias, 0, 0.2), nn.init.normal_(block.attn.v_bias, 0, 0.2)
    return network


def averaged():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def flat():
    """VGG's end: a map of 2 x 2 pixels is flattened into linear layers."""
    layers = [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(96, 24), nn.ReLU(), nn.Dropout(), nn.Linear(24, CLASSES)]
    return nn.Sequential(*layers)


def grouped():
    return [
        conv(3, 16, stride=2), conv(16, 24, groups=4), conv(24, 24, padding=2, dilation=2),
        conv(24, 48, stride=2, groups=2), conv(48, 24, stride=2, padding=3, dilation=3, groups=8, norm=False),
    ]  # fmt: skip


def written():
    """Functions that are exported as several nodes, or as bounds."""
    return [nn.ReLU6(), Function(lambda x: x * F.hardsigmoid(x)), nn.SiLU()]


def ceiling():
    """Maxima whose last windows are not whole: 32, 15, 7 and 3 pixels without ceil_mode."""
    pools = [nn.MaxPool2d(3, 2, ceil_mode=True), nn.MaxPool2d(2, 2, ceil_mode=True), nn.MaxPool2d(3, 2, 1, ceil_mode=True)]
    layers = [conv(3, 16), conv(16, 16), conv(16, 24)]
    return [nn.Sequential(layer, pool) for layer, pool in zip(layers, pools)]


NETWORKS = {
    "residual": lambda: Residual(),
    "hardswish": lambda: Inverted(nn.Hardswish(), nn.Hardsigmoid(), False),
    "silu": lambda: Inverted(nn.SiLU(), nn.Sigmoid(), True),
    "dense": lambda: Dense(),
    "grouped": lambda: Spatial(grouped(), Pooled(averaged())),
    "ceiling": lambda: Spatial(ceiling(), Pooled(averaged())),
    "inception": lambda: Inception(),
    "flatten": lambda: Spatial(pyramid(), flat()),
    "slopes": lambda: Spatial(pyramid(), Pooled(averaged()), [nn.LeakyReLU(0.1), nn.PReLU(), nn.PReLU(24)]),
    "matmul": lambda: Spatial(pyramid(), Pooled(averaged(), Product())),
    "mean": lambda: Spatial(pyramid(), Pooled(Function(lambda x: x.mean((2, 3)))), written()),
    "softmax": lambda: nn.Sequential(Spatial(pyramid(), Pooled(averaged())), nn.Softmax(1)),
    "reshape": lambda: Spatial(pyramid(), Pooled(Function(lambda x: x.mean((2, 3), keepdim=True).reshape(x.shape[0], -1)))),
}

NETWORKS |= {
    "vit": torchvision_transformer,
    "timm_vit": timm_transformer,
    "timm_vit_products": lambda: timm_transformer(is_fused=False, class_token=False, global_pool="avg"),
    "separate": lambda: Encoder(nn.LayerNorm, nn.GELU()),
    "written_norm": lambda: Encoder(WrittenNorm, Function(lambda x: x * torch.sigmoid(1.702 * x)), ends_in_mean=True, has_key_bias=False),
}
NETWORKS |= {
    "distilled": lambda: timm_transformer(build=timm.models.deit.VisionTransformerDistilled),
    "registers": lambda: timm_transformer(reg_tokens=4, init_values=0.5, global_pool="avg", fc_norm=True),
    "class_and_mean": ClassAndMean,
    "clip": clip,
    "unfolded_vit": torchvision_transformer,
    "attention_node": timm_transformer,
    "beit": beit,
    "tanh_gelu": lambda: Encoder(nn.LayerNorm, nn.GELU(approximate="tanh")),
}

class Shuffled(nn.Module):
    """Units of ShuffleNetV2: half of the channels pass, all are shuffled."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(conv(3, 16, stride=2), nn.ReLU())
        self.down = nn.Sequential(conv(16, 16, 3, 2, groups=16), conv(16, 16, 1), nn.ReLU())
        self.side = nn.Sequential(conv(16, 16, 1), nn.ReLU(), conv(16, 16, 3, 2, groups=16), conv(16, 16, 1), nn.ReLU())
        self.units = nn.ModuleList(
            nn.Sequential(conv(16, 16, 1), nn.ReLU(), conv(16, 16, 3, groups=16), conv(16, 16, 1), nn.ReLU()) for _ in range(2))
        self.last, self.fc = nn.Sequential(conv(32, 24, 1, 2), nn.ReLU()), nn.Linear(24, CLASSES)

    def shuffle(self, x):
        count, channels, height, width = x.shape
        return x.view(count, 2, channels // 2, height, width).transpose(1, 2).reshape(count, channels, height, width)

    def forward(self, x):
        x = self.stem(x)
        x = self.shuffle(torch.cat([self.down(x), self.side(x)], 1))
        for unit in self.units:
            first, second = x.chunk(2, 1)
            x = self.shuffle(torch.cat([first, unit(second)], 1))
        return self.fc(self.last(x).mean((2, 3)))


class ChannelNorm(nn.Module):
    """Layer normalization of an image's channels."""

    def __init__(self, channels):
        super().__init__()
        self.norm = nn.LayerNorm(channels, 1e-6)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ResponseNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.randn(channels) / 3), nn.Parameter(torch.randn(channels) / 3)

    def forward(self, x):
        norm = x.norm(p=2, dim=(1, 2), keepdim=True)
        return x + torch.addcmul(self.bias, self.weight, x * (norm / (norm.mean(-1, keepdim=True) + 1e-6)))


class ConvNext(nn.Module):
    """A block of ConvNeXt for each of two resolutions, with a scale for each channel or a response normalization."""

    def __init__(self, has_response_norm):
        super().__init__()
        widths = [12, 20]
        self.stem = nn.Sequential(nn.Conv2d(3, 12, 2, 2), ChannelNorm(12))
        self.depthwise = nn.ModuleList(nn.Conv2d(width, width, 7, padding=3, groups=width) for width in widths)
        self.norms = nn.ModuleList(nn.LayerNorm(width, 1e-6) for width in widths)
        self.first = nn.ModuleList(nn.Linear(width, 3 * width) for width in widths)
        self.second = nn.ModuleList(nn.Linear(3 * width, width) for width in widths)
        self.responses = nn.ModuleList(ResponseNorm(3 * width) if has_response_norm else nn.Identity() for width in widths)
        self.scales = nn.ParameterList(torch.rand(width, 1, 1) + 0.5 for width in widths if not has_response_norm)
        self.down = nn.Sequential(ChannelNorm(12), nn.Conv2d(12, 20, 2, 2))
        self.norm, self.last, self.fc = nn.LayerNorm(20), nn.Conv2d(20, 20, 2, 2), nn.Linear(20, CLASSES)

    def block(self, x, index):
        y = self.norms[index](self.depthwise[index](x).permute(0, 2, 3, 1))
        y = self.second[index](self.responses[index](F.gelu(self.first[index](y)))).permute(0, 3, 1, 2)
        return x + (self.scales[index] * y if len(self.scales) > 0 else y)

    def forward(self, x):
        x = self.block(self.down(self.block(self.stem(x), 0)), 1)
        return self.fc(self.norm(F.adaptive_avg_pool2d(self.last(x), 1).flatten(1)))


class Split(nn.Module):
    """What detectors' classifiers are made of: two halves, one of which goes on through residual blocks; all parts are joined."""

    def __init__(self, inputs, outputs):
        super().__init__()
        half = outputs // 2
        self.first, self.second = conv(inputs, 2 * half, 1), conv(4 * half, outputs, 1)
        self.blocks = nn.ModuleList(nn.Sequential(conv(half, half), nn.SiLU(), conv(half, half), nn.SiLU()) for _ in range(2))

    def forward(self, x):
        parts = list(F.silu(self.first(x)).chunk(2, 1))
        for block in self.blocks:
            parts.append(parts[-1] + block(parts[-1]))
        return F.silu(self.second(torch.cat(parts, 1)))


class PixelAttention(nn.Module):
    """Attention of an image's pixels by convolutions of 1 x 1: keys narrower than values, and a depthwise convolution for
    the position."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.depth, self.wide = heads, width // heads // 2, width // heads
        self.parts, self.position = conv(width, 2 * width, 1), conv(width, width, groups=width)
        self.project = conv(width, width, 1)

    def forward(self, x):
        count, channels, height, width = x.shape
        parts = self.parts(x).view(count, self.heads, 2 * self.depth + self.wide, height * width)
        query, key, value = parts.split([self.depth, self.depth, self.wide], 2)
        scores = (query.transpose(-2, -1) @ key) * self.depth**-0.5
        mixed = (value @ scores.softmax(-1).transpose(-2, -1)).view(count, channels, height, width)
        return self.project(mixed + self.position(value.reshape(count, channels, height, width)))


class ChannelAttention(nn.Module):
    """Attention of channels to each other, by queries and keys of length 1, with a temperature for each head."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.parts, self.project = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.temperature = nn.Parameter(torch.rand(heads, 1, 1) + 0.5)

    def forward(self, x):
        count, channels, height, width = x.shape
        parts = self.parts(x.flatten(2).transpose(1, 2))
        query, key, value = parts.reshape(count, height * width, 3, self.heads, channels // self.heads).permute(2, 0, 3, 4, 1).unbind(0)
        scores = F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(-2, -1) * self.temperature
        mixed = (scores.softmax(-1) @ value).permute(0, 3, 1, 2).reshape(count, height * width, channels)
        return self.project(mixed).transpose(1, 2).reshape(count, channels, height, width)


class Detector(nn.Module):
    """A classifier as detectors' authors build it, without attention and with one."""

    def __init__(self, attention=None):
        super().__init__()
        self.stem, self.split = conv(3, 12, stride=2), Split(12, 16)
        self.down, self.deep = conv(16, 16, stride=2), Split(16, 16)
        self.attention = attention
        self.merge = conv(16, 16, 1)
        self.last, self.fc = conv(16, 24, stride=2), nn.Linear(24, CLASSES)

    def forward(self, x):
        x = self.split(F.silu(self.stem(x)))
        x = self.deep(F.silu(self.down(x)))
        if self.attention is not None:
            first, second = x.split(8, 1)
            x = F.silu(self.merge(torch.cat([first, second + self.attention(second)], 1)))
        x = F.adaptive_avg_pool2d(F.silu(self.last(x)), 1).flatten(1)
        return self.fc(x).softmax(1)


class Focus(nn.Module):
    """Every other pixel, four times, as channels; groups that are normalised; padding, and enlarged pixels."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = conv(12, 16), nn.GroupNorm(4, 16)
        self.second, self.last, self.fc = conv(16, 16, stride=2, padding=0, norm=False), conv(16, 24, stride=2), nn.Linear(24, CLASSES)

    def forward(self, x):
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x = F.relu(self.norm(self.second(F.pad(F.relu(self.stem(x)), (0, 1, 0, 1)))))
        x = x * torch.sigmoid(F.interpolate(F.avg_pool2d(x, 2), scale_factor=2))
        return self.fc(F.relu(self.last(x)).mean((2, 3)))


class Transformed(nn.Module):
    """Channels of the input that are normalised once more, one by one, as GoogLeNet's published weights want it."""

    def __init__(self):
        super().__init__()
        self.network = Spatial(pyramid(), Pooled(averaged()))

    def forward(self, x):
        parts = [x[:, index].unsqueeze(1) * (0.4 + index / 10) + (index - 1) / 30 for index in range(3)]
        return self.network(torch.cat(parts, 1))


def windows(version):
    """Attention in windows that are shifted, with biases for pairs of places and masks; the second version's scores are cosines."""
    from torchvision.models import swin_transformer

    classes = {1: ("SwinTransformerBlock", "PatchMerging"), 2: ("SwinTransformerBlockV2", "PatchMergingV2")}[version]
    block, merging = (getattr(swin_transformer, name) for name in classes)
    network = torchvision.models.SwinTransformer(
        patch_size=[4, 4], embed_dim=12, depths=[2, 1], num_heads=[2, 2], window_size=[2, 2], mlp_ratio=2, num_classes=CLASSES,
        stochastic_depth_prob=0, block=block, downsample_layer=merging)
    for name, values in network.named_parameters():
        if "relative_position_bias_table" in name:
            nn.init.normal_(values, 0, 1)
    return network


class Computed(nn.Module):
    """What a graph computes of constants: weights that are standardised, positions by sines; branches that are chosen between;
    sizes that are no multiples."""

    def __init__(self):
        super().__init__()
        self.stem, self.second = timm.layers.ScaledStdConv2d(3, 16, 3, 2, 1), timm.layers.SelectiveKernel(16, 16)
        self.positions, self.down = nn.Conv2d(8, 16, 1), conv(16, 16, stride=2)
        self.last, self.fc = conv(16, 24, stride=2), nn.Linear(24, CLASSES)

    def encoded(self, height, width):
        rows = torch.ones(1, height, width).cumsum(1) / height
        columns = torch.ones(1, height, width).cumsum(2) / width
        angles = torch.stack([rows, 2 * rows, columns, 2 * columns], 1) * 3
        return self.positions(torch.cat([angles.sin(), angles.cos()], 1))

    def forward(self, x):
        x = F.relu(self.stem(x))
        x = self.second(x + self.encoded(16, 16))
        gate = F.interpolate(F.adaptive_avg_pool2d(x[..., :15, :15], 5), size=(16, 16), mode="nearest")
        smooth = F.interpolate(F.avg_pool2d(x, 2), size=(16, 16), mode="bilinear", align_corners=False)
        x = self.down(x * gate.sigmoid() + smooth)
        return self.fc(F.relu(self.last(F.relu(x))).mean((2, 3)))


class Relative(nn.Module):
    """Attention with a product of queries and a row for each distance, pooled by a query that is learned."""

    def __init__(self):
        super().__init__()
        self.stem, self.parts = nn.Sequential(conv(3, 16, stride=2), nn.ReLU(), conv(16, 16, stride=2)), nn.Linear(16, 48)
        self.rows, self.columns = nn.Parameter(torch.randn(8, 8, 8) / 3), nn.Parameter(torch.randn(8, 8, 8) / 3)
        self.last = nn.Sequential(conv(16, 24, stride=2), nn.ReLU())
        self.pool, self.fc = timm.layers.AttentionPoolLatent(24, num_heads=2, mlp_ratio=2), nn.Linear(24, CLASSES)
        self.pool.fused_attn = False

    def forward(self, x):
        x = self.stem(x)
        count, channels, height, width = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        query, key, value = self.parts(tokens).reshape(count, height * width, 3, 2, channels // 2).permute(2, 0, 3, 1, 4).unbind(0)
        places = query.reshape(count, 2, height, width, channels // 2)
        rows = torch.einsum("byhwc,hkc->byhwk", places, self.rows)[..., :, None]
        columns = torch.einsum("byhwc,wkc->byhwk", places, self.columns)[..., None, :]
        scores = (query @ key.transpose(-1, -2) / 3).view(count, 2, height, width, height, width) + rows + columns
        mixed = scores.view(count, 2, height * width, height * width).softmax(-1) @ value
        x = x + mixed.transpose(2, 3).reshape(count, channels, height, width)
        return self.fc(self.pool(self.last(x).flatten(2).transpose(1, 2)))


NETWORKS |= {
    "windows": lambda: windows(1),
    "windows2": lambda: windows(2),
    "computed": Computed,
    "relative": Relative,
}

NETWORKS |= {
    "shuffle": Shuffled,
    "convnext": lambda: ConvNext(False),
    "convnext2": lambda: ConvNext(True),
    "detector": Detector,
    "pixel_attention": lambda: Detector(PixelAttention(8, 2)),
    "channel_attention": lambda: Detector(ChannelAttention(8, 2)),
    "focus": Focus,
    "transformed": Transformed,
}

# Exported with BatchNorm as nodes, with a batch of any size, and by the newer exporter.
UNFOLDED, DYNAMIC = {"residual", "slopes", "unfolded_vit"}, {"reshape", "mean"}
DYNAMO = ["residual", "silu", "inception", "vit", "timm_vit", "timm_vit_products", "separate", "written_norm", "shuffle", "detector",
          "pixel_attention", "channel_attention", "focus", "transformed"]
DYNAMO += ["windows", "windows2", "computed", "relative", "distilled", "class_and_mean", "attention_node"]
# Whose attention is one node; whose shapes the newer exporter knows for one image alone.
NEWEST, SINGLE = {"attention_node"}, {"windows", "windows2", "computed", "relative"}
# Whose graphs are mostly names.
LONG = {"windows", "windows2"}


def randomise(network):
    """Weights that keep the picture's differences alive to the end; BatchNorm and PReLU as training leaves them."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 2 / layer.in_features**0.5)
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean.normal_(0, 0.3), layer.running_var.uniform_(0.3, 1)
            layer.weight.data.uniform_(0.7, 1.3), layer.bias.data.normal_(0, 0.2)
        if isinstance(layer, nn.PReLU):
            layer.weight.data.uniform_(0.05, 0.5)
        if isinstance(layer, (nn.LayerNorm, nn.GroupNorm)):
            layer.weight.data.uniform_(0.7, 1.3), layer.bias.data.normal_(0, 0.2)
        if isinstance(layer, nn.MultiheadAttention):
            nn.init.normal_(layer.in_proj_weight, 0, 2 / layer.embed_dim**0.5), nn.init.normal_(layer.in_proj_bias, 0, 0.2)
    for name, values in network.named_parameters():
        if any(part in name for part in ("token", "pos")):
            nn.init.normal_(values, 0, 0.5)
        if "gamma" in name:
            nn.init.uniform_(values, 0.3, 1.2)


def picture():
    """Coarse and fine noise, whole pixels `[SIDE, SIDE, 3]`."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, 200, (4, 4, 3)).repeat(SIDE // 4, 0).repeat(SIDE // 4, 1)
    return coarse + random.integers(0, 56, (SIDE, SIDE, 3))


def exported(name, build, x, is_dynamo):
    torch.manual_seed(sum(name.encode()))
    network = build().eval()
    randomise(network)
    file = io.BytesIO()
    names = {"input_names": ["image"], "output_names": ["result"]}
    if is_dynamo:
        shapes = None if name in SINGLE else ({0: torch.export.Dim("batch")},)
        program = torch.onnx.export(
            network, (x,), opset_version=23 if name in NEWEST else 18, dynamo=True, verbose=False, dynamic_shapes=shapes, **names)
        program.save(file)
    else:
        if name in DYNAMIC:
            names["dynamic_axes"] = {"image": {0: "batch"}, "result": {0: "batch"}}
        if name in UNFOLDED:
            names |= {"training": torch.onnx.TrainingMode.PRESERVE, "do_constant_folding": False}
        torch.onnx.export(network, x, file, opset_version=17, dynamo=False, **names)
    model = onnx.load_model_from_string(file.getvalue())
    # The newer exporter writes down where each node comes from.
    del model.metadata_props[:], model.graph.metadata_props[:], model.graph.value_info[:], model.functions[:]
    for item in [*model.graph.node, *model.graph.initializer, *model.graph.input, *model.graph.output]:
        item.doc_string = ""
        del item.metadata_props[:]
    if name in LONG and not is_dynamo:
        shorten(model.graph)
    return model


def shorten(graph):
    """Numbers instead of names."""
    names = {name: name for name in ("", "image", "result")}
    for node in graph.node:
        node.name = ""
        for values in (node.input, node.output):
            values[:] = [names.setdefault(name, str(len(names))) for name in values]
    for tensor in graph.initializer:
        tensor.name = names[tensor.name]


def logits(model, x):
    """What the graph says without the softmax at its end."""
    model = onnx.load_model_from_string(model.SerializeToString())
    last = model.graph.node[-1]
    if last.op_type == "Softmax":
        model.graph.output[0].name = last.input[0]
        model.graph.node.remove(last)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"image": x})[0].reshape(CLASSES)


def unsupported():
    """A convolution, and a normalisation that nothing here has a rule for."""
    weights = np.random.default_rng(1).standard_normal((4, 3, 3, 3)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["1"], name="conv"),
        helper.make_node("LRN", ["1"], ["2"], name="norm", size=5, alpha=0.5),
        helper.make_node("GlobalAveragePool", ["2"], ["result"], name="pool"),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])]
    outputs = [value("result", TensorProto.FLOAT, [1, 4, 1, 1])]
    graph = helper.make_graph(nodes, "net", inputs, outputs, [numpy_helper.from_array(weights, "weight")])
    model = helper.make_model(graph, producer_name="networks", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def write_safetensors(path, tensors):
    header, end = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(values.tobytes() for values in tensors.values()))


def normalised():
    """The picture as torchvision feeds it, `[1, 3, SIDE, SIDE]`."""
    values = (picture() / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)


def main():
    warnings.filterwarnings("ignore")
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests", "Fixtures", "onnx", "networks")
    os.makedirs(folder, exist_ok=True)
    x = normalised()
    tensors = {"input": x}
    for is_dynamo in (False, True):
        for name in DYNAMO if is_dynamo else [name for name in NETWORKS if name not in NEWEST]:
            model = exported(name, NETWORKS[name], torch.from_numpy(x), is_dynamo)
            file = name + "_dynamo" * is_dynamo
            tensors[file] = np.ascontiguousarray(logits(model, x))
            onnx.save(model, os.path.join(folder, file + ".onnx"))
    onnx.save(unsupported(), os.path.join(folder, "unsupported.onnx"))
    write_safetensors(os.path.join(folder, "expected.safetensors"), tensors)


if __name__ == "__main__":
    main()
