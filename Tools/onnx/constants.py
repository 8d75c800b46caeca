#!/usr/bin/env python3
"""Writes Tests/Fixtures/onnx/constants.json: nodes of constants, and what onnx's reference implementation makes of them.

Needs onnx and numpy in an environment of their own; nothing else needs this tool.

usage: constants.py [FILE]
"""
import json
import os
import sys

import numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RANDOM = np.random.default_rng(1)
KINDS = {np.dtype(np.float32): TensorProto.FLOAT, np.dtype(np.int64): TensorProto.INT64, np.dtype(np.bool_): TensorProto.BOOL}


def floats(*shape):
    return RANDOM.normal(0, 1.5, shape).astype(np.float32)


def positive(*shape):
    return RANDOM.uniform(0.1, 3, shape).astype(np.float32)


def whole(*shape, low=-9, high=9):
    return RANDOM.integers(low, high, shape, dtype=np.int64)


def ints(*values):
    return np.array(values, np.int64)


def scalar(value):
    return np.array(value, np.float32 if isinstance(value, float) else np.int64)


def cases():
    for name in ("Neg", "Ceil", "Floor", "Abs", "Exp", "Sin", "Cos", "Tanh", "Erf", "Relu", "Sigmoid", "Softplus"):
        yield name, {}, [floats(2, 5)]
    for name in ("Sqrt", "Log", "Reciprocal"):
        yield name, {}, [positive(2, 5)]
    for name in ("Neg", "Abs"):
        yield name, {}, [whole(6)]
    yield "Not", {}, [whole(6, low=0, high=2).astype(np.bool_)]
    for name in ("Add", "Sub", "Mul", "Div", "Min", "Max"):
        yield name, {}, [floats(2, 1, 3), positive(4, 1)]
        yield name, {}, [whole(2, 1, 3), whole(4, 1, low=1)]
    yield "Pow", {}, [positive(2, 3), floats(3)]
    yield "Mod", {}, [whole(9), whole(1, low=2, high=3)]
    for name in ("Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"):
        yield name, {}, [whole(3, 4, low=0, high=3), whole(4, low=0, high=3)]
        yield name, {}, [whole(3, 4, low=0, high=3).astype(np.float32), scalar(1.0)]
    for name in ("And", "Or"):
        yield name, {}, [whole(8, low=0, high=2).astype(np.bool_), whole(8, low=0, high=2).astype(np.bool_)]
    yield "Where", {}, [whole(3, 1, low=0, high=2).astype(np.bool_), floats(3, 4), scalar(-7.0)]
    yield "Where", {}, [whole(4, low=0, high=2).astype(np.bool_), whole(4), whole(4)]
    yield "Clip", {}, [floats(9), scalar(-0.5), scalar(0.7)]
    yield "Clip", {}, [floats(9), None, scalar(0.7)]
    yield "Clip", {}, [whole(9), scalar(0)]
    yield "Tile", {}, [floats(2, 1, 3), ints(1, 4, 2)]
    yield "Range", {}, [scalar(3), scalar(11), scalar(3)]
    yield "Range", {}, [scalar(5), scalar(-5), scalar(-2)]
    yield "Range", {}, [scalar(0.0), scalar(2.0), scalar(0.5)]
    yield "CumSum", {}, [floats(3, 4), scalar(0)]
    yield "CumSum", {}, [whole(2, 3, 4), scalar(-1)]
    for name in ("ReduceMean", "ReduceSum", "ReduceProd", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL2"):
        yield name, {}, [floats(2, 3, 4), ints(1)]
        yield name, {"keepdims": 0}, [floats(2, 3, 4), ints(0, -1)]
        yield name, {"keepdims": 0}, [floats(5)]
    yield "ReduceSum", {"noop_with_empty_axes": 1}, [floats(2, 3)]
    yield "MatMul", {}, [floats(2, 3, 4), floats(4, 5)]
    yield "Conv", {}, [floats(1, 4, 3, 2), floats(5, 4, 1, 1), floats(5)]
    yield "Gather", {"axis": 1}, [floats(2, 5, 3), ints(4, 0, -1)]
    yield "Gather", {}, [whole(6), ints(2, -2)]
    yield "GatherND", {}, [floats(3, 4, 2), ints(0, 1, 2, -1).reshape(2, 2)]
    yield "ScatterND", {}, [floats(4, 3), ints(2, -4).reshape(2, 1), floats(2, 3)]
    yield "ScatterND", {}, [whole(4, 3), ints(2, 1, 0, -1).reshape(2, 2), whole(2)]
    yield "BatchNormalization", {"epsilon": 0.01}, [floats(1, 3, 4), floats(3), floats(3), floats(3), positive(3)]
    yield "Slice", {}, [floats(4, 6), ints(1, -2), ints(9, -6), ints(0, 1), ints(2, -1)]
    yield "Slice", {}, [whole(7), ints(2), ints(-1)]
    yield "Transpose", {"perm": [2, 0, 1]}, [floats(2, 3, 4)]
    yield "Expand", {}, [floats(3, 1), ints(2, 1, 4)]
    yield "Concat", {"axis": -1}, [floats(2, 3), floats(2, 1)]
    yield "Cast", {"to": TensorProto.INT64}, [floats(6)]
    yield "Cast", {"to": TensorProto.BOOL}, [np.array([0, 0.5, -2], np.float32)]


def written(values):
    values = np.asarray(values)
    kind = "floats" if values.dtype.kind == "f" else "integers"
    return {"shape": list(values.shape), kind: [v.item() for v in values.reshape(-1).astype(np.float32 if kind == "floats" else np.int64)]}


def main():
    result = []
    for op, attributes, inputs in cases():
        names = ["" if values is None else f"x{index}" for index, values in enumerate(inputs)]
        node = helper.make_node(op, names, ["y"], **attributes)
        given = {name: values for name, values in zip(names, inputs) if name}
        graph = helper.make_graph(
            [node], "constants", [helper.make_tensor_value_info(n, KINDS[v.dtype], v.shape) for n, v in given.items()],
            [helper.make_tensor_value_info("y", TensorProto.UNDEFINED, None)])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        output = ReferenceEvaluator(model).run(None, given)[0]
        result.append({
            "operator": op, "attributes": attributes, "inputs": [None if v is None else written(v) for v in inputs],
            "output": written(output)})
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "Tests", "Fixtures", "onnx", "constants.json")
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in result) + "\n]\n")


main()
