#!/usr/bin/env python3
"""Classifies or explains a list of photographs on Apache Spark. Each task pipes the paths of its partition into ttame-lite.

    spark.py LIST FOLDER [--master local[2,4]] [--partitions 64] [--program ttame-lite] [-- explain|classify [OPTION...]]

LIST names one photograph a line. FOLDER/answers gets the JSON, a file for each partition, and must not exist yet. Workers
find LIST, photographs and FOLDER under the same paths. A task that is killed runs again; the second number of local[N,M] is how
often a task may fail.
"""

import argparse
import os
import pathlib
import shlex
import sys

from pyspark import SparkConf, SparkContext

# A damaged (65) or missing (66) photograph ends with the same status when its task runs again, so it fails no task.
TOLERANT = '"$@"; status=$?; case $status in 65|66) exit 0 ;; *) exit $status ;; esac'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("list", metavar="LIST")
    parser.add_argument("folder", metavar="FOLDER", type=pathlib.Path)
    parser.add_argument("--master", default="local[*,4]")
    parser.add_argument("--partitions", type=int, default=64)
    parser.add_argument("--program", default="ttame-lite")
    parser.add_argument("command", nargs="*", metavar="COMMAND")
    arguments = parser.parse_args()

    folder = arguments.folder.absolute()
    command = arguments.command or ["explain", "-o", f"{folder}/images", "--tree"]
    command = [arguments.program, *command, "--files-from", "-", "--threads", "1", "--quiet", "--json"]
    tolerant = shlex.join(["sh", "-c", TOLERANT, "sh", *command])

    # A pipe starts with the environment it is given, and nothing else.
    environment = {name: os.environ[name] for name in ("PATH", "TTAME_WEIGHTS") if name in os.environ}

    names = pathlib.Path(arguments.list).read_text(encoding="utf-8").splitlines()
    answers = folder / "answers"
    with SparkContext(conf=SparkConf().setMaster(arguments.master).setAppName("ttame-lite")) as context:
        photographs = context.parallelize(names, arguments.partitions)
        photographs.pipe(tolerant, env=environment, checkCode=True).saveAsTextFile(answers.as_uri())
        count = context.textFile(answers.as_uri()).count()

    print(f"{count} of {len(names)} photographs have an answer in {answers}.", file=sys.stderr)
    return 0 if count == len(names) else 65


if __name__ == "__main__":
    sys.exit(main())
