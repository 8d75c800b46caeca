#!/usr/bin/env python3
"""Makes a Markdown table of the maps that `ttame-lite evaluate --log` wrote, a line each.

usage: results-table.py LOG.jsonl...    several logs of one model: methods beside each other

Behind each mean of AD, ROAD, insertion and deletion stands its standard error, of shares that of a proportion.
"""

import json
import math
import sys


def mean(values):
    return sum(values) / len(values)


def error(values):
    m = mean(values)
    return math.sqrt(sum((v - m) ** 2 for v in values) / (len(values) - 1) / len(values)) if len(values) > 1 else 0.0


def average_drop(entry, share):
    return 100 * max(0.0, entry["probability"] - entry["masked"][share]) / entry["probability"]


def column(values, digits):
    return f"{mean(values):.{digits}f} ± {error(values):.{digits}f}"


def row(method, entries):
    cells = [method, str(len(entries))]
    for share in ("100", "50", "15"):
        cells.append(column([average_drop(e, share) for e in entries], 1))
    for share in ("100", "50", "15"):
        cells.append(column([100.0 * (e["masked"][share] > e["probability"]) for e in entries], 1))
    for order in ("morf", "lerf"):
        cells.append(column([100 * mean(e[order]) for e in entries], 1))
    for area in ("insertion", "deletion"):
        cells.append(column([e[area] for e in entries], 3))
    cells.append(f"{mean([e['forwardPasses'] for e in entries]):.0f}")
    cells.append(f"{sorted(e['milliseconds'] for e in entries)[len(entries) // 2]:.1f}")
    return "| " + " | ".join(cells) + " |"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    methods = {}
    for path in sys.argv[1:]:
        with open(path) as log:
            for line in log:
                entry = json.loads(line)
                methods.setdefault(entry["method"], []).append(entry)
    print("| method | images | AD 100 | AD 50 | AD 15 | IC 100 | IC 50 | IC 15 | ROAD MoRF | ROAD LeRF | insertion | deletion | passes | ms |")
    print("|---" * 14 + "|")
    for method, entries in methods.items():
        print(row(method, entries))


if __name__ == "__main__":
    main()
