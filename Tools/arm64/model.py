#!/usr/bin/env python3
"""Models the inner loops of the ARM tiers' int8 GEMM with llvm-mca: instructions and cycles per multiply-accumulate.

usage: model.py OBJECT_FOLDER      default: .build-arm64/kernels, which `kernels.sh build` fills
Needs llvm-objdump and llvm-mca of LLVM 19 (Debian: llvm-19).

A model of a core with a perfect cache, not a measurement.
"""

import pathlib
import re
import subprocess
import sys

# Multiply-accumulates per instruction, for the instructions that the loops are made of.
MACS = {"sdot": 16, "smmla": 32, "smull": 8, "smull2": 8, "smlal": 8, "smlal2": 8}
# Tier: the function that holds its highest tile, and the cores to model.
TIERS = {
    "NEON": ("int8Tile4x2", ["cortex-a53", "cortex-a72"]),
    "DOTPROD": ("int8Tile8x2", ["cortex-a55", "neoverse-n1"]),
    "I8MM": ("packedTile6", ["neoverse-n2", "neoverse-v1"]),
}
BRANCHES = ("b.", "cb", "tb")
LINE = re.compile(r"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")


def functions(path):
    """Names and instructions (address, mnemonic, operands) of an object's functions."""
    text = subprocess.run(
        ["llvm-objdump-19", "-d", "--no-show-raw-insn", "--mattr=+dotprod,+i8mm", path],
        check=True, capture_output=True, text=True).stdout
    name, body = None, []
    for line in text.splitlines():
        if header := re.match(r"^[0-9a-f]+ <(.*)>:$", line):
            if name:
                yield name, body
            name, body = header[1], []
        elif match := LINE.match(line):
            body.append((int(match[1], 16), match[2], match[3]))
    if name:
        yield name, body


def inner_loop(body):
    """The innermost loop with the most multiply-accumulates, its last instruction the branch back."""
    best, best_macs = [], 0
    for index, (address, mnemonic, operands) in enumerate(body):
        target = re.match(r"(?:\S+, )*0x([0-9a-f]+)", operands) if mnemonic.startswith(BRANCHES) else None
        if not target or int(target[1], 16) > address:
            continue
        loop = [i for i in body[: index + 1] if i[0] >= int(target[1], 16)]
        macs = sum(MACS.get(i[1], 0) for i in loop)
        # An innermost loop has no other jump.
        is_innermost = not any(i[1] in ("b", "bl", "blr", "ret") or i[1].startswith(BRANCHES) for i in loop[:-1])
        if is_innermost and macs > best_macs:
            best, best_macs = loop, macs
    return best, best_macs


def cycles(loop, core):
    lines = ["loop:"]
    for _, mnemonic, operands in loop[:-1]:
        lines.append(f"{mnemonic} {operands.split(' <')[0]}")
    lines.append(f"{loop[-1][1]} " + re.sub(r"0x[0-9a-f]+.*", "loop", loop[-1][2]))
    report = subprocess.run(
        ["llvm-mca-19", "-mtriple=aarch64", f"-mcpu={core}", "-mattr=+dotprod,+i8mm", "-iterations=1000",
         "-instruction-info=false", "-resource-pressure=false"],
        input="\n".join(lines) + "\n", check=True, capture_output=True, text=True).stdout
    return int(re.search(r"Total Cycles:\s+(\d+)", report)[1]) / 1000


def main():
    root = pathlib.Path(__file__).resolve().parents[2]
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / ".build-arm64/kernels"
    print("tier     instructions   MACs   instructions/MAC   core          cycles   MACs/cycle")
    for tier, (name, cores) in TIERS.items():
        loops = [inner_loop(body) for symbol, body in functions(folder / f"{tier}.o") if name in symbol]
        loop, macs = max(loops, key=lambda found: found[1])
        for core in cores:
            time = cycles(loop, core)
            print(f"{tier:8} {len(loop):12} {macs:6} {len(loop) / macs:18.4f}   {core:12} {time:7.1f} {macs / time:12.1f}")


if __name__ == "__main__":
    main()
