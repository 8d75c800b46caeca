#!/usr/bin/env python3
"""Turns CHANGELOG.md into Debian's form.

usage: debian-changelog.py --version 0.1.0 --epoch SECONDS < CHANGELOG.md > changelog

A section is `## VERSION - DATE` or `## VERSION`; without a date, the newest one has that of --epoch.
"""
import argparse
import datetime
import email.utils
import pathlib
import re
import sys
import textwrap

CONTROL = pathlib.Path(__file__).with_name("debian") / "control"


def sections(lines):
    found = []
    for line in lines:
        heading = re.fullmatch(r"## \[?(\d[^\]\s]*)\]?(?: - (\d{4}-\d\d-\d\d))?.*", line)
        if heading:
            found.append((heading[1], heading[2], []))
        elif found and re.match(r"[-*] ", line):
            found[-1][2].append(line[2:])
        elif found and line.startswith("  ") and found[-1][2]:
            found[-1][2][-1] += " " + line.strip()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--version", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    arguments = parser.parse_args()
    maintainer = re.search(r"^Maintainer: (.*)$", CONTROL.read_text(encoding="utf-8"), re.MULTILINE)[1]
    found = sections(sys.stdin.read().splitlines())
    if not found or found[0][0].replace("-", "~", 1) != arguments.version:
        sys.exit(f"debian-changelog.py: the first section of CHANGELOG.md should be {arguments.version}")
    for number, (version, date, changes) in enumerate(found):
        if not changes or not date and number > 0:
            sys.exit(f"debian-changelog.py: section {version} of CHANGELOG.md lacks {'its date' if changes else 'changes'}")
        day = datetime.datetime.fromisoformat(date).replace(tzinfo=datetime.timezone.utc) if date else None
        seconds = day.timestamp() if day else arguments.epoch
        print(f"ttame-lite ({version.replace('-', '~', 1)}) unstable; urgency=medium\n")
        for change in changes:
            print(textwrap.fill(re.sub(r"[`*]", "", change), 78, initial_indent="  * ", subsequent_indent="    ",
                                break_long_words=False, break_on_hyphens=False))
        print(f"\n -- {maintainer}  {email.utils.formatdate(seconds)}\n".replace("-0000", "+0000"))


if __name__ == "__main__":
    main()
