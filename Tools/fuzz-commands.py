#!/usr/bin/env python3
"""Tries random command lines on files that must not be lost.

In a scratch folder lie pictures, a model, lists, files of other programs and of earlier runs, links to all of them.
Every command runs there with a time limit, and afterwards:

- no input and no model has changed, whatever the options;
- no file that was there has changed unless an output option names it, and it is empty, ours and of the same kind, or
  --force is given;
- new files are where outputs are named, and nothing half written is left;
- with status 0 every output is there and is what it should be;
- the status is one that is documented and not 70 or 71, messages begin with the program's name, no signal, no time-out.

usage: fuzz-commands.py [--binary FILE] [--seconds N] [--seed N] [--jobs N]
       fuzz-commands.py [--binary FILE] --seed N --round R        run one round again, and say every command

A round is a new folder and some fifty commands in it; it depends on the seed and its number alone.
"""
import argparse
import hashlib
import json
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STATUSES = {0, 64, 65, 66, 73, 74}
COMMANDS_A_ROUND = 50
TIME_LIMIT = 60


class Finding(Exception):
    pass


# ---- Files ----------------------------------------------------------------------------------------------------


def png(width, height, shade):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((shade + x * y) % 256 for x in range(3 * width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def is_left_out(path):
    """Whether a folder's picture is not read: it is empty, or ttame-lite drew it."""
    try:
        with open(path, "rb") as file:
            start = file.read(128)
            return not start or b"ttame-lite" in start
    except OSError:
        return False


def ppm(width, height, shade):
    return b"P6\n%d %d\n255\n" % (width, height) + bytes([shade]) * (3 * width * height)


def safetensors(metadata, tensors):
    """A file of tensors, each given with its type, shape and bytes."""
    header, data = {"__metadata__": metadata}, b""
    for name, (dtype, shape, values) in sorted(tensors.items(), key=lambda item: -len(item[1][2])):
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode()
    text += b" " * (-(len(text) + 8) % 64)
    return struct.pack("<Q", len(text)) + text + data


def tiny_model():
    """8x8x3 -> convolution 3x3 to 20 -> relu -> depthwise 3x3 -> mean -> 5 classes, in float32, all weights zero."""

    def weights(node):
        return {"weight": node + ".weight", "bias": node + ".bias"}

    def zeros(*shape):
        count = 1
        for side in shape:
            count *= side
        return ("F32", list(shape), bytes(4 * count))

    description = json.loads(DESCRIPTION)
    tensors = {
        "conv.weight": zeros(2, 36, 16), "conv.bias": zeros(2, 16), "dw.weight": zeros(9, 32), "dw.bias": zeros(32),
        "fc.weight": zeros(1, 20, 16), "fc.bias": zeros(1, 16),
    }
    metadata = {"format": "ttame-lite", "format_version": "1", "model": json.dumps(description)}
    return safetensors(metadata, tensors)


DESCRIPTION = """
{"architecture": "tiny", "classes": 5, "featureLayers": [{"name": "early", "node": "relu"}, {"name": "late",
"node": "dw"}], "graph": {"input": "input", "inputShape": {"channels": 3, "height": 8, "width": 8}, "nodes":
[{"inputs": ["input"], "kernel": [3, 3], "name": "conv", "op": "conv2d", "outputChannels": 20, "padding": [1,
1, 1, 1], "stride": 1, "tensors": {"bias": "conv.bias", "weight": "conv.weight"}}, {"function": "relu",
"inputs": ["conv"], "name": "relu", "op": "activation"}, {"inputs": ["relu"], "kernel": [3, 3], "name": "dw",
"op": "depthwise_conv2d", "outputChannels": 20, "padding": [1, 1, 1, 1], "stride": 1, "tensors": {"bias":
"dw.bias", "weight": "dw.weight"}}, {"inputs": ["dw"], "name": "mean", "op": "global_average_pool"},
{"inputs": ["mean"], "kernel": [1, 1], "name": "fc", "op": "conv2d", "outputChannels": 5, "padding": [0, 0, 0,
0], "stride": 1, "tensors": {"bias": "fc.bias", "weight": "fc.weight"}}], "output": "fc"}, "head": {"bias":
"fc.bias", "branches": [{"node": "relu"}, {"fuse": {"weight": "fc.weight"}, "node": "dw"}], "kind": "cam"},
"labels": ["a", "b", "c", "d", "e"], "licence": "none", "name": "tiny", "precision": "float32",
"preprocessing": {"crop": 8, "interpolation": "bilinear", "mean": [0.1, 0.2, 0.3], "resize": 9, "std": [1, 1,
1]}, "source": "made up"}"""

# Names of pictures that are read, of places to write to, and of anything that may stand where it does not belong.
PICTURES = [
    "a.png", "b.ppm", "cat.jpg", "x/p.png", "y/p.png", "x/deep/p.png", "soft.png", "hard.png", "./a.png", "x/../a.png",
    "-dash.png", "--top.png", "sp ace.png", "\u00e9.png", "e\u0301.png", "\udcff.png", "line\nbreak.png", "x/q.PNG",
]
FOREIGN = [
    "notes.txt", "notes", "foreign.json", "foreign.jsonl", "foreign.png", "foreign.jpg", "foreign.safetensors",
    "page.html", "out/a.png", "out/foreign.ppm", "a-explained.png", "link-to-notes", "hard-notes.png", "readonly.png",
    "labels.txt", "list.tsv", "teach.tsv", "chosen.txt", "index.json", "foreign.ttame-tmp",
]
NEW = [
    "new.png", "new.jpg", "new.PPM", "new.pgm", "new", "new.jsonl", "new.safetensors", "new.html", "dangling.png",
    "x/new.png", "out/new.png", "nowhere/new.png", "new.webp", "to-out/new2.png", "empty.png", "n" * 255,
]
FOLDERS = ["out", "out/", "x/", ".", "fresh/", "fresh/deeper/", "to-out", "y", "fresh2"]
MODELS = ["M.safetensors", "./M.safetensors", "model-link", "hard-model", "M.safetensors", "M.safetensors"]


class Workshop:
    """The scratch folder of one round."""

    def __init__(self, binary, generator):
        self.binary, self.random = binary, generator
        self.path = tempfile.mkdtemp(prefix="ttame-fuzz-")
        for folder in ["x/deep", "y", "out", "photos"]:
            os.makedirs(self.at(folder))
        for index, name in enumerate(name for name in PICTURES if "soft" not in name and "hard" not in name):
            if name.endswith(".jpg"):
                shutil.copy(os.path.join(ROOT, "Tests/Fixtures/photos/cat.jpg"), self.at(name))
            elif "./" not in name and ".." not in name:
                make = ppm if name.endswith(".ppm") else png
                self.write(name, make(12 + index, 9, index))
        for index in range(3):
            self.write("photos/%d.png" % index, png(10 + index, 10, 3 * index))
        self.write("M.safetensors", MODEL)
        self.write("list.tsv", b"a.png\t0\nx/p.png\t1\nphotos/0.png\t2\t1\t1\t5\t5\n")
        self.write("teach.tsv", b"a.png\tu\nx/p.png\tv\nphotos/0.png\tu\nphotos/1.png\tv\nphotos/2.png\tu\n")
        self.write("chosen.txt", b"a.png\nx/p.png\nphotos/0.png\n")
        self.write("index.json", b'{"weight_map": {"w": "foreign.safetensors"}}')
        self.write("labels.txt", b"a\nb\nc\nd\ne\n")
        self.write("notes", b"Not to be lost.\n")
        self.write("notes.txt", b"Nor this.\n")
        self.write("foreign.json", b'{"images": [{"id": 1}]}\n')
        self.write("foreign.jsonl", b'{"answer": 1}\n{"answer": 2}\n')
        self.write("foreign.safetensors", safetensors({"format": "pt"}, {"w": ("F32", [1], b"\0\0\0\0")}))
        self.write("page.html", b"<!DOCTYPE html>\n<html><body>Mine.</body></html>\n")
        self.write("foreign.png", png(5, 5, 77))
        self.write("out/a.png", png(6, 5, 78))
        self.write("a-explained.png", png(7, 5, 79))
        self.write("foreign.jpg", open(os.path.join(ROOT, "Tests/Fixtures/photos/espresso.jpg"), "rb").read())
        self.write("out/foreign.ppm", ppm(4, 4, 80))
        self.write("foreign.ttame-tmp", b"Only its name looks like one.\n")
        self.write("readonly.png", png(8, 5, 81))
        self.write("empty.png", b"")
        os.chmod(self.at("readonly.png"), 0o444)
        for name, target in [
            ("soft.png", "a.png"), ("model-link", "M.safetensors"), ("link-to-notes", "notes"), ("to-out", "out"),
            ("dangling.png", "x/target.png"), ("loop.png", "loop.png"),
        ]:
            os.symlink(target, self.at(name))
        for name, target in [("hard.png", "a.png"), ("hard-model", "M.safetensors"), ("hard-notes.png", "notes")]:
            os.link(self.at(target), self.at(name))
        # The model has a form of ours.
        self.foreign = set(self.contents().values()) - {digest(b""), digest(MODEL)}

    def at(self, name):
        return os.path.join(self.path, name)

    def write(self, name, data):
        with open(self.at(name), "wb") as file:
            file.write(data)

    def contents(self):
        """A digest of every regular file by its path from the folder; links not followed."""
        result = {}
        for folder, _, names in os.walk(self.path):
            for name in names:
                path = os.path.join(folder, name)
                if os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    result[os.path.relpath(path, self.path)] = digest(file.read())
        return result

    def real(self, name):
        """The path from the folder that a name leads to, links followed."""
        return os.path.relpath(os.path.realpath(self.at(name)), os.path.realpath(self.path))

    def identity(self, name):
        try:
            status = os.stat(self.at(name))
        except OSError:
            return None
        return (status.st_dev, status.st_ino)

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def digest(data):
    return hashlib.sha1(data).hexdigest()


def kind(path):
    """What a file is, by its content."""
    with open(path, "rb") as file:
        start = file.read(1 << 16)
    if not start:
        return "empty"
    if start.startswith(b"\x89PNG") or start.startswith(b"\xff\xd8") or start[:2] in (b"P5", b"P6"):
        return "picture"
    if start.startswith(b"<!DOCTYPE"):
        return "page"
    if start.startswith(b"{"):
        return "json"
    if len(start) > 8 and start[8:9] == b"{":
        header = start[8:]
        if b'"training"' in header and b"velocity." in header:
            return "checkpoint"
        if b'"taught_features"' in header:
            return "features"
        return "numbers" if b"ttame-lite raw" in header else "model"
    return "other"


# ---- Command lines --------------------------------------------------------------------------------------------


class Line:
    """A command line, and what each of its words means."""

    def __init__(self, workshop, made):
        self.workshop, self.random = workshop, workshop.random
        self.inputs, self.outputs, self.folders = [], [], []
        self.force = False
        self.standard_input, self.appended = None, None
        # Files that earlier commands made are the most interesting ones.
        self.made = made
        self.positionals = []
        commands = {
            "explain": (self.explain, 10), "classify": (self.classify, 3), "evaluate": (self.evaluate, 4),
            "train": (self.train, 4), "teach": (self.teach, 3), "import": (self.importing, 2), "bench": (self.bench, 1), "info": (self.info, 1),
        }
        command = self.pick([(name, weight) for name, (_, weight) in commands.items()])
        groups = commands[command][0]()
        self.random.shuffle(groups)
        at = len(groups) if self.chance(0.15) else self.random.randrange(len(groups) + 1)
        # A lone -- stands in front of what are no options, whatever they begin with.
        dashes = ["--"] if at == len(groups) and self.chance(0.5) else []
        words = [groups[:at], [dashes + self.positionals], groups[at:]]
        self.words = [command] + [word for part in words for group in part for word in group]
        if self.chance(0.2):
            self.standard_input = self.choose(PICTURES[:6] + FOREIGN[:3])
            if command in ("explain", "classify") and (not self.positionals or "-" in self.positionals):
                self.inputs.append(self.standard_input)
        if self.chance(0.15):
            self.appended = self.choose(PICTURES[:8] + MODELS + FOREIGN[:8] + NEW[:4])

    def chance(self, share):
        return self.random.random() < share

    def choose(self, names):
        return self.random.choice(names)

    def pick(self, weighted):
        return self.random.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]

    def anything(self):
        pools = [(PICTURES, 4), (FOREIGN, 4), (NEW, 6), (MODELS, 2), (FOLDERS, 2), (self.made or NEW, 6)]
        return self.choose(self.random.choices([p for p, _ in pools], [w for _, w in pools])[0])

    def picture(self):
        return self.choose(PICTURES * 3 + self.made + ["missing.png", "notes.txt", "foreign.png"])

    def pictures(self, least, most):
        for _ in range(self.random.randint(least, most)):
            self.positional("-" if self.chance(0.05) else self.picture())
        return []

    def positional(self, name):
        self.inputs.append(name)
        self.positionals.append(name)

    def model(self):
        name = self.choose(MODELS) if self.chance(0.9) else self.anything()
        self.inputs.append(name)
        return [["--model", name]]

    def output(self, option, kind, share, names=None):
        """An output option, perhaps."""
        if not self.chance(share):
            return []
        name = self.choose(names) if names and self.chance(0.7) else self.anything()
        self.outputs.append((name, kind))
        if option.startswith("--") and self.chance(0.3):
            return [[option + "=" + name]]
        return [[option, name]]

    def json(self):
        how = self.random.random()
        if how < 0.5:
            return []
        if how < 0.65:
            return [["--json"]]
        if how < 0.75:
            # The old form: the name is an input now, or the line is refused.
            name = self.anything()
            self.inputs.append(name)
            return [["--json", name]]
        name = self.choose(["new.jsonl", "new2.json"]) if self.chance(0.5) else self.anything()
        self.outputs.append((name, "json"))
        return [self.choose([["--json=" + name], ["--json-file", name], ["--json-file=" + name]])]

    def overwriting(self):
        self.force = self.chance(0.25)
        return [["--force"]] if self.force else []

    def options(self, *choices):
        return [list(choice) for choice, share in choices if self.chance(share)]

    def selection(self):
        groups = self.options((["--shard", self.choose(["1/2", "2/2", "3/2"])], 0.1))
        if self.chance(0.15):
            name = self.choose(["chosen.txt", "chosen.txt", "list.tsv", self.anything()])
            self.inputs.append(name)
            if name == "chosen.txt":
                self.inputs += ["a.png", "x/p.png", "photos/0.png"]
            groups.append(["--files-from", name])
        return groups

    def explain(self):
        groups = self.pictures(0 if self.chance(0.1) else 1, 3) + self.selection() + self.model() + self.json() + self.overwriting()
        groups += self.output("--raw", "numbers", 0.2, ["new.safetensors", "out/"])
        if self.chance(0.7):
            name = self.choose(FOLDERS + ["-", "new.png", "new.jpg"]) if self.chance(0.6) else self.anything()
            self.outputs.append((name, "picture"))
            groups.append(self.choose([["-o", name], ["--output", name], ["--output=" + name]]))
        else:
            self.folders.append(".")
        return groups + self.options(
            (["--style", self.choose(["overlay", "heatmap", "mask", "masked", "panel"])], 0.4),
            (["--top", self.choose(["1", "2", "3", "0"])], 0.15),
            (["--class", self.choose(["a", "3", "b"])], 0.15),
            (["--format", self.choose(["png", "jpg", "ppm", "pgm"])], 0.1), (["--tree"], 0.1),
            (["--skip-existing"], 0.1), (["-q"], 0.3), (["--trust"], 0.1), (["--size", "crop"], 0.1),
            (["--method", self.choose(["gradcam", "centre", "reciprocam", "smoothgrad", "sobel"])], 0.1),
            (["--threads", "1"], 0.2))

    def classify(self):
        groups = self.pictures(0 if self.chance(0.1) else 1, 3) + self.selection() + self.model() + self.json() + self.overwriting()
        return groups + self.options((["--top", "2"], 0.3), (["--threshold", "0.5"], 0.2), (["--skip-existing"], 0.15))

    def data(self, option="--data"):
        name = self.choose(["list.tsv", "list.tsv", "photos", "photos/", "x"]) if self.chance(0.9) else self.anything()
        self.inputs += [name, "a.png", "x/p.png", "photos/0.png"] if name == "list.tsv" else [name]
        if os.path.isdir(self.workshop.at(name)):
            for folder, _, names in os.walk(self.workshop.at(name)):
                # Of a folder its pictures are read and nothing else.
                pictures = [os.path.join(folder, n) for n in names if n.lower().endswith((".png", ".jpg", ".ppm"))]
                self.inputs += [os.path.relpath(p, self.workshop.path) for p in pictures if not is_left_out(p)]
        return [[option, name]]

    def evaluate(self):
        groups = self.data() + self.model() + self.json() + self.overwriting()
        groups += self.output("--log", "json", 0.4, ["new.jsonl", "log"])
        groups += self.output("--report", "page", 0.4, ["new.html"])
        groups.append(["--metrics", self.choose(["accuracy", "ad", "ad,ic", "accuracy,ad,pointing", "iou,adcc", "saco,patch-deletion"])])
        return groups + self.options((["--method", "gradcam,centre"], 0.2))

    def train(self):
        groups = self.data() + self.model() + self.overwriting()
        groups += [["--batch", self.choose(["1", "2"])], ["--epochs", "1"]]
        name = self.choose(["N", "N", "new.safetensors"]) if self.chance(0.6) else self.anything()
        self.outputs.append((name, "model"))
        groups.append(["-o", name])
        checkpoint = self.output("--checkpoint", "checkpoint", 0.4, ["K", "N.checkpoint"])
        if not checkpoint:
            self.outputs.append((name + ".checkpoint", "checkpoint"))
        groups += checkpoint + self.output("--log", "json", 0.4, ["new.jsonl", "log", "-"])
        groups += self.output("--curves", "picture", 0.4, ["c.png", "c.jpg", "c.gif"])
        if self.chance(0.2):
            groups += self.data("--validation")
        return groups + self.options((["--resume"], 0.4), (["--save-every", "1"], 0.4), (["--init", "random"], 0.5))

    def teach(self):
        if self.chance(0.6):
            self.inputs += ["teach.tsv", "a.png", "x/p.png"] + ["photos/%d.png" % i for i in range(3)]
            self.positionals.append("teach.tsv")
        else:
            self.positionals.append(self.data()[0][1])
        groups = self.model() + self.json() + self.overwriting() + [["--no-head"]]
        name = self.choose(["N", "N", "new.safetensors"]) if self.chance(0.6) else self.anything()
        self.outputs.append((name, "model"))
        groups.append(["-o", name])
        features = self.output("--features", "features", 0.4, ["F", "N.features"])
        if not features:
            self.outputs.append((name + ".teach-features", "features"))
        groups += features + self.output("--report", "page", 0.4, ["new.html"])
        if self.chance(0.2):
            groups += self.data("--validation")
        return groups + self.options((["--resume"], 0.4), (["--views", "2"], 0.2), (["--multi-label"], 0.2),
            (["--unfreeze", "last"], 0.1))

    def importing(self):
        weights = ["foreign.safetensors", "index.json", "M.safetensors", "N"]
        name = self.choose(weights) if self.chance(0.8) else self.anything()
        self.positional(name)
        if name == "index.json":
            self.inputs.append("foreign.safetensors")
        groups = self.json() + self.overwriting() + self.output("-o", "model", 1, ["new.safetensors"])
        for option in ["--labels", "--head", "--auxiliary"]:
            if self.chance(0.3):
                value = self.choose(["labels.txt", "N.checkpoint", "foreign.safetensors", self.anything()])
                self.inputs.append(value)
                groups.append([option, value])
        if self.chance(0.2):
            groups += self.data("--check")
        return groups + self.options(
            (["--preset", self.choose(["torchvision", "yolo", "caffe"])], 0.2), (["--layers", "a,b"], 0.1),
            (["--float-layers", "*"], 0.2), (["--label-offset", "1"], 0.1), (["--probabilities", "sigmoid"], 0.2))

    def bench(self):
        groups = self.json() + self.overwriting()
        if self.chance(0.7):
            return groups + self.model() + [["--only", self.choose(["classify", "explain"])], ["--seconds", "0"]]
        if self.chance(0.5):
            name = self.anything()
            self.inputs.append(name)
            groups.append(["--compare", name])
        return groups + [["--kernels", "softmax reference"], ["--rounds", "1"]]

    def info(self):
        self.positional(self.choose(MODELS + ["foreign.safetensors"]))
        return self.options((["--labels"], 0.3), (["--verify"], 0.3), (["--nodes"], 0.3))

    def text(self):
        quoted = " ".join(quote(word) for word in ["ttame-lite"] + self.words)
        return quoted + (" < " + quote(self.standard_input) if self.standard_input else "") + (
            " >> " + quote(self.appended) if self.appended else "")


def quote(word):
    if re.fullmatch(r"[A-Za-z0-9_./=,:@%+-]+", word):
        return word
    shown = word.encode("utf-8", "surrogateescape")
    if all(32 <= byte < 127 for byte in shown):
        return "'" + word.replace("'", "'\\''") + "'"
    return "$'" + "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else "\\x%02x" % b for b in shown) + "'"


# ---- One command ----------------------------------------------------------------------------------------------


def run(workshop, line):
    """Runs a command and checks the promises; returns its status."""
    before = workshop.contents()
    kinds = {name: kind(workshop.at(name)) for name in before}
    identities = {workshop.identity(name) for name in line.inputs} - {None}
    inputs = {name for name in before if workshop.identity(name) in identities}
    # JSON is written in place, so that all names of its file see it.
    outputs = {workshop.identity(name) for name, _ in line.outputs} - {None}
    named = {workshop.real(name) for name, _ in line.outputs}
    named |= {name for name in before if workshop.identity(name) in outputs}
    folders = [workshop.real(name) for name, _ in line.outputs] + line.folders
    # Names that would be too long are cut.
    stems = [os.path.splitext(name)[0] for name, _ in line.outputs]
    stems = [os.path.normpath(os.path.join(workshop.real(os.path.dirname(s)), os.path.basename(s))) for s in stems]
    stems = [stem[:200] if len(stem) > 200 else stem + "-" for stem in stems]
    appended = {workshop.real(line.appended)} if line.appended else set()
    if line.appended:
        appended |= {name for name in before if workshop.identity(name) == workshop.identity(line.appended)}
    environment = dict(os.environ, TTAME_WEIGHTS=workshop.path)
    standard_input, standard_output = subprocess.DEVNULL, subprocess.PIPE
    if line.standard_input and os.path.exists(workshop.at(line.standard_input)):
        standard_input = open(workshop.at(line.standard_input), "rb")
    if line.appended and not os.path.isdir(workshop.at(line.appended)):
        standard_output = open(workshop.at(line.appended), "ab")
    try:
        process = subprocess.run(
            [workshop.binary] + [os.fsencode(word) for word in line.words], cwd=workshop.path,
            stdin=standard_input, stdout=standard_output, stderr=subprocess.PIPE, env=environment, timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        raise Finding("takes more than %d s" % TIME_LIMIT)
    finally:
        for stream in [standard_input, standard_output]:
            if not isinstance(stream, int):
                stream.close()
    error = process.stderr.decode("utf-8", "surrogateescape")
    status = process.returncode
    if status not in STATUSES:
        raise Finding("status %d: %s" % (status, error[:500]))
    if status != 0 and "ttame-lite: " not in error:
        raise Finding("status %d without a message: %s" % (status, error[:500]))
    if any(ord(c) < 32 and c not in "\n" or ord(c) == 127 for c in error):
        raise Finding("a control character in %r" % error[:500])
    # A line or two for each picture of the largest folder.
    if error.count("\n") > 200:
        raise Finding("%d lines of messages" % error.count("\n"))
    after = workshop.contents()

    def is_made_up(name):
        """Whether an output of the line may have this name."""
        if name in named:
            return True
        folder, base = os.path.split(name)
        if "." in line.folders and folder == "" and "-explained" in base:
            return True
        for other in folders:
            if other != "." and name.startswith(other.rstrip("/") + "/") and os.path.isdir(workshop.at(other)):
                return True
        if any(workshop.real(n) == "." for n, _ in line.outputs) and folder == "":
            return True
        if "--tree" in line.words and any(os.path.isdir(workshop.at(n)) for n, _ in line.outputs):
            return True
        return any(name.startswith(stem) for stem in stems)

    for name, content in before.items():
        now = after.get(name)
        if now == content:
            continue
        if name in appended and name not in inputs:
            continue
        what = "is gone" if now is None else "has changed"
        if name in inputs:
            raise Finding("the input %r %s" % (name, what))
        if now is None and name.endswith(".teach-features") and line.words[0] == "teach":
            continue
        if now is None:
            raise Finding("%r is gone" % name)
        if not is_made_up(name):
            raise Finding("%r has changed, and no output is called so" % name)
        if content in workshop.foreign and not line.force:
            raise Finding("%r is not ours and has changed without --force" % name)
        changed = kind(workshop.at(name))
        # A run without answers leaves no lines.
        is_emptied = changed == "empty" and kinds[name] == "json"
        if not line.force and kinds[name] != "empty" and changed != kinds[name] and not is_emptied:
            raise Finding("%r was %s and is %s, without --force" % (name, kinds[name], changed))
    for name in after:
        if name in before or name in appended:
            continue
        if not is_made_up(name):
            raise Finding("%r is new, and no output is called so" % name)
        if re.search(r"\.[0-9a-f]{16}\.ttame-tmp$", name):
            raise Finding("%r is left" % name)
    # What has its picture already gives nothing else either.
    if status == 0 and "--skip-existing" not in line.words:
        check_outputs(workshop, line)
    return status


def check_outputs(workshop, line):
    labelled = any(word in line.words for word in ["--top", "--class"])
    # A part of few images, or an empty list, may hold no image, and then nothing is written.
    if line.words[0] == "explain" and any(word in line.words for word in ["--shard", "--files-from"]):
        return
    for name, expected in line.outputs:
        path = workshop.at(name)
        if name == "-" or os.path.isdir(path) or name.endswith("/"):
            continue
        if not os.path.exists(path):
            # It is the beginning of the pictures' names, or a folder for them.
            is_beginning = expected == "picture" and line.words[0] == "explain"
            if is_beginning and (labelled or len(line.positionals) > 1) or name.endswith((".checkpoint", ".teach-features")):
                continue
            raise Finding("status 0, but there is no %r" % name)
        # Without maps there are no lines about them.
        may_be_empty = expected == "json" and line.words[0] != "explain"
        if kind(path) not in ([expected, "empty"] if may_be_empty else [expected]) and not labelled:
            raise Finding("status 0, but %r is %s and not %s" % (name, kind(path), expected))


def round_of(binary, seed, number, says):
    """Runs a round; returns how many commands there were of each status."""
    generator = random.Random("%d/%d" % (seed, number))
    workshop = Workshop(binary, generator)
    counts, original = {}, set(workshop.contents())
    try:
        for index in range(COMMANDS_A_ROUND):
            made = sorted(set(workshop.contents()) - original)
            line = Line(workshop, made)
            if says:
                print("%3d  %s" % (index, line.text()), flush=True)
            try:
                status = run(workshop, line)
            except Finding as finding:
                folder = workshop.path
                workshop.path = None
                print("FOUND: %s\n  %s\n  in %s (command %d)" % (finding, line.text(), folder, index))
                print("  again: Tools/fuzz-commands.py --seed %d --round %d" % (seed, number), flush=True)
                return None
            counts[status] = counts.get(status, 0) + 1
            if says:
                print("     -> %d" % status, flush=True)
    finally:
        if workshop.path:
            workshop.remove()
    return counts


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    # Absolute, as commands run in other folders.
    parser.add_argument("--binary", type=os.path.abspath, default=os.path.join(ROOT, ".build/release/ttame-lite"))
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--round", type=int)
    options = parser.parse_args()
    if options.round is not None:
        sys.exit(round_of(options.binary, options.seed, options.round, says=True) is None)
    if options.jobs > 1:
        arguments = [sys.executable, __file__, "--binary", options.binary, "--seconds", str(options.seconds)]
        jobs = [subprocess.Popen(arguments + ["--seed", str(options.seed + job)]) for job in range(options.jobs)]
        sys.exit(max(job.wait() for job in jobs))
    end, number, total = time.monotonic() + options.seconds, 0, {}
    while time.monotonic() < end:
        counts = round_of(options.binary, options.seed, number, says=False)
        if counts is None:
            sys.exit(1)
        for status, count in counts.items():
            total[status] = total.get(status, 0) + count
        number += 1
    statuses = ", ".join("%d: %d" % item for item in sorted(total.items()))
    print("seed %d: %d command lines, nothing found (by status %s)" % (options.seed, sum(total.values()), statuses))


MODEL = tiny_model()

if __name__ == "__main__":
    main()
