#!/usr/bin/env python3
"""Writes inputs of the `onnx` fuzz target: the models of Tests/Fixtures/onnx, with their weights in the file weights.bin
that the target makes, and short names. What is left are a few kilobytes of graph.

usage: onnx-seeds.py FOLDER    then Tools/fuzz.sh minimize onnx keeps the fewest, once they lie in the target's fixtures
"""
import glob
import hashlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# As Tools/fuzz.sh has it, and the bytes of weights.bin.
LONGEST, WEIGHTS = 8192, 1 << 16
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


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for path in sorted(glob.glob(f"{ROOT}/Tests/Fixtures/onnx/*/*.onnx")):
        with open(path, "rb") as file:
            seed = Seed().model(file.read())
        if len(seed) > LONGEST:
            print(f"{os.path.basename(path)} is left out: {len(seed)} bytes", file=sys.stderr)
            continue
        with open(os.path.join(sys.argv[1], hashlib.sha1(seed).hexdigest()), "wb") as file:
            file.write(seed)


main()
