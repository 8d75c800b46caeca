#!/usr/bin/env python3
"""Finds parts of the library that know a layer above their own, and imports that a module must not have.

Data flows one way, bytes, image, tensor, model, map, picture. Each folder of Sources/Explain is a layer; a file may name
the types of its own layer and of those before it in LAYERS. Folders in SPANS hold what belongs to several layers.

usage: check-layers.py              checks the sources
       check-layers.py --self-test  plants violations and expects to find them
"""
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

# From the lowest.
LAYERS = [
    "Text", "Random", "File", "Image", "Prediction", "Drawing", "Tensor", "ONNX", "Recipe", "Model", "Masking", "Head",
    "Import", "Engine", "Saliency", "Differentiation", "Methods", "Embedding", "Evaluation", "Training", "Teaching", "Benchmark", "Report",
]  # fmt: skip

# An operator's file holds all of the operator, from the graph to the gradient: to others it is of the first of these layers,
# and it may name the types of all up to the last.
SPANS = {"Operators": ("Model", "Differentiation")}

# What each module may import; the first part of a name counts.
IMPORTS = {
    "Kernels": {"CShim", "Glibc", "_Builtin_intrinsics", "KernelsSSE4", "KernelsAVX2", "KernelsAVXVNNI"}
    | {"KernelsAVX512VNNI", "KernelsAVX512BF16", "KernelsNEON", "KernelsDOTPROD", "KernelsI8MM"},
    "Explain": {"CDeflate", "CPNG", "CShim", "CTurboJPEG", "FoundationEssentials", "Glibc", "Kernels", "Synchronization"},
    "libttame": {"CTTAME", "Explain", "Glibc", "Synchronization"},
}

DECLARATION = re.compile(
    r"^(?:@\w+(?:\([^)]*\))? )*((?:\w+ )*)(?:struct|class|enum|protocol|actor|typealias) ([A-Z]\w*)", re.M)


def code(text):
    """The text without comments and literals."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r'"""(.*?)"""', '""', text, flags=re.S)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    return re.sub(r"//[^\n]*", "", text)


def swift_files(folder):
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(".swift"):
                yield os.path.join(path, name)


def lowest(layer):
    return LAYERS.index(SPANS.get(layer, (layer, layer))[0])


def highest(layer):
    return LAYERS.index(SPANS.get(layer, (layer, layer))[1])


def violations(root):
    found = []
    for module, allowed in IMPORTS.items():
        for path in swift_files(os.path.join(root, "Sources", module)):
            with open(path) as file:
                for name in re.findall(r"^(?:@\w+ )?(?:\w+ )?import (?:\w+ )?(\w+)", file.read(), re.M):
                    if name not in allowed:
                        found.append("%s: imports %s" % (os.path.relpath(path, root), name))
    library = os.path.join(root, "Sources", "Explain")
    layers, texts = {}, {}
    for path in swift_files(library):
        layer = os.path.relpath(path, library).split(os.sep)[0]
        if layer not in LAYERS and layer not in SPANS:
            found.append("%s: %s is no layer" % (os.path.relpath(path, root), layer))
            continue
        with open(path) as file:
            texts[path] = (layer, code(file.read()))
        for modifiers, name in DECLARATION.findall(texts[path][1]):
            if "private" not in modifiers:
                layers.setdefault(name, set()).add(layer)
    for path, (layer, text) in texts.items():
        for name in sorted(set(re.findall(r"\b[A-Z]\w*", text)) & layers.keys()):
            if min(map(lowest, layers[name])) > highest(layer):
                found.append("%s: names %s of %s" % (os.path.relpath(path, root), name, "".join(layers[name])))
    return found


def self_test():
    with tempfile.TemporaryDirectory() as root:
        def write(path, text):
            path = os.path.join(root, "Sources", path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)

        write("Kernels/Sum.swift", "import Foundation\n")
        write("Explain/Image/Image.swift", "// A Session\nlet text = \"Session\"\nfunc f(_ s: Session) {}\nstruct Image {}\n")
        write("Explain/Engine/Session.swift", "public final class Session {\n  let image: Image\n}\n")
        write("Explain/Other/File.swift", "\n")
        write("Explain/Operators/Add.swift", "struct Add {\n  let session: Session\n  let trainer: Trainer\n}\n")
        write("Explain/Model/Graph.swift", "let add: Add\n")
        write("Explain/Tensor/Tensor.swift", "let add: Add\n")
        write("Explain/Training/Trainer.swift", "struct Trainer {}\n")
        expected = [
            "Sources/Kernels/Sum.swift: imports Foundation",
            "Sources/Explain/Other/File.swift: Other is no layer",
            "Sources/Explain/Image/Image.swift: names Session of Engine",
            "Sources/Explain/Operators/Add.swift: names Trainer of Training",
            "Sources/Explain/Tensor/Tensor.swift: names Add of Operators",
        ]
        found = violations(root)
        if sorted(found) != sorted(expected):
            sys.exit("check-layers: the planted violations give %s" % found)


if sys.argv[1:] == ["--self-test"]:
    self_test()
elif sys.argv[1:]:
    sys.exit(__doc__.strip())
else:
    found = violations(ROOT)
    if found:
        sys.exit("\n".join("check-layers: " + line for line in found))
