#!/usr/bin/env python3
"""Writes the small networks of Tests/Fixtures/onnx/inputs, which differ in what they read, and onnxruntime's logits.

`expected.json` holds for each network the logits of the image of `noise` below that has the size of its input. The image is
fed as the network's name in `FED` says. Equal versions of the libraries give equal bytes.
Needs numpy, onnx and onnxruntime in an environment of their own; nothing else needs this tool.

usage: inputs.py [FOLDER]
"""
import json
import os
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MEAN, STD = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)


def noise(count):
    """The tests' own random bytes."""
    state, result = 1, bytearray()
    for _ in range(count):
        state = state * 48271 % 2147483647
        result.append(state >> 11 & 255)
    return np.frombuffer(bytes(result), np.uint8)


class Network:
    """Nodes and weights; the layers are added one behind the other."""

    def __init__(self, shape, dtype=TensorProto.FLOAT):
        self.nodes, self.weights, self.value, self.channels = [], [], "image", 3 if shape[1] == 3 else 1
        self.input = helper.make_tensor_value_info("image", dtype, shape)
        self.random = np.random.default_rng(len(shape) + self.channels)

    def constant(self, values):
        name = f"c{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def node(self, op, *constants, first=False, **attributes):
        names = [c if isinstance(c, str) else self.constant(c) for c in constants]
        output = f"v{len(self.nodes)}"
        inputs = names + [self.value] if first else [self.value] + names
        self.nodes.append(helper.make_node(op, inputs, [output], name=f"{op.lower()}{len(self.nodes)}", **attributes))
        self.value = output
        return self

    def conv(self, outputs, stride=2, weights=None):
        if weights is None:
            weights = self.random.normal(0, (2 / (9 * self.channels)) ** 0.5, (outputs, self.channels, 3, 3))
        bias = self.random.normal(0, 0.1, outputs)
        self.node("Conv", weights.astype(np.float32), bias.astype(np.float32), strides=[stride] * 2, pads=[1] * 4)
        self.channels = outputs
        return self.node("Relu")

    def linear(self, outputs, weights=None):
        if weights is None:
            weights = self.random.normal(0, 0.5, (outputs, self.channels))
        self.node("GlobalAveragePool").node("Flatten")
        bias = np.zeros(outputs, np.float32)
        self.channels = outputs
        return self.node("Gemm", weights.astype(np.float32), bias, transB=1)

    def body(self):
        return self.conv(8).conv(12).conv(16).linear(5)

    def model(self, **metadata):
        logits = helper.make_tensor_value_info(self.value, TensorProto.FLOAT, [None, self.channels])
        graph = helper.make_graph(self.nodes, "network", [self.input], [logits], self.weights)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        return model


def column(values):
    return np.asarray(values, np.float32).reshape(1, -1, 1, 1)


def spot(channels, height, width):
    """A classifier of brightness: the map of class 1 is where the image is bright."""
    network = Network([1, channels, height, width])
    network.conv(4, weights=np.full((4, channels, 3, 3), 1 / (9 * channels)))
    network.weights[-1].CopyFrom(numpy_helper.from_array(np.zeros(4, np.float32), network.weights[-1].name))
    return network.linear(2, np.array([[0] * 4, [1] * 4])).model()


def normalised(*steps, shape=(1, 3, 16, 16), **kind):
    network = Network(list(shape), **kind)
    for op, *arguments in steps:
        attributes = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
        network.node(op, *arguments, **attributes)
    return network.body().model()


ULTRALYTICS = {
    "description": "Ultralytics YOLOv8n-cls model trained on pets", "author": "Ultralytics", "task": "classify",
    "license": "AGPL-3.0 License (https://ultralytics.com/license)", "imgsz": "[24, 40]",
    "names": "{0: 'cat', 1: \"bird's\", 2: 'a, b', 3: 'caf\\xe9', 4: 'dog'}",
}
REVERSED = [np.array(v, np.int64) for v in ([-1], [-(2 ** 63)], [1], [-1])]

# What each network is fed: 1 for pixels in 0...1, 255 for pixels in 0...255, "imagenet" for torchvision's normalisation.
NETWORKS = {
    "wide": ("imagenet", lambda: Network([1, 3, 16, 40]).body().model()),
    "gray": (1, lambda: Network(["batch", 1, 24, 24]).body().model()),
    "gray_tall": (1, lambda: Network([1, 1, 40, 16]).body().model()),
    "open": (1, lambda: Network(["batch", 3, "height", "width"]).body().model(**ULTRALYTICS)),
    "bytes_normalised": (255, lambda: normalised(
        ("Div", np.float32(255)), ("Sub", column(MEAN)), ("Div", column(STD)))),
    "ones_normalised": (1, lambda: normalised(("Sub", column(MEAN)[0]), ("Mul", column(1 / STD)))),
    "plus_minus_one": (255, lambda: normalised(("Mul", np.float32([1 / 127.5])), ("Add", np.float32(-1)))),
    "mean_subtracted": (255, lambda: normalised(("Sub", column([123.68, 116.779, 103.939])))),
    "batch_norm": (255, lambda: normalised(
        ("BatchNormalization", *[np.float32(v) for v in
                                 ([1, 0.5, 2], [0.1, -0.1, 0.3], [120, 110, 100], [3600, 3500, 3300])]))),
    "reversed_gather": (255, lambda: normalised(
        ("Gather", np.array([2, 1, 0], np.int64), {"axis": 1}), ("Sub", column([103.939, 116.779, 123.68])))),
    "reversed_slice": (255, lambda: normalised(
        ("Div", np.float32(255)), ("Sub", column(MEAN)), ("Slice", *REVERSED), ("Div", column(STD)))),
    "from_bytes": (255, lambda: normalised(
        ("Cast", {"to": TensorProto.FLOAT}), ("Div", np.float32(255)), dtype=TensorProto.UINT8)),
    "refined": ("imagenet", lambda: normalised(
        ("BatchNormalization", *[np.float32(v) for v in ([1.1, 0.9, 1], [0.1, 0, 0], [0, 0.1, 0], [1, 1.2, 0.9])]))),
    "negative": (1, lambda: normalised(("Mul", np.float32(-1)), ("Add", np.float32(1)))),
    "spot_square": (1, lambda: spot(3, 32, 32)),
    "spot_wide": (1, lambda: spot(3, 32, 64)),
    "spot_tall": (1, lambda: spot(3, 64, 32)),
    "spot_gray": (1, lambda: spot(1, 32, 64)),
}


def fed(kind, channels, height, width, dtype):
    pixels = noise(3 * height * width).reshape(height, width, 3)
    if channels == 1:
        luma = pixels.astype(np.int64) @ np.array([19595, 38470, 7471])
        pixels = (luma + 0x8000 >> 16)[:, :, None]
    values = pixels.astype(np.float32)
    if kind == 1:
        values /= 255
    elif kind == "imagenet":
        values = (values / 255 - MEAN) / STD
    return values.transpose(2, 0, 1)[None].astype(dtype)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests/Fixtures/onnx/inputs")
    expected = {}
    for name, (kind, make) in NETWORKS.items():
        model = make()
        onnx.save(model, os.path.join(folder, f"{name}.onnx"))
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        value = session.get_inputs()[0]
        # Ultralytics' size, height and width, where the graph leaves it open.
        height, width = (n if isinstance(n, int) else s for n, s in zip(value.shape[2:], (24, 40)))
        dtype = np.uint8 if "uint8" in value.type else np.float32
        image = fed(kind, value.shape[1], height, width, dtype)
        expected[name] = [round(float(v), 6) for v in session.run(None, {"image": image})[0][0]]
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, indent=1, sort_keys=True)
        file.write("\n")


if __name__ == "__main__":
    main()
