#!/usr/bin/env python3
"""Reads the Indexed Job of kubernetes.yaml, for check.sh. Needs PyYAML and kubernetes-validate.

    kubernetes-args.py (--validate | --count | --index I) FILE

--validate checks every field against the schemas of three versions of Kubernetes. --index prints the arguments of the program
in the pod of index I, each ended by NUL, with the index in its place.
"""

import argparse
import sys

import kubernetes_validate
import yaml

# The first version with limits of failures for each index by default, one where they are stable, and the newest one known.
VERSIONS = ("1.29", "1.33", kubernetes_validate.latest_version())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--validate", action="store_true")
    group.add_argument("--count", action="store_true")
    group.add_argument("--index", type=int)
    arguments = parser.parse_args()

    with open(arguments.file, encoding="utf-8") as file:
        job = yaml.safe_load(file)
    if arguments.validate:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(job, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                print(f"{arguments.file}: Kubernetes {version}: {error.message}", file=sys.stderr)
                return 1
        print(f"kubernetes: the manifest is valid for {', '.join(VERSIONS)}")
    elif arguments.count:
        print(job["spec"]["completions"])
    else:
        (container,) = job["spec"]["template"]["spec"]["containers"]
        for argument in container["args"]:
            value = argument.replace("$(JOB_COMPLETION_INDEX)", str(arguments.index))
            sys.stdout.buffer.write(value.encode() + b"\0")
    return 0


if __name__ == "__main__":
    sys.exit(main())
