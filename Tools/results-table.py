#!/usr/bin/env python3
"""Makes a Markdown table of the maps that `ttame-lite evaluate --log` wrote, a line each.

usage: results-table.py LOG.jsonl...    logs of one model; methods beside each other

The last row has the largest standard error of each column.
"""

import json
import math
import sys
from statistics import mean, median_high, stdev

SHARES = ("100", "50", "15")
COLUMNS = (
    [(f"AD {share}", 1, lambda entry, share=share: average_drop(entry, share)) for share in SHARES]
    + [(f"IC {share}", 1, lambda entry, share=share: increase(entry, share)) for share in SHARES]
    + [("MoRF", 1, lambda entry: 100 * mean(entry["morf"])), ("LeRF", 1, lambda entry: 100 * mean(entry["lerf"]))]
    + [("insertion", 3, lambda entry: entry["insertion"]), ("deletion", 3, lambda entry: entry["deletion"])]
)


def average_drop(entry, share):
    return 100 * max(0.0, entry["probability"] - entry["masked"][share]) / entry["probability"]


def increase(entry, share):
    return 100.0 * (entry["masked"][share] > entry["probability"])


def standard_error(values):
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def print_row(cells):
    print("| " + " | ".join(cells) + " |")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    methods = {}
    for path in sys.argv[1:]:
        with open(path) as log:
            for entry in map(json.loads, log):
                methods.setdefault(entry["method"], []).append(entry)
    print_row(["method", "images"] + [name for name, _, _ in COLUMNS] + ["passes", "ms"])
    print("|---" * (len(COLUMNS) + 4) + "|")
    errors = [0.0] * len(COLUMNS)
    for method, entries in methods.items():
        cells = [method, str(len(entries))]
        for index, (_, digits, value) in enumerate(COLUMNS):
            values = [value(entry) for entry in entries]
            errors[index] = max(errors[index], standard_error(values))
            cells.append(f"{mean(values):.{digits}f}")
        cells.append(f"{mean([entry['forwardPasses'] for entry in entries]):.0f}")
        cells.append(f"{median_high([entry['milliseconds'] for entry in entries]):.1f}")
        print_row(cells)
    print_row(["±", ""] + [f"{error:.{digits}f}" for error, (_, digits, _) in zip(errors, COLUMNS)] + ["", ""])


if __name__ == "__main__":
    main()
