#!/usr/bin/env python3
"""Writes Tests/Fixtures/families.json: tensors of small networks, as libraries name them, and what PyTorch computes.

No weights are stored: each tensor's values follow from its name, here and in the tests. Logits are of one image, `input`
[1, 3, 64, 64], made in the same way. Equal versions of the libraries give equal bytes. Needs torch, torchvision, timm
and efficientnet-lite-pytorch in an environment of their own; nothing else needs this tool.

usage: families.py [OUTPUT]
"""
import functools
import json
import os
import sys

import numpy as np
import timm
import torch
import torchvision
from efficientnet_lite_pytorch import EfficientNet, get_model_params
from timm.models import convnext, efficientnet, mobilenetv3, regnet
from torchvision.models import convnext as tv_convnext
from torchvision.models import efficientnet as tv_efficientnet
from torchvision.models import mobilenetv3 as tv_mobilenetv3
from torchvision.models import regnet as tv_regnet

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SIDE, CLASSES = 64, 5


def torchvision_efficientnet():
    settings, _ = tv_efficientnet._efficientnet_conf("efficientnet_b0", width_mult=0.15, depth_mult=1.0)
    return tv_efficientnet.EfficientNet(settings, 0.0, num_classes=CLASSES, last_channel=96)


def torchvision_efficientnet_v2():
    settings, _ = tv_efficientnet._efficientnet_conf("efficientnet_v2_s")
    for stage in settings:
        stage.input_channels, stage.out_channels = (max(8, width // 32 * 8) for width in (
            stage.input_channels, stage.out_channels))  # fmt: skip
    norm = functools.partial(torch.nn.BatchNorm2d, eps=1e-3)
    return tv_efficientnet.EfficientNet(settings, 0.0, num_classes=CLASSES, norm_layer=norm, last_channel=96)


def torchvision_mobilenet_v3(size):
    settings, last = tv_mobilenetv3._mobilenet_v3_conf(f"mobilenet_v3_{size}", width_mult=0.15)
    return tv_mobilenetv3.MobileNetV3(settings, last, num_classes=CLASSES)


def efficientnet_pytorch(name, **changes):
    blocks, parameters = get_model_params(name, {"num_classes": CLASSES, "image_size": SIDE})
    return EfficientNet(blocks, parameters._replace(width_coefficient=0.25, **changes))


def densenet():
    return torchvision.models.DenseNet(
        growth_rate=8, block_config=(2, 1, 2, 1), num_init_features=16, bn_size=2, num_classes=CLASSES)


def torchvision_convnext():
    sizes = [(8, 16, 1), (16, 32, 1), (32, 64, 2), (64, None, 1)]
    settings = [tv_convnext.CNBlockConfig(*size) for size in sizes]
    return tv_convnext.ConvNeXt(settings, layer_scale=0.5, num_classes=CLASSES)


def timm_convnext(**arguments):
    return convnext.ConvNeXt(depths=(1, 1, 2, 1), dims=(8, 16, 32, 64), num_classes=CLASSES, **arguments)


def torchvision_regnet(**arguments):
    blocks = tv_regnet.BlockParams([1, 2, 1, 1], [16, 32, 48, 64], [8, 8, 16, 16], [1.0] * 4, [2] * 4, **arguments)
    return tv_regnet.RegNet(blocks, num_classes=CLASSES, stem_width=8)


def timm_regnet(**arguments):
    settings = regnet.RegNetCfg(w0=16, wa=24.0, wm=2.0, group_size=8, depth=5, stem_width=8, **arguments)
    return regnet.RegNet(settings, num_classes=CLASSES)


def timm_network(make, name, **arguments):
    return make(name, **{"channel_multiplier": 0.25, "num_classes": CLASSES, **arguments})


NETWORKS = {
    "timm_efficientnet_b0": functools.partial(timm_network, efficientnet._gen_efficientnet, "efficientnet_b0"),
    "timm_tf_efficientnet_b0": functools.partial(
        timm_network, efficientnet._gen_efficientnet, "tf_efficientnet_b0", pad_type="same", bn_eps=1e-3),
    "timm_tf_efficientnet_lite3": functools.partial(
        timm_network, efficientnet._gen_efficientnet_lite, "tf_efficientnet_lite3", depth_multiplier=1.4,
        pad_type="same", bn_eps=1e-3),
    "timm_tf_efficientnetv2_s": functools.partial(
        timm_network, efficientnet._gen_efficientnetv2_s, "tf_efficientnetv2_s", pad_type="same", bn_eps=1e-3),
    "timm_efficientnetv2_rw_s": functools.partial(
        timm_network, efficientnet._gen_efficientnetv2_s, "efficientnetv2_rw_s", rw=True),
    "timm_mobilenetv1": functools.partial(timm_network, efficientnet._gen_mobilenet_v1, "mobilenetv1_100"),
    "timm_mobilenetv1_100h": functools.partial(
        timm_network, efficientnet._gen_mobilenet_v1, "mobilenetv1_100h", head_conv=True),
    "timm_mobilenetv2": functools.partial(timm_network, efficientnet._gen_mobilenet_v2, "mobilenetv2_100"),
    "timm_mobilenetv3_small": functools.partial(
        timm_network, mobilenetv3._gen_mobilenet_v3, "mobilenetv3_small_100"),
    "timm_mobilenetv3_large": functools.partial(
        timm_network, mobilenetv3._gen_mobilenet_v3, "mobilenetv3_large_100"),
    "timm_mobilenetv4_conv_small": functools.partial(
        timm_network, mobilenetv3._gen_mobilenet_v4, "mobilenetv4_conv_small"),
    "timm_mobilenetv4_conv_medium": functools.partial(
        timm_network, mobilenetv3._gen_mobilenet_v4, "mobilenetv4_conv_medium"),
    "timm_mobilenetv4_conv_large": functools.partial(
        timm_network, mobilenetv3._gen_mobilenet_v4, "mobilenetv4_conv_large"),
    "timm_mnasnet": functools.partial(timm_network, efficientnet._gen_mnasnet_b1, "mnasnet_100", channel_multiplier=0.5),
    "timm_semnasnet": functools.partial(timm_network, efficientnet._gen_mnasnet_a1, "semnasnet_100", channel_multiplier=0.5),
    "timm_resnet18d": functools.partial(timm.create_model, "resnet18d", num_classes=CLASSES),
    "torchvision_resnext50_32x4d": functools.partial(torchvision.models.resnext50_32x4d, num_classes=CLASSES),
    "torchvision_efficientnet_b0": torchvision_efficientnet,
    "torchvision_efficientnet_v2_s": torchvision_efficientnet_v2,
    "torchvision_mobilenet_v2": functools.partial(
        torchvision.models.mobilenet_v2, width_mult=0.15, num_classes=CLASSES),
    "torchvision_mobilenet_v3_small": functools.partial(torchvision_mobilenet_v3, "small"),
    "torchvision_mobilenet_v3_large": functools.partial(torchvision_mobilenet_v3, "large"),
    "torchvision_densenet": densenet,
    "torchvision_convnext": torchvision_convnext,
    "timm_convnext": functools.partial(timm_convnext, conv_mlp=True),
    "timm_convnext_hnf": functools.partial(timm_convnext, stem_type="overlap_tiered", head_norm_first=True),
    "timm_convnextv2": functools.partial(timm_convnext, use_grn=True, ls_init_value=None),
    "torchvision_regnet_x": torchvision_regnet,
    "torchvision_regnet_y": functools.partial(torchvision_regnet, se_ratio=0.25),
    "timm_regnetx": timm_regnet,
    "timm_regnety": functools.partial(timm_regnet, se_ratio=0.25),
    "efficientnet_pytorch_lite0": functools.partial(efficientnet_pytorch, "efficientnet-lite0"),
    "efficientnet_pytorch_lite4": functools.partial(efficientnet_pytorch, "efficientnet-lite4"),
}  # fmt: skip


# What the blocks add is as large as what they add it to, so that 40 of them make values of a million, and gates that
# are open or shut by rounding. Half the weights keep such a network as tame as a trained one.
GAINS = dict.fromkeys(["timm_tf_efficientnetv2_s", "timm_efficientnetv2_rw_s", "torchvision_efficientnet_v2_s"], 0.5)


def uniform(name, shape):
    """Values from -1 to 1 by SplitMix64, whose state starts as the name's 64-bit FNV-1a hash."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    count = int(np.prod(shape))
    z = np.uint64(state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return ((z >> np.uint64(40)).astype(np.float32) / np.float32(2**23) - 1).reshape(shape)


def values(name, shape, gain=1):
    """Weights of layers keep the size of what passes through them; BatchNorms are as after training."""
    draw = uniform(name, shape)
    if name.endswith("running_var") or (len(shape) == 1 and name.endswith("weight")):
        return 1 + np.float32(0.5) * draw
    if len(shape) == 1:
        return np.float32(0.2) * draw
    return np.float32(gain * (6 / np.prod(shape[1:])) ** 0.5) * draw


def main():
    default = os.path.join(ROOT, "Tests", "Fixtures", "families.json")
    x = torch.from_numpy(uniform("input", (1, 3, SIDE, SIDE)))
    result = {}
    for name, make in NETWORKS.items():
        gain = GAINS.get(name, 1)
        with torch.no_grad():
            network = make().eval()
            state = {key: value for key, value in network.state_dict().items() if value.is_floating_point()}
            for key, tensor in state.items():
                tensor.copy_(torch.from_numpy(values(key, tuple(tensor.shape), gain)))
            logits = network(x)[0].tolist()
        shapes = {key: list(tensor.shape) for key, tensor in state.items()}
        result[name] = {**({"gain": gain} if gain != 1 else {}), "logits": logits, "shapes": shapes}
    with open(sys.argv[1] if len(sys.argv) > 1 else default, "w") as file:
        lines = [f'"{name}":' + json.dumps(network, separators=(",", ":")) for name, network in result.items()]
        file.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
