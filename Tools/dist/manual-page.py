#!/usr/bin/env python3
"""Makes the manual page, section 1, from what the program says of itself.

usage: ttame-lite --experimental-dump-help | manual-page.py --version 0.1.0 --date 2026-01-31 > ttame-lite.1
       ttame-lite --experimental-dump-help | manual-page.py --check ttame-lite.1 [--sources Sources]

--check fails if a command, an option, a default or a value is missing in the page, or a variable that the sources read.
"""
import argparse
import json
import pathlib
import re
import sys
import textwrap

# An option that at least this many commands have in the same words is described once.
SHARED = 3

DESCRIPTION = """
.B ttame\\-lite
classifies images and shows where the classifier looked.
Prediction and explanation come from one forward pass, on the CPU.
.PP
A model is one file: a classifier with int8 weights and an attention head.
The bundled model, efficientnet\\-lite0, knows the 1000 classes of ImageNet.
.B teach
makes a classifier of your own classes from photographs, and
.B import
converts other networks.
.PP
Images are PNG, JPEG, PNM and PAM files; their content decides, not their name.
Without files,
.B explain
and
.B classify
read concatenated images from standard input.
.PP
Options follow the command, before or after the files.
Long options take their value after a space or
.BR = .
Names of methods, metrics, styles, colour maps and instruction sets are
case\\-insensitive.
"""

COMPLETION = ("\\fB\\-\\-generate\\-completion\\-script\\fR \\fIbash\\fR|\\fIzsh\\fR|\\fIfish\\fR",
              "Print a completion script for a shell. Packages install these scripts.")

ENVIRONMENT = {
    "TTAME_WEIGHTS": "A folder that is searched first for models given by name.",
    "TMPDIR": "Where bench keeps temporary files (default: /tmp).",
}

FILES = """
A model given by name is NAME.safetensors in the first of these folders that
has it:
.TP
.I $TTAME_WEIGHTS
If it is set.
.TP
.I weights
In the folder of the program.
.TP
.I ../share/ttame\\-lite/weights
Seen from the folder of the program:
.I /usr/share/ttame\\-lite/weights
if it is
.IR /usr/bin/ttame\\-lite .
.TP
.I weights
In the package that the program was built in, then in the current folder.
"""

SIGNALS = """A program ended by a signal has the signal's status: 128 + 2, 15 or 1 in a shell."""

SEE_ALSO = """
.BR ffmpeg (1),
.BR find (1),
.BR jq (1)
.PP
The folder
.I docs
of the source describes inputs and outputs (cli.md), networks (networks.md),
training (training.md), teaching (teaching.md) and metrics (metrics.md).
"""


def text(words):
    """Escapes prose, a sentence a line, as troff likes it."""
    words = words.replace("\\", "\\e").replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    words = words.replace("'", "\\(aq") if re.search(r"(^|[ (])'", words) else words
    # Options stand out. All hyphens are those that are typed, so that names can be found and copied and never divide.
    words = re.sub(r"(?<![\w\\-])(--?[A-Za-z0-9][A-Za-z0-9-]*)", r"\\fB\1\\fR", words).replace("-", "\\-")
    words = re.sub(r"(?<=[a-z0-9)%][.:]) (?=[A-Z])", "\n", words)
    return wrapped(words.split("\n"))


def wrapped(lines):
    lines = [part for line in lines for part in textwrap.wrap(line, 78, break_long_words=False, break_on_hyphens=False)]
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in lines)


def literal(words):
    """Escapes what has to be shown as it is typed."""
    words = words.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    words = words.replace("^", "\\(ha").replace("~", "\\(ti").replace('"', "\\(dq")
    return "\\&" + words if words[:1] in (".", "'") else words


def examples(lines):
    # A backslash at the end of a line continues it.
    return [".PP", ".RS 4", ".nf"] + [wrapped([literal(line)]).replace("\n", " \\\n") for line in lines] + [".fi", ".RE"]


def spelled(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def visible(command):
    return [one for one in command.get("arguments", []) if one.get("shouldDisplay", True)]


def heading(argument):
    value = literal(argument.get("valueName", ""))
    if argument["kind"] == "positional":
        return f"\\fI{value}\\fR" + ("..." if argument["isRepeating"] else "")
    names = ", ".join(f"\\fB{literal(spelled(name))}\\fR" for name in argument["names"])
    # The parser takes the option's name where the source gives no name for its value.
    if argument["kind"] == "flag":
        return names
    return f"{names} \\fI{value.upper() if value == literal(argument['names'][-1]['name']) else value}\\fR"


def explanation(argument):
    words = argument.get("abstract", "").strip()
    values = argument.get("allValues", [])
    missing = [value for value in values if not re.search(rf"(?<![\w-]){re.escape(value)}(?![\w+-])", words)]
    if missing:
        words += " One of: " + ", ".join(values) + "."
    default = argument.get("defaultValue")
    if default is not None and not re.search(r"\bdefault\b", words, re.IGNORECASE):
        words += f" Default: {default}."
    if not argument["isOptional"]:
        words += " Required."
    return words.strip()


def entry(argument):
    return [".TP", heading(argument), text(explanation(argument))]


def key(argument):
    """What has to be equal for two options to be described once."""
    return heading(argument), explanation(argument)


def blocks(discussion):
    return [block for block in re.split(r"\n\n+", discussion or "") if block.strip()]


def exit_statuses(command):
    for block in blocks(command.get("discussion")):
        if block.startswith("Exit status: "):
            listed, rest = re.fullmatch(r"Exit status: (.*?)\. (.*)", block, re.DOTALL).groups()
            return [one.strip().split(" ", 1) for one in listed.split(";")], rest
    sys.exit("manual-page.py: the help has no exit statuses")


def body(block, owner, seen):
    """One paragraph of a command's help: prose, examples or a table of names."""
    lines = block.split("\n")
    title = lines[0].rstrip(":") if lines[0].endswith(":") and all(line.startswith(" ") for line in lines[1:]) else None
    if not title or len(lines) == 1:
        return [".PP", text(block)]
    if block in seen:
        return [".PP", f"{title} are those of \\fB{seen[block]}\\fR."]
    seen[block] = owner
    rows = [re.split(r"  +", line.strip(), maxsplit=1) for line in lines[1:]]
    page = [".PP", f"{title}:"]
    if title == "Examples" or any(len(row) == 1 for row in rows):
        return page + examples(line.strip() for line in lines[1:])
    for name, meaning in rows:
        page += [".TP", f"\\fB{literal(name)}\\fR", text(meaning)]
    return page


def synopsis(program, command, general):
    words = [f"\\fB{program} {literal(command['commandName'])}\\fR"]
    for argument in visible(command):
        if not argument["isOptional"] and argument["kind"] != "positional":
            # The short name, where there is one.
            name, value = argument["names"][0], literal(argument["valueName"])
            words.append(f"\\fB{literal(spelled(name))}\\fR \\fI{value}\\fR")
    if any(key(argument) not in general for argument in visible(command) if argument["kind"] != "positional"):
        words.append("[\\fIOPTION\\fR]...")
    for argument in visible(command):
        if argument["kind"] == "positional":
            # The parser itself adds `help`, whose argument has a name in lower case and no explanation.
            name = literal(argument["valueName"]) if argument.get("abstract") else "COMMAND"
            value = f"\\fI{name}\\fR"
            word = f"[{value}]" if argument["isOptional"] else value
            words.append(word + ("..." if argument["isRepeating"] else ""))
    return words


def shared_arguments(commands):
    owners = {}
    for command in commands:
        for argument in visible(command):
            if argument["kind"] != "positional":
                owners.setdefault(key(argument), (argument, []))[1].append(command["commandName"])
    return {one: found for one, found in owners.items() if len(found[1]) >= SHARED}


def page(root, version, date):
    program = literal(root["commandName"])
    commands = [one for one in root["subcommands"] if one.get("shouldDisplay", True)]
    shared = shared_arguments(commands)
    general = {key(argument) for argument in visible(root)}
    abstract = root["abstract"].rstrip(".")
    out = [
        f".TH {root['commandName'].upper().replace('-', chr(92) + '-')} 1 {date} \"{root['commandName']} {version}\"",
        ".nh", ".ad l",
        ".SH NAME", wrapped([f"{program} \\- {abstract[0].lower() + abstract[1:]}"]),
        ".SH SYNOPSIS", ".nf",
    ]
    out += [" ".join(synopsis(program, command, general)) for command in commands]
    out += [f"\\fB{program}\\fR \\fB\\-\\-version\\fR | \\fB\\-\\-help\\fR", ".fi", ".SH DESCRIPTION", DESCRIPTION.strip()]
    out += [".SH COMMANDS"]
    seen = {}
    for command in commands:
        name = command["commandName"]
        out += [f".SS {literal(name)}", text(command.get("abstract", ""))]
        for block in blocks(command.get("discussion")):
            if not block.startswith(("Exit status: ", "Examples:")):
                out += body(block, name, seen)
        common = []
        for argument in visible(command):
            if key(argument) in general or not argument.get("abstract") and argument["kind"] == "positional":
                continue
            if key(argument) in shared:
                common.append(f"\\fB{literal(spelled(argument['names'][-1]))}\\fR")
            else:
                out += entry(argument)
        if common:
            out += [".PP", wrapped([f"Described under COMMON OPTIONS: {', '.join(common)}."])]
        for block in blocks(command.get("discussion")):
            if block.startswith("Examples:"):
                out += body(block, name, seen)
    out += [".SH COMMON OPTIONS"]
    for argument in visible(root):
        out += entry(argument)
    out += [".TP", COMPLETION[0], COMPLETION[1]]
    for one, (argument, owners) in shared.items():
        if one not in general:
            out += entry(argument)
            out += [f"({', '.join(owners)})"]
    statuses, rest = exit_statuses(root)
    out += [".SH EXIT STATUS"]
    for number, meaning in statuses:
        out += [".TP", f".B {number}", text(meaning[0].upper() + meaning[1:] + ".")]
    out += [".PP", text(rest), ".PP", text(SIGNALS)]
    out += [".SH ENVIRONMENT"]
    for name, meaning in ENVIRONMENT.items():
        out += [".TP", f".B {name}", text(meaning)]
    out += [".SH FILES", FILES.strip(), ".SH EXAMPLES"]
    for block in blocks(root.get("discussion")):
        if block.startswith("Examples:"):
            for line in block.split("\n")[1:]:
                command, meaning = re.split(r"  +", line.strip(), maxsplit=1)
                meaning = re.sub(r"\bwrites (\S+)$", r"Writes \1", meaning)
                out += [".TP", f"\\fB{literal(command)}\\fR", text(meaning[0].upper() + meaning[1:] + ".")]
    out += [".SH SEE ALSO", SEE_ALSO.strip()]
    return "\n".join(out) + "\n"


def unescaped(line):
    line = re.sub(r"\\f[BIR]", "", line).replace("\\&", "")
    for escape, letter in (("\\-", "-"), ("\\(aq", "'"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\(dq", '"'), ("\\e", "\\")):
        line = line.replace(escape, letter)
    return line


def entries(path):
    """The tagged paragraphs of a page: the words of each, by section and tag."""
    found, section, tag, expects = {}, "", None, False
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        if line.startswith((".SH ", ".SS ")):
            section, tag = unescaped(line[4:]), None
            found[section] = {}
        elif line == ".TP":
            expects = True
        elif expects:
            tag, expects = unescaped(re.sub(r"^\.[A-Z]+ ", "", line)), False
            found[section][tag] = ""
        elif line.startswith("."):
            tag = None
        elif tag is not None:
            found[section][tag] += unescaped(line) + " "
    return found


def check(root, path, sources):
    found = entries(path)
    problems = []

    def words_of(section, name, owner=None):
        for tag, words in found.get(section, {}).items():
            names = re.split(r", | ", tag)
            if name in names and (owner is None or re.search(rf"\([^)]*\b{owner}\b[^)]*\) $", words)):
                return words
        return None

    for command in root["subcommands"]:
        command_name = command["commandName"]
        if command_name not in found:
            problems.append(f"the command {command_name}")
            continue
        for argument in visible(command):
            names = [spelled(name) for name in argument.get("names", [])]
            if argument["kind"] == "positional":
                names = [argument["valueName"] + ("..." if argument["isRepeating"] else "")] if argument.get("abstract") else []
            for name in names:
                words = words_of(command_name, name)
                if words is None and name in ("--version", "-h", "--help"):
                    words = words_of("COMMON OPTIONS", name)
                if words is None:
                    words = words_of("COMMON OPTIONS", name, owner=command_name)
                if words is None:
                    problems.append(f"{name} of {command_name}")
                    continue
                for value in argument.get("allValues", []) + [argument.get("defaultValue")]:
                    if value and not re.search(rf"(?<![\w-]){re.escape(value)}(?![\w+-])", words):
                        problems.append(f"the value {value} of {name} of {command_name}")
    problems += [f"status {number}" for number, _ in exit_statuses(root)[0] if number not in found.get("EXIT STATUS", {})]
    if sources:
        read = set()
        for source in pathlib.Path(sources).rglob("*.swift"):
            read |= set(re.findall(r'getenv\("(\w+)"', source.read_text(encoding="utf-8")))
        if not read:
            problems.append(f"variables to compare with: {sources} reads none")
        problems += [f"the variable {name}" for name in sorted(read) if name not in found.get("ENVIRONMENT", {})]
    for problem in problems:
        print(f"manual-page.py: {path} lacks {problem}", file=sys.stderr)
    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--version", default="")
    parser.add_argument("--date", default="")
    parser.add_argument("--check", metavar="PAGE")
    parser.add_argument("--sources", metavar="FOLDER")
    arguments = parser.parse_args()
    root = json.load(sys.stdin)["command"]
    if arguments.check:
        sys.exit(0 if check(root, arguments.check, arguments.sources) else 1)
    if not arguments.version or not arguments.date:
        parser.error("--version and --date are needed")
    sys.stdout.write(page(root, arguments.version, arguments.date))


if __name__ == "__main__":
    main()
