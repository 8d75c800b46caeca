#!/usr/bin/env python3
"""Largest differences between two files of `ttame-lite explain --raw`, tensor by tensor.

usage: compare.py A B [LIMIT]      fails where a difference exceeds LIMIT times the tensor's largest magnitude
"""

import array
import json
import struct
import sys


def tensors(path):
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8 : 8 + length]).items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            yield name, array.array("f", data[start:end])


def main():
    a, b = (dict(tensors(path)) for path in sys.argv[1:3])
    limit = float(sys.argv[3]) if len(sys.argv) > 3 else float("inf")
    failed = a.keys() != b.keys()
    for name in sorted(a.keys() & b.keys()):
        failed = failed or len(a[name]) != len(b[name])
        largest = max(map(abs, b[name]), default=0)
        worst = max((abs(x - y) for x, y in zip(a[name], b[name])), default=0)
        # Written so that a value that is not a number fails too.
        failed = failed or not worst <= limit * largest
        print(f"{name}: {len(a[name])} values to {largest:.6g}, largest difference {worst:.3g}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
