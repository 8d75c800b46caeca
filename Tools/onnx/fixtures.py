#!/usr/bin/env python3
"""Writes the small ONNX files of Tests/Fixtures/onnx, and what onnx's own reader says of them, expected.json.

Equal versions of onnx give equal bytes. Needs onnx and numpy in an environment of their own; nothing else needs this tool.

usage: fixtures.py [FOLDER]
"""
import json
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Elements of each type, with the ends of its range.
SAMPLES = {
    TensorProto.FLOAT: [0, -0.0, 1.5, -2.25, 1e-42, 3.4e38, np.inf, -np.inf, 0.1],
    TensorProto.DOUBLE: [0.1, -1e-300, 1e300, 1 / 3, -2.5, 6.25e-320],
    TensorProto.FLOAT16: [0, -0.0, 65504, 6e-8, np.inf, 0.1, -3.5],
    TensorProto.BFLOAT16: [0, 1.5, -3.0e38, 1e-40, np.inf, 0.1],
    TensorProto.INT8: [-128, -1, 0, 1, 127],
    TensorProto.UINT8: [0, 1, 128, 255],
    TensorProto.INT16: [-32768, -1, 0, 32767],
    TensorProto.UINT16: [0, 1, 32768, 65535],
    TensorProto.INT32: [-(2**31), -1, 0, 16777217, 2**31 - 1],
    TensorProto.UINT32: [0, 1, 2**31, 2**32 - 1],
    TensorProto.INT64: [-(2**63), -1, 0, 2**53 + 1, 2**63 - 1],
    TensorProto.UINT64: [0, 1, 2**32, 2**63 - 1],
    TensorProto.BOOL: [True, False, True],
}
INT32_TYPES = {
    TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16, TensorProto.INT32, TensorProto.BOOL,
    TensorProto.FLOAT16, TensorProto.BFLOAT16,
}  # fmt: skip


def array(kind, values=None, shape=None):
    values = np.array(SAMPLES[kind] if values is None else values)
    result = values.astype(helper.tensor_dtype_to_np_dtype(kind))
    return result.reshape(shape) if shape else result


def name_of(kind):
    return TensorProto.DataType.Name(kind).lower()


def typed(name, kind, values):
    """The tensor with its elements in the field for their type."""
    tensor = TensorProto(name=name, data_type=kind, dims=values.shape)
    flat = values.reshape(-1)
    if kind in INT32_TYPES:
        bits = flat.view(np.uint16) if flat.dtype.itemsize == 2 and "float" in name_of(kind) else flat
        tensor.int32_data.extend(int(value) for value in bits)
    else:
        field = {TensorProto.FLOAT: "float_data", TensorProto.DOUBLE: "double_data", TensorProto.INT64: "int64_data"}
        getattr(tensor, field.get(kind, "uint64_data")).extend(flat.tolist())
    return tensor


# The wire format by hand, for what onnx's own writer does not do.


def varint(number):
    number &= 2**64 - 1
    result = b""
    while number > 127:
        result += bytes([number & 127 | 128])
        number >>= 7
    return result + bytes([number])


def field(number, value, wire=None):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if wire is not None:
        return varint(number << 3 | wire) + value
    return varint(number << 3 | 2) + varint(len(value)) + value


def unpacked(tensor):
    """The tensor with a tag before each of its elements."""
    result = b"".join(field(1, int(n)) for n in tensor.dims) + field(2, tensor.data_type) + field(8, tensor.name.encode())
    result += b"".join(field(4, np.float32(value).tobytes(), 5) for value in tensor.float_data)
    result += b"".join(field(10, np.float64(value).tobytes(), 1) for value in tensor.double_data)
    for number, values in [(5, tensor.int32_data), (7, tensor.int64_data), (11, tensor.uint64_data)]:
        result += b"".join(field(number, int(value)) for value in values)
    return result


def value(name, kind=TensorProto.FLOAT, shape=(1, 3, 8, 8)):
    return helper.make_tensor_value_info(name, kind, shape)


def model(nodes, tensors=(), inputs=None, outputs=None, name="net", opset=18, **arguments):
    inputs = [value("x")] if inputs is None else inputs
    outputs = [value("y")] if outputs is None else outputs
    graph = helper.make_graph(nodes, name, inputs, outputs, list(tensors))
    result = helper.make_model(graph, producer_name="fixtures", opset_imports=[helper.make_opsetid("", opset)])
    result.ir_version = arguments.pop("ir_version", 8)
    for key, text in arguments.items():
        setattr(result, key, text)
    return result


RELU = helper.make_node("Relu", ["x"], ["y"], name="relu")


def raw():
    tensors = [numpy_helper.from_array(array(kind), name_of(kind)) for kind in SAMPLES]
    tensors.append(numpy_helper.from_array(np.arange(24, dtype=np.float32).reshape(2, 3, 4), "shaped"))
    tensors.append(numpy_helper.from_array(np.array(7, np.int64), "scalar"))
    tensors.append(numpy_helper.from_array(np.zeros((0, 3), np.float32), "nothing"))
    return model([RELU], tensors).SerializeToString()


def long(kind):
    """More elements than are found by one mark."""
    if kind in (TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16):
        return array(kind, [n / 8 - 40 for n in range(300)], (3, 100))
    return array(kind, [(n * n * 37) % 2**15 - 2**14 for n in range(300)], (3, 100))


LONG = [TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.INT32, TensorProto.INT64]


def in_fields():
    tensors = [typed(name_of(kind), kind, array(kind)) for kind in SAMPLES]
    tensors += [typed("long_" + name_of(kind), kind, long(kind)) for kind in LONG]
    tensors.append(typed("nothing", TensorProto.FLOAT, np.zeros((2, 0), np.float32)))
    return model([RELU], tensors).SerializeToString()


def tagged():
    """Elements that are not packed, and others that are packed in several parts."""
    graph = b"".join(field(5, unpacked(typed(name_of(kind), kind, array(kind)))) for kind in SAMPLES)
    graph += b"".join(field(5, unpacked(typed("long_" + name_of(kind), kind, long(kind)))) for kind in LONG[2:])
    values = np.arange(600, dtype=np.float32) / 3
    parts = [field(4, values[:5].tobytes()), field(4, b""), field(4, values[5:300].tobytes())]
    parts += [field(4, values[300].tobytes(), 5), field(4, values[301].tobytes(), 5), field(4, values[302:].tobytes())]
    graph += field(5, field(1, varint(20) + varint(30)) + field(2, 1) + field(8, b"parts") + b"".join(parts))
    counts = [field(7, varint(1) + varint(300)), field(7, -5), field(99, b"unknown"), field(7, 2**40)]
    graph += field(5, field(1, 4) + field(2, 7) + field(8, b"counts") + b"".join(counts))
    return model([RELU]).SerializeToString() + field(7, graph)


def merged():
    """Fields that come twice, messages in two parts, fields that nobody knows."""
    unknown = field(100, 7) + field(101, bytes(8), 1) + field(102, b"text") + field(103, bytes(4), 5)
    first = model([RELU], producer_version="1").SerializeToString()
    tensor = field(5, field(1, 2) + field(8, b"old")) + field(5, field(1, 3) + field(2, 6) + field(8, b"new"))
    tensor += field(5, unknown + field(9, np.arange(6, dtype=np.int32).tobytes()))
    attributes = [
        field(1, b"t") + field(20, 4) + tensor,
        field(1, b"i") + field(3, 1) + field(20, 2) + field(3, -9),
        field(1, b"ints") + field(8, varint(1) + varint(2)) + field(8, 3) + unknown + field(20, 7) + field(8, varint(-4)),
        field(1, b"floats") + field(7, np.float32(0.5).tobytes(), 5) + field(7, np.float32([1, 2]).tobytes()) + field(20, 6),
        field(1, b"zero") + field(20, 2),
        field(1, b"none") + field(20, 7),
        field(1, b"odd") + field(20, 99) + field(2, np.float32(2).tobytes(), 5),
    ]
    node = field(1, b"y") + field(2, b"z") + field(4, b"Old") + unknown + field(4, b"Custom") + field(7, b"com.example")
    node += b"".join(field(5, attribute) for attribute in attributes)
    output = field(1, b"z") + field(2, field(1, field(1, 1))) + field(2, field(1, field(2, field(1, field(2, b"n")))))
    second = field(1, node) + unknown + field(12, output) + field(2, b"renamed")
    return first + unknown + field(1, 9) + field(7, second) + field(2, b"again") + field(8, field(2, 17))


def external():
    """Tensors in two other files; returns all three."""
    floats, integers = array(TensorProto.FLOAT16, np.arange(300) / 7, (3, 100)), np.arange(-5, 5, dtype=np.int64)
    weights = bytes(64) + floats.tobytes() + integers.tobytes()
    tensors = []
    for name, values, entries in [
        ("floats", floats, {"location": "external.bin", "offset": "64", "length": str(floats.nbytes)}),
        ("rest", integers, {"location": "./external.bin", "offset": str(64 + floats.nbytes)}),
        ("whole", np.array([1.5, 2.5], np.float32), {"location": "sub/whole.bin", "checksum": "0"}),
    ]:
        tensor = TensorProto(name=name, dims=values.shape, data_location=TensorProto.EXTERNAL)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(values.dtype)
        for key, text in entries.items():
            tensor.external_data.add(key=key, value=text)
        tensors.append(tensor)
    whole = np.array([1.5, 2.5], np.float32).tobytes()
    return {
        "external.onnx": model([RELU], tensors).SerializeToString(), "external.bin": weights, "sub/whole.bin": whole,
    }  # fmt: skip


def constants():
    make = helper.make_node
    nodes = [
        make("Constant", [], ["tensor"], value=numpy_helper.from_array(np.float32([[1, 2], [3, 4]]))),
        make("Constant", [], ["named"], value=numpy_helper.from_array(np.int8([1, -2]), "other")),
        make("Constant", [], ["float"], value_float=0.1),
        make("Constant", [], ["floats"], value_floats=[0.1, -2.0]),
        make("Constant", [], ["int"], value_int=-3),
        make("Constant", [], ["ints"], value_ints=[2**40, -1, 0]),
        make("Constant", [], ["text"], name="text", value_string="label"),
        make("Relu", ["x"], ["y"], name="relu"),
    ]
    return model(nodes).SerializeToString()


def attributes():
    """Every kind of attribute, with and without its type; graphs inside nodes; a domain with two names."""
    make = helper.make_node
    branch = helper.make_graph([make("Add", ["late", "x"], ["b"])], "then", [], [value("b")])
    other = helper.make_graph(
        [make("Constant", [], ["c"], value_float=1.0), make("Mul", ["x", "c"], ["d"])], "else", [], [value("d")])
    kinds = make(
        "Kinds", ["x", "", "condition"], ["y", ""], name="kinds", domain="com.example", f=0.1, i=2**62, s="Zürich",
        t=numpy_helper.from_array(np.uint8([[1], [2]]), "t"), fs=[0.5, -1.0], ints=[1, -(2**63)], ss=["a", "", "b\0"])
    typeless = make("Typeless", ["y"], ["w"], f=2.5, i=-1, s="s", t=numpy_helper.from_array(np.float32([1]), "u"),
        fs=[1.0, 2.0], ints=[3], ss=["t"])  # fmt: skip
    for attribute in typeless.attribute:
        attribute.ClearField("type")
    rare = make("Rare", ["w"], ["v"], name="rare", domain="ai.onnx")
    rare.attribute.append(helper.make_attribute("tensors", [numpy_helper.from_array(np.float32([1]), "v")]))
    # The branch reads what a later node gives.
    choice = make("If", ["condition"], ["chosen"], name="choice", then_branch=branch, else_branch=other)
    nodes = [kinds, typeless, rare, choice, make("Neg", ["x"], ["late"], name="late")]
    inputs = [value("x", shape=["batch", 3, None, -1]), value("condition", TensorProto.BOOL, [])]
    result = model(nodes, inputs=inputs, outputs=[value("v"), value("chosen", TensorProto.FLOAT16, None)], ir_version=10)
    result.opset_import[0].domain = "ai.onnx"
    result.opset_import.append(helper.make_opsetid("com.example", 3))
    result.opset_import.append(helper.make_opsetid("", 11))
    for key, text in [("names", "{0: 'a', 1: 'b'}"), ("imgsz", "[8, 8]"), ("names", "twice")]:
        result.metadata_props.add(key=key, value=text)
    return result.SerializeToString()


def network():
    """A small classifier as exporters write it, of an old version of the format, its nodes from the last to the first."""
    random = np.random.default_rng(1)
    shapes = {
        "conv.weight": (4, 3, 3, 3), "bn.scale": (4,), "bn.bias": (4,), "bn.mean": (4,), "bn.var": (4,), "fc.weight": (5, 4),
        "fc.bias": (5,),
    }  # fmt: skip
    tensors = [numpy_helper.from_array(random.random(shape, np.float32), name) for name, shape in shapes.items()]
    make = helper.make_node
    nodes = [
        make("Conv", ["image", "conv.weight"], ["1"], name="Conv_0", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
            group=1, dilations=[1, 1]),
        make("BatchNormalization", ["1"] + ["bn." + part for part in ("scale", "bias", "mean", "var")], ["2"], epsilon=1e-3),
        make("Relu", ["2"], ["3"], name="Relu_2"), make("GlobalAveragePool", ["3"], ["4"], name="Pool_3"),
        make("Flatten", ["4"], ["5"], axis=1), make("Gemm", ["5", "fc.weight", "fc.bias"], ["6"], name="Gemm_5", transB=1),
        make("Softmax", ["6"], ["probabilities"], name="Softmax_6", axis=-1),
    ]  # fmt: skip
    inputs = [value("conv.weight", shape=shapes["conv.weight"]), value("image", shape=["N", 3, 16, 16])]
    inputs += [value(name, shape=shape) for name, shape in shapes.items() if name != "conv.weight"]
    return model(
        nodes[::-1], tensors, inputs, [value("probabilities", shape=["N", 5])], opset=9, ir_version=3,
        producer_version="1.2", doc_string="A text that is skipped.").SerializeToString()  # fmt: skip


# What onnx's own reader says.


def bits(values):
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float32).reshape(-1).view(np.uint32).tolist()


def described_tensor(tensor, folder):
    values = numpy_helper.to_array(tensor, folder)
    result = {"type": TensorProto.DataType.Name(tensor.data_type), "shape": list(values.shape), "floats": bits(values)}
    if np.issubdtype(values.dtype, np.integer) or values.dtype == np.bool_:
        result["integers"] = [int(value) for value in values.reshape(-1)]
    return result


def described_attribute(attribute, folder):
    kind, content = attribute.type, helper.get_attribute_value
    if kind == onnx.AttributeProto.UNDEFINED:
        names = {"f": 1, "i": 2, "s": 3, "t": 4, "floats": 6, "ints": 7, "strings": 8}
        kind = next(number for field, number in names.items() if field in [name.name for name, _ in attribute.ListFields()])
        attribute.type = kind
    result = {"kind": onnx.AttributeProto.AttributeType.Name(kind)}
    text = {"FLOAT": "floats", "FLOATS": "floats", "INT": "ints", "INTS": "ints", "STRING": "strings", "STRINGS": "strings"}
    match result["kind"]:
        case "FLOAT" | "FLOATS":
            result["floats"] = bits(content(attribute))
        case "INT" | "INTS" | "STRING" | "STRINGS" as name:
            values = content(attribute)
            values = values if name.endswith("S") and not isinstance(values, bytes) else [values]
            result[text[name]] = [v.decode() if isinstance(v, bytes) else v for v in values]
        case "TENSOR":
            result["tensor"] = described_tensor(attribute.t, folder)
        case "GRAPH":
            result["strings"] = [described_node(node, folder)["op"] for node in attribute.g.node]
    return result


def described_node(node, folder):
    return {
        "op": node.op_type, "name": node.name, "domain": "" if node.domain == "ai.onnx" else node.domain,
        "inputs": list(node.input), "outputs": list(node.output),
        "attributes": {attribute.name: described_attribute(attribute, folder) for attribute in node.attribute},
    }  # fmt: skip


def described_value(info):
    tensor = info.type.tensor_type
    result = {"name": info.name, "type": TensorProto.DataType.Name(tensor.elem_type)}
    if tensor.HasField("shape"):
        lengths = [dim.dim_value if dim.HasField("dim_value") else dim.dim_param for dim in tensor.shape.dim]
        result["shape"] = ["" if length == -1 else str(length) for length in lengths]
    return result


def described(content, folder):
    read = onnx.load_model_from_string(content)
    graph, constant = read.graph, {}
    for node in graph.node:
        if node.op_type != "Constant":
            continue
        attribute = node.attribute[0]
        kind = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
        if attribute.name == "value":
            constant[node.output[0]] = attribute.t
        elif attribute.name in kind:
            array = np.array(helper.get_attribute_value(attribute), kind[attribute.name])
            constant[node.output[0]] = numpy_helper.from_array(array)
    tensors = {tensor.name: tensor for tensor in graph.initializer} | constant
    opsets = {}
    for entry in read.opset_import:
        domain = "" if entry.domain == "ai.onnx" else entry.domain
        opsets[domain] = max(opsets.get(domain, 0), entry.version)
    return {
        "irVersion": read.ir_version, "producer": read.producer_name, "producerVersion": read.producer_version,
        "opsets": opsets, "metadata": [[entry.key, entry.value] for entry in read.metadata_props], "graph": graph.name,
        "inputs": [described_value(info) for info in graph.input if info.name not in tensors],
        "outputs": [described_value(info) for info in graph.output],
        "nodes": [described_node(node, folder) for node in graph.node if not set(node.output) & set(constant)],
        "tensors": {name: described_tensor(tensor, folder) for name, tensor in tensors.items()},
    }  # fmt: skip


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests", "Fixtures", "onnx")
    files = {
        "raw.onnx": raw(), "fields.onnx": in_fields(), "tagged.onnx": tagged(), "merged.onnx": merged(),
        "constants.onnx": constants(), "attributes.onnx": attributes(), "network.onnx": network(), **external(),
    }  # fmt: skip
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    expected = {name: described(content, folder) for name, content in files.items() if name.endswith(".onnx")}
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump(expected, file, separators=(",", ":"))
        file.write("\n")


main()
