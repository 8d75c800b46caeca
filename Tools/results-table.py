#!/usr/bin/env python3
"""Makes a Markdown table of the maps that `ttame-lite evaluate --log` wrote, a line each.

The logs are of one model: other methods, other photographs, or other metrics of the same maps. The last row has
the largest standard error of each column.
"""

import argparse
import json
import math
from statistics import mean, median_high, stdev

SHARES = ("100", "50", "15")


def average_drop(entry, key, share):
    return 100 * max(0.0, entry["probability"] - entry[key][share]) / entry["probability"]


def increase(entry, key, share):
    return 100.0 * (entry[key][share] > entry["probability"])


MASKS = (("", "masked"), ("rank ", "rankMasked"))
COLUMNS = (
    [
        (f"{rank}{name} {share}", 1, key, lambda entry, key=key, share=share, measure=measure: measure(entry, key, share))
        for rank, key in MASKS
        for name, measure in (("AD", average_drop), ("IC", increase))
        for share in SHARES
    ]
    + [("MoRF", 1, "morf", lambda entry: 100 * mean(entry["morf"]))]
    + [("LeRF", 1, "lerf", lambda entry: 100 * mean(entry["lerf"]))]
    + [(name, 3, name, lambda entry, name=name: entry[name]) for name in ("insertion", "deletion")]
    + [
        (title, 1, key, lambda entry, key=key: 100 * entry[key])
        for title, key in (("pointing", "pointing"), ("pointing, 15 px", "pointing15"), ("energy", "energy"))
        + (("rank energy", "rankEnergy"), ("IoU", "iou"))
    ]
    + [
        (title, 3, key, lambda entry, key=key: entry[key])
        for title, key in (("ADCC", "adcc"), ("SaCo", "saco"), ("rank SaCo", "rankSaco"))
        + (("patch deletion", "patchDeletion"), ("rank patch deletion", "rankPatchDeletion"))
    ]
)


def standard_error(values):
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def read_maps(paths):
    """The maps of each method: {method: {photograph: entry}}."""
    methods = {}
    for path in paths:
        with open(path) as log:
            for entry in map(json.loads, log):
                methods.setdefault(entry["method"], {}).setdefault(entry["input"], {}).update(entry)
    return methods


def print_row(cells):
    print("| " + " | ".join(cells) + " |")


def print_header(names):
    print_row(names)
    print("|---" * len(names) + "|")


def measured_columns(methods):
    entries = [entry for maps in methods.values() for entry in maps.values()]
    return [column for column in COLUMNS if any(column[2] in entry for entry in entries)]


def print_means(methods):
    columns = measured_columns(methods)
    print_header(["method", "images"] + [name for name, _, _, _ in columns] + ["passes", "ms"])
    errors = [0.0] * len(columns)
    for method, maps in methods.items():
        cells = [method, str(len(maps))]
        for index, (_, digits, key, value) in enumerate(columns):
            values = [value(entry) for entry in maps.values() if key in entry]
            errors[index] = max(errors[index], standard_error(values))
            cells.append(f"{mean(values):.{digits}f}" if values else "")
        cells.append(f"{mean([entry['forwardPasses'] for entry in maps.values()]):.0f}")
        cells.append(f"{median_high([entry['milliseconds'] for entry in maps.values()]):.1f}")
        print_row(cells)
    print_row(["±", ""] + [f"{error:.{digits}f}" for error, (_, digits, _, _) in zip(errors, columns)] + ["", ""])


def print_differences(methods, reference):
    """Method minus reference on the photographs both have, with the standard error of the differences."""
    columns = measured_columns(methods)
    print_header([f"minus {reference}", "images"] + [name for name, _, _, _ in columns])
    for method, maps in methods.items():
        if method == reference:
            continue
        pairs = [(maps[photograph], entry) for photograph, entry in methods[reference].items() if photograph in maps]
        cells = [method, str(len(pairs))]
        for _, digits, key, value in columns:
            values = [value(entry) - value(other) for entry, other in pairs if key in entry and key in other]
            cells.append(f"{mean(values):+.{digits}f} ± {standard_error(values):.{digits}f}" if values else "")
        print_row(cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", metavar="LOG.jsonl", nargs="+")
    parser.add_argument("--common", action="store_true", help="only photographs with a map of every method")
    parser.add_argument("--minus", metavar="METHOD", help="differences from this method, photograph by photograph")
    arguments = parser.parse_args()
    methods = read_maps(arguments.logs)
    if arguments.common:
        common = set.intersection(*(set(maps) for maps in methods.values()))
        methods = {method: {name: maps[name] for name in maps if name in common} for method, maps in methods.items()}
    if arguments.minus:
        if arguments.minus not in methods:
            parser.error(f"no map is of {arguments.minus}; there are {', '.join(methods)}")
        print_differences(methods, arguments.minus)
    else:
        print_means(methods)


if __name__ == "__main__":
    main()
