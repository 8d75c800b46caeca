#!/usr/bin/env python3
"""Writes the small networks of Tests/Fixtures/onnx/formats, whose numbers are stored in other types than float32.

They are networks of `networks.py`, quantized by onnxruntime (QDQ) or converted to float16 or bfloat16. `expected.safetensors`
holds `input` as there. Under a network's name, it holds onnxruntime's logits of the float32 network with the weights that are
left after the conversion, dequantized: this is what a program without quantized activations computes. Under NAME.file, it
holds onnxruntime's logits of the file itself. Under NAME.codes and NAME.scales, it holds the integers and scales of its second
convolution. Equal versions of the libraries give equal bytes. Needs what networks.py needs, and onnxconverter-common.

usage: formats.py [FOLDER]
"""
import os
import sys
import tempfile
import warnings

import networks
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxconverter_common import float16
from onnxruntime import quantization
from onnxruntime.quantization import QuantType
from pairs import without_pairs

ROOT = networks.ROOT


class Pictures(quantization.CalibrationDataReader):
    """The picture, darker and brighter."""

    def __init__(self, x):
        self.data = iter([{"image": np.ascontiguousarray(x * factor)} for factor in (1, 0.5, 0.8)])

    def get_next(self):
        return next(self.data, None)


def quantized(model, x, **arguments):
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "a.onnx"), os.path.join(folder, "b.onnx")
        onnx.save(model, source)
        quantization.quantize_static(source, target, Pictures(x), **arguments)
        result = onnx.load(target)
    del result.metadata_props[:], result.graph.value_info[:]
    return result


def fake_quantized(model):
    """Weights as floats, with the pair of nodes behind each as quantization-aware training leaves it."""
    model = onnx.load_model_from_string(model.SerializeToString())
    nodes = []
    for node in model.graph.node:
        if node.op_type == "Conv":
            tensor = next(t for t in model.graph.initializer if t.name == node.input[1])
            weights = numpy_helper.to_array(tensor)
            name = tensor.name
            scale = (np.abs(weights).max((1, 2, 3)) / 127).astype(np.float32)
            model.graph.initializer.extend([
                numpy_helper.from_array(scale, f"{name}.scale"),
                numpy_helper.from_array(np.zeros(len(scale), np.int8), f"{name}.zero")])
            inputs = [f"{name}.scale", f"{name}.zero"]
            nodes.append(helper.make_node("QuantizeLinear", [name, *inputs], [f"{name}.codes"], axis=0))
            nodes.append(helper.make_node("DequantizeLinear", [f"{name}.codes", *inputs], [f"{name}.rounded"], axis=0))
            node.input[1] = f"{name}.rounded"
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def bfloat16(model):
    """Weights as bfloat16, behind a cast each."""
    model = onnx.load_model_from_string(model.SerializeToString())
    nodes = []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            name, values = tensor.name, numpy_helper.to_array(tensor)
            bits = (values.view(np.uint32) + 0x8000 >> 16).astype(np.uint16)
            stored = helper.make_tensor(f"{name}.bf16", TensorProto.BFLOAT16, values.shape, bits.tobytes(), raw=True)
            tensor.CopyFrom(stored)
            nodes.append(helper.make_node("Cast", [f"{name}.bf16"], [name], to=TensorProto.FLOAT))
    nodes += model.graph.node
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def tensors(model):
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def dequantized(model, name):
    """The floats that a quantized initializer stands for; nil where there is none of this name."""
    stored = tensors(model)
    if name.replace("_quantized", "") == name and f"{name}_quantized" not in stored:
        return None
    codes, scale = stored[f"{name}_quantized"], stored.get(f"{name}_scale", stored.get(f"{name}_quantized_scale"))
    zero = stored.get(f"{name}_zero_point", stored.get(f"{name}_quantized_zero_point"))
    axis = next(
        (a.i for n in model.graph.node if n.op_type == "DequantizeLinear" and n.input[0] == f"{name}_quantized"
         for a in n.attribute if a.name == "axis"), 0)
    shape = [-1 if index == axis else 1 for index in range(codes.ndim)] if scale.ndim and scale.size > 1 else []
    return ((codes.astype(np.float32) - zero.astype(np.float32).reshape(shape)) * scale.reshape(shape)).astype(np.float32)


def refilled(model, values):
    """The model with other weights, by name."""
    model = onnx.load_model_from_string(model.SerializeToString())
    for tensor in model.graph.initializer:
        if tensor.name in values:
            tensor.CopyFrom(numpy_helper.from_array(values[tensor.name], tensor.name))
    return model


def dequantized_weights(model, file):
    values = {tensor.name: dequantized(file, tensor.name) for tensor in model.graph.initializer}
    return {name: value for name, value in values.items() if value is not None}


def half_weights(model, file):
    return {t.name: numpy_helper.to_array(t).astype(np.float32) for t in file.graph.initializer
            if t.data_type == TensorProto.FLOAT16}


def bfloat16_weights(model, file):
    return {t.name[:-5]: (np.frombuffer(t.raw_data, np.uint16).astype(np.uint32) << 16).view(np.float32).reshape(t.dims)
            for t in file.graph.initializer if t.data_type == TensorProto.BFLOAT16}


def rounded_weights(model, file):
    stored, values = tensors(file), {}
    for name in stored:
        if f"{name}.scale" in stored:
            scale = stored[f"{name}.scale"].reshape(-1, 1, 1, 1)
            values[name] = np.clip(np.rint(stored[name] / scale), -128, 127).astype(np.float32) * scale
    return values


def half(keeps_types):
    return lambda model, x: float16.convert_float_to_float16(model, keep_io_types=keeps_types)


FORMATS = {
    # Activations as bytes whose zero stands for 0 do without Relu; one scale for each output channel.
    "qdq": ("residual", dequantized_weights, lambda model, x: quantized(
        model, x, per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)),
    # One scale for each tensor, and bytes for weights too.
    "qdq_bytes": ("relu6", dequantized_weights, lambda model, x: quantized(
        model, x, activation_type=QuantType.QUInt8, weight_type=QuantType.QUInt8)),
    "qdq_signed": ("relu6", dequantized_weights, lambda model, x: quantized(
        model, x, per_channel=True, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8)),
    "qdq_symmetric": ("silu", dequantized_weights, lambda model, x: quantized(
        model, x, activation_type=QuantType.QInt8, weight_type=QuantType.QInt8,
        extra_options={"ActivationSymmetric": True, "WeightSymmetric": True})),
    "qdq_matmul": ("timm_vit", None, lambda model, x: quantized(
        model, x, per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)),
    "qdq_softmax": ("softmax", dequantized_weights, lambda model, x: quantized(
        model, x, activation_type=QuantType.QUInt16, weight_type=QuantType.QInt8, extra_options={"UseQDQContribOps": True})),
    "fake_quantized": ("residual", rounded_weights, lambda model, x: fake_quantized(model)),
    "half": ("softmax", half_weights, half(True)),
    "half_input": ("residual", half_weights, half(False)),
    "half_pools": ("ceiling", half_weights, half(False)),
    "half_vit": ("separate", half_weights, half(True)),
    "bfloat16": ("residual", bfloat16_weights, lambda model, x: bfloat16(model)),
}

# Beside the networks of networks.py: ReLU6 behind every convolution, as MobileNetV2 has it.
NETWORKS = networks.NETWORKS | {
    "relu6": lambda: networks.Spatial(
        networks.pyramid(), networks.Pooled(networks.averaged()), [torch.nn.ReLU6() for _ in range(3)]),
}


def run(model, x, is_optimized=True):
    """What the file says of the picture, in the type that it reads."""
    if model.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT16:
        x = x.astype(np.float16)
    options = onnxruntime.SessionOptions()
    if not is_optimized:  # Products with dequantized weights become products of integers.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, {"image": x})[0].reshape(networks.CLASSES).astype(np.float32)


def layer(file):
    """Integers `[outputs, ...]` less zero points, and scales, of the second convolution's weights; the first reads pixels."""
    stored = tensors(file)
    convolutions = [node for node in file.graph.node if node.op_type == "Conv"]
    if len(convolutions) < 2:
        return None
    node = next(node for node in file.graph.node if node.output[0] == convolutions[1].input[1])
    codes = stored[node.input[0]].astype(np.float32)
    zeros = stored[node.input[2]].astype(np.float32)
    codes -= zeros.reshape([-1, 1, 1, 1] if zeros.size > 1 else [])
    return codes, np.broadcast_to(stored[node.input[1]].reshape(-1), codes.shape[:1]).astype(np.float32)


def main():
    warnings.filterwarnings("ignore")
    onnxruntime.set_default_logger_severity(3)
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests", "Fixtures", "onnx", "formats")
    os.makedirs(folder, exist_ok=True)
    x = networks.normalised()
    found = {"input": x}
    for name, (source, weights, convert) in FORMATS.items():
        model = networks.exported(source, NETWORKS[source], torch.from_numpy(x), False)
        file = convert(model, x)
        if weights is None:
            found[name] = np.ascontiguousarray(run(without_pairs(file), x, is_optimized=False))
        else:
            values = weights(model, file)
            assert values, name
            found[name] = np.ascontiguousarray(networks.logits(refilled(model, values), x))
        if source != "softmax":
            found[f"{name}.file"] = np.ascontiguousarray(run(file, x))
        if name.startswith("qdq") and (pair := layer(file)):
            found[f"{name}.codes"], found[f"{name}.scales"] = map(np.ascontiguousarray, pair)
        onnx.save(file, os.path.join(folder, f"{name}.onnx"))
    networks.write_safetensors(os.path.join(folder, "expected.safetensors"), found)


if __name__ == "__main__":
    main()
