#!/usr/bin/env python3
"""Writes inputs of the `onnx` fuzz target: the models of Tests/Fixtures/onnx, with their weights in the file weights.bin
that the target makes, and short names. What is left are a few kilobytes of graph. Besides them, small models with constants
that the import computes.

usage: onnx-seeds.py FOLDER    then Tools/fuzz.sh minimize onnx keeps the fewest, once they lie in the target's fixtures
"""
import glob
import hashlib
import os
import struct
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# As Tools/fuzz.sh has it, and the bytes of weights.bin.
LONGEST, WEIGHTS = 16384, 1 << 16
# Elements that stay in the model: shapes and indices are no weights.
FEW = 8
SIZES = {1: 4, 6: 4, 7: 8, 10: 2, 11: 8, 16: 2, 2: 1, 3: 1, 9: 1}


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def fields(data):
    """(number, wire type, value) of a message; the value of a fixed type is its bytes."""
    place = 0

    def number():
        nonlocal place
        result = shift = 0
        while True:
            byte = data[place]
            place += 1
            result |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return result

    while place < len(data):
        key = number()
        kind = key & 7
        if kind == 0:
            value = number()
        else:
            length = {1: 8, 5: 4}.get(kind) or number()
            value = data[place:place + length]
            place += length
        yield key >> 3, kind, value


def encoded(parts):
    out = b""
    for number, kind, value in parts:
        out += varint(number << 3 | kind)
        if kind == 0:
            out += varint(value)
        else:
            out += (varint(len(value)) if kind == 2 else b"") + value
    return out


def unpacked(parts, number):
    """A repeated integer field, packed or not."""
    result = []
    for found, kind, value in parts:
        if found != number:
            continue
        if kind == 0:
            result.append(value)
            continue
        while value:
            length = next(i for i, byte in enumerate(value) if byte < 128) + 1
            result.append(sum((byte & 127) << 7 * i for i, byte in enumerate(value[:length])))
            value = value[length:]
    return result


class Seed:
    def __init__(self):
        self.names, self.offset = {}, 0

    def name(self, text):
        return self.names.setdefault(text, (f"v{len(self.names)}" if text else "").encode())

    def tensor(self, data):
        parts = list(fields(data))
        shape, kind = unpacked(parts, 1), unpacked(parts, 2)[0]
        count = 1
        for length in shape:
            count *= length
        parts = [(n, k, self.name(v) if n == 8 else v) for n, k, v in parts if n != 12]
        if count <= FEW or kind not in (1, 10, 16, 2, 3) or count * SIZES[kind] > WEIGHTS:
            return encoded(parts)
        length = count * SIZES[kind]
        if self.offset + length > WEIGHTS:
            self.offset = 0
        entries = {b"location": b"weights.bin", b"offset": b"%d" % self.offset, b"length": b"%d" % length}
        self.offset += length
        kept = [part for part in parts if part[0] in (1, 2, 8)]
        kept += [(13, 2, encoded([(1, 2, key), (2, 2, value)])) for key, value in entries.items()] + [(14, 0, 1)]
        return encoded(kept)

    def attribute(self, data):
        # The value's tensor, and what subgraphs hold.
        change = {5: self.tensor, 6: self.graph, 10: self.tensor, 11: self.graph}
        return encoded([(n, k, change[n](v) if n in change else v) for n, k, v in fields(data) if n != 13])

    def node(self, data):
        change = {1: self.name, 2: self.name, 5: self.attribute}
        # Without the node's own name, its documentation and its metadata.
        return encoded([(n, k, change[n](v) if n in change else v) for n, k, v in fields(data) if n not in (3, 6, 9)])

    def value(self, data):
        return encoded([(n, k, self.name(v) if n == 1 else v) for n, k, v in fields(data) if n not in (3, 4)])

    def graph(self, data):
        change = {1: self.node, 5: self.tensor, 11: self.value, 12: self.value}
        # Without documentation, the shapes between nodes, annotations and metadata.
        return encoded([(n, k, change[n](v) if n in change else v) for n, k, v in fields(data) if n not in (10, 13, 14, 16)])

    def model(self, data):
        # Without local functions and documentation.
        parts = [(n, k, v) for n, k, v in fields(data) if n not in (2, 3, 6)]
        return encoded([(n, k, self.graph(v) if n == 7 else v) for n, k, v in parts])


def tensor(name, values, shape=None):
    """Of int64, or of float32 where one of the values is a float."""
    is_float = any(isinstance(value, float) for value in values)
    raw = struct.pack("<%d%s" % (len(values), "f" if is_float else "q"), *values)
    shape = [len(values)] if shape is None else shape
    parts = [(1, 0, length) for length in shape] + [(2, 0, 1 if is_float else 7), (8, 2, name.encode()), (9, 2, raw)]
    return encoded(parts)


def node(kind, inputs, output, attributes):
    parts = [(1, 2, name.encode()) for name in inputs] + [(2, 2, output.encode()), (4, 2, kind.encode())]
    for name, value in attributes.items():
        attribute = [(1, 2, name.encode())]
        if isinstance(value, bytes):
            attribute += [(4, 2, value), (20, 0, 3)]
        elif isinstance(value, list):
            attribute += [(8, 0, element & (1 << 64) - 1) for element in value] + [(20, 0, 7)]
        else:
            attribute += [(3, 0, value & (1 << 64) - 1), (20, 0, 2)]
        parts.append((5, 2, encoded(attribute)))
    return encoded(parts)


# Two elements each: operator, inputs (values, or values and shape), attributes.
FOLDED = [
    ("Range", [([0.0], []), ([2.0], []), ([1.0], [])], {}),
    ("Range", [([0], []), ([4], []), ([2], [])], {}),
    ("CumSum", [[1.0, 2.0], ([0], [])], {}),
    ("CumSum", [[1, 2], ([-1], [])], {}),
    ("GatherND", [([1.0, 2.0, 3.0, 4.0], [2, 2]), ([0, 0, 1, -1], [2, 2])], {}),
    ("GatherND", [([1, 2, 3, 4], [2, 2]), ([1], [1, 1])], {}),
    ("ScatterND", [[1.0, 2.0], ([1], [1, 1]), [3.0]], {}),
    ("ScatterND", [[1, 2], ([-1], [1, 1]), [3]], {"reduction": b"none"}),
    ("Gather", [([1.0, 2.0, 3.0, 4.0], [2, 2]), ([-1], [])], {"axis": 1}),
    ("Tile", [[1.0], [2]], {}),
    ("Expand", [[1.0], [1, 2]], {}),
    ("Concat", [[1.0], [2.0]], {"axis": -1}),
    ("Slice", [[1.0, 2.0, 3.0], [2], [-4], [0], [-2]], {}),
    ("Transpose", [([1.0, 2.0], [2, 1, 1]), ], {"perm": [2, 0, 1]}),
    ("Where", [[1, 0], [1.0, 2.0], ([3.0], [1, 1])], {}),
    ("Where", [[1, 0], [1, 2], [3]], {}),
    ("Mod", [[-7, 7], [3]], {}),
    ("Div", [[-7, 7], [2]], {}),
    ("Mul", [[1 << 62, 7], [1]], {}),
    ("Min", [[1.0, 2.0], [1.5]], {}),
    ("Pow", [[1.0, 2.0], [2.0]], {}),
    ("Equal", [[1.0, 2.0], [2.0]], {}),
    ("And", [[1, 0], [1]], {}),
    ("Neg", [[-1 << 63, 1]], {}),
    ("Softplus", [[1.0, -2.0]], {}),
    ("Clip", [[1.0, 2.0], [0.5], [1.5]], {}),
    ("Clip", [[1, 2], [2], [3]], {}),
    ("ReduceProd", [([1.0, 2.0, 3.0, 4.0], [2, 2]), [-1]], {"keepdims": 0}),
    ("ReduceMax", [([1.0, 2.0, 3.0, 4.0], [2, 2])], {"axes": [0], "keepdims": 1}),
    ("ReduceSumSquare", [([1.0, 2.0, 3.0, 4.0], [2, 2]), [0]], {}),
    ("MatMul", [([1.0, 2.0], [1, 2]), ([1.0, 2.0, 3.0, 4.0], [2, 2])], {}),
    ("Conv", [([1.0, 2.0], [1, 1, 1, 2]), ([3.0], [1, 1, 1, 1]), [4.0]], {"pads": [0, 0, 0, 0]}),
    ("BatchNormalization", [([1.0, 2.0], [1, 2]), [1.0, 2.0], [0.0, 1.0], [0.5, 0.5], [1.0, 2.0]], {}),
    ("BatchNormalization", [([1.0, 2.0], [2, 1]), [1.0], [0.0], [0.5], [1.0]], {"training_mode": 1}),
    ("ConstantOfShape", [[2]], {}),
    ("Unsqueeze", [[1.0, 2.0], [0, -1]], {}),
    ("Squeeze", [([1.0, 2.0], [1, 2, 1]), [0, -1]], {}),
    ("Reshape", [[1.0, 2.0], [0, -1]], {}),
]


def folded(kind, inputs, attributes):
    """A classifier of two classes whose bias is what the operator gives."""
    names = [f"c{index}" for index in range(len(inputs))]
    tensors = [tensor(name, *value) if isinstance(value, tuple) else tensor(name, value)
               for name, value in zip(names, inputs)]
    tensors += [tensor("pair", [1, 2]), tensor("w", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3])]
    nodes = [
        node(kind, names, "a", attributes), node("Cast", ["a"], "b", {"to": 1}), node("Reshape", ["b", "pair"], "c", {}),
        node("GlobalAveragePool", ["x"], "d", {}), node("Flatten", ["d"], "e", {}),
        node("Gemm", ["e", "w"], "f", {"transB": 1}), node("Add", ["f", "c"], "y", {}),
    ]
    lengths = encoded([(1, 2, encoded([(1, 0, length)])) for length in (1, 3, 4, 4)])
    image = encoded([(1, 2, b"x"), (2, 2, encoded([(1, 2, encoded([(1, 0, 1), (2, 2, lengths)]))]))])
    graph = [(1, 2, data) for data in nodes] + [(5, 2, data) for data in tensors]
    graph += [(11, 2, image), (12, 2, encoded([(1, 2, b"y")]))]
    return encoded([(1, 0, 8), (8, 2, encoded([(2, 0, 18)])), (7, 2, encoded(graph))])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in sorted(glob.glob(f"{ROOT}/Tests/Fixtures/onnx/*/*.onnx")):
        with open(path, "rb") as file:
            seed = Seed().model(file.read())
        if len(seed) > LONGEST:
            print(f"{os.path.basename(path)} is left out: {len(seed)} bytes", file=sys.stderr)
            continue
        write(seed)
    for case in FOLDED:
        write(folded(*case))


def write(seed):
    with open(os.path.join(sys.argv[1], hashlib.sha1(seed).hexdigest()), "wb") as file:
        file.write(seed)


main()
