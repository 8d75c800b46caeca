#!/usr/bin/env python3
"""Counts which image classifiers of torchvision and timm `ttame-lite import` takes as ONNX, and compares their logits with
onnxruntime's.

Torchvision: every constructor of up to 100 million parameters. timm: fifty of its models of up to 100 million parameters,
drawn with SEED. Both of PyTorch's exporters write them, with opset 18 and random weights, BatchNorm statistics and scales.

  survey.py export CACHE    exports the graphs that CACHE lacks
  survey.py import CACHE    imports them with weights of zero: which nodes are refused
  survey.py run CACHE       imports, classifies and compares those that have not agreed yet
  survey.py table CACHE     writes Markdown: a line for each network, and what is missing for the rest

An exported file is cut to its graph at once: CACHE, a folder outside the repository, keeps the mean and the deviation of
each large tensor, and `run` draws its values again, the same each time. One thread is used; start it with `nice`.
Needs torch, torchvision, timm, onnx, onnxscript, onnxruntime and Pillow in an environment of their own.
"""
import argparse
import collections
import json
import multiprocessing
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import warnings
import zlib

os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import onnx

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PHOTO = os.path.join(ROOT, "Tests", "Fixtures", "photos", "espresso.jpg")
EXPORTERS = {"torchscript": False, "dynamo": True}
OPSET, SEED, DRAWN, LARGEST = 18, 20, 50, 100_000_000
# Seconds for one export or one command.
PATIENCE = 900
# Elements of the largest tensor that the cache keeps as it is.
KEPT = 16_384
FLOAT_LIMIT, COSINE_LIMIT = 1e-3, 0.99


# Networks

def torchvision_names():
    import torchvision

    for name in sorted(torchvision.models.list_models(module=torchvision.models)):
        if torchvision.models.get_model_weights(name).DEFAULT.meta["num_params"] <= LARGEST:
            yield name


def torchvision_options(name):
    # As the published weights of these two are loaded.
    return {"transform_input": True, "init_weights": False} if name in ("googlenet", "inception_v3") else {}


def timm_names():
    import timm

    names = timm.list_models()
    random.Random(SEED).shuffle(names)
    drawn = []
    for name in names:
        if timm_parameters(name) <= LARGEST:
            drawn.append(name)
        if len(drawn) == DRAWN:
            return sorted(drawn)


def timm_parameters(name):
    import timm
    import torch

    try:
        # Without memory, where the network can be built so.
        with torch.device("meta"):
            return parameters(timm.create_model(name, num_classes=1000))
    except (NotImplementedError, RuntimeError):
        return parameters(timm.create_model(name, num_classes=1000))


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


def created(library, name):
    """The network with random weights, and the side of its input."""
    import torch

    torch.manual_seed(zlib.crc32(name.encode()))
    if library == "timm":
        import timm

        network = timm.create_model(name, num_classes=1000)
        side = network.default_cfg["input_size"][1]
    else:
        import torchvision

        network = torchvision.models.get_model(name, weights=None, **torchvision_options(name))
        side = 299 if name == "inception_v3" else 256 if "swin_v2" in name else 224
    randomise(network)
    return network.eval(), side


def randomise(network):
    """Statistics, scales and shifts as training leaves them: what is all 0, all 1 or all alike teaches nothing."""
    import torch

    for layer in network.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
            layer.running_mean.normal_(0, 0.3), layer.running_var.uniform_(0.5, 1.5)
    for parameter in network.parameters():
        values = parameter.data
        if values.numel() > 1 and bool((values == values.flatten()[0]).all()):
            first = float(values.flatten()[0])
            if first == 0:
                values.normal_(0, 0.1)
            elif first == 1:
                values.uniform_(0.7, 1.3)
            else:
                values.uniform_(0.1, 0.5)


# Graphs

def export(library, name, exporter, folder):
    import torch

    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    network, side = created(library, name)
    path = os.path.join(folder, "exported.onnx")
    torch.onnx.export(
        network, (torch.randn(1, 3, side, side),), path, opset_version=OPSET, dynamo=EXPORTERS[exporter],
        **({"verbose": False} if EXPORTERS[exporter] else {}))
    model = onnx.load(path)
    kept = cut(model)
    onnx.save(model, os.path.join(folder, "graph.onnx"))
    size = os.path.getsize(path) + sum(
        os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder) if file.endswith(".data"))
    facts = {"parameters": parameters(network), "side": side, "tensors": kept, "bytes": size}
    with open(os.path.join(folder, "facts.json"), "w") as file:
        json.dump(facts, file)
    for file in os.listdir(folder):
        if file not in ("graph.onnx", "facts.json"):
            os.remove(os.path.join(folder, file))


def cut(model):
    """Points large random tensors to a file that is to be filled; returns offset, count, mean and deviation of each."""
    kept, offset = [], 0
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) <= KEPT:
            continue
        values = onnx.numpy_helper.to_array(tensor).ravel()
        # Masks and tables have values that repeat.
        if len(np.unique(values[:KEPT])) < KEPT / 2:
            continue
        kept.append([tensor.name, offset, len(values), float(values.mean()), float(values.std())])
        for field in ("raw_data", "float_data"):
            tensor.ClearField(field)
        del tensor.external_data[:]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        for key, value in (("location", "weights.bin"), ("offset", offset), ("length", 4 * len(values))):
            tensor.external_data.add(key=key, value=str(value))
        offset += 4 * len(values)
    return kept


def fill(folder, facts, is_random):
    with open(os.path.join(folder, "weights.bin"), "wb") as file:
        for name, offset, count, mean, deviation in facts["tensors"]:
            if is_random:
                generator = np.random.default_rng(zlib.crc32(name.encode()))
                values = generator.standard_normal(count, np.float32) * np.float32(deviation) + np.float32(mean)
                file.write(values.tobytes())
            else:
                file.truncate(offset + 4 * count)


# Logits

def picture(side):
    """The middle of a photograph, and the tensor that torchvision's preprocessing makes of it."""
    from PIL import Image

    with Image.open(PHOTO) as photo:
        least = min(photo.size)
        left, top = (photo.width - least) // 2, (photo.height - least) // 2
        image = photo.convert("RGB").crop((left, top, left + least, top + least)).resize((side, side), Image.BICUBIC)
    pixels = np.asarray(image, np.float64) / 255
    normalised = (pixels - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    return image, np.ascontiguousarray(normalised.transpose(2, 0, 1)[None], np.float32)


def reference(path, side):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: picture(side)[1]})[0].ravel()


def tensors(path):
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[slice(*tensor["data_offsets"])], np.float32)
        for name, tensor in header.items() if tensor["dtype"] == "F32"
    }


class Refusal(Exception):
    pass


def command(*arguments):
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise Refusal(f"{os.path.basename(arguments[0])} {arguments[1]} takes longer than {PATIENCE} seconds")
    if done.returncode:
        lines = (done.stderr.strip() or f"status {done.returncode}").split("\n")
        raise Refusal(lines[-1].replace(os.path.dirname(arguments[2]) + "/", ""))


def compared(binary, folder, facts, expected):
    """Errors of the logits in Float and int8; expected logits are found once."""
    side, path = facts["side"], os.path.join(folder, "graph.onnx")
    picture(side)[0].save(os.path.join(folder, "x.png"))
    result = {}
    for precision in ("float32", "int8"):
        start = time.time()
        model, raw = os.path.join(folder, "m.safetensors"), os.path.join(folder, "raw.safetensors")
        command(binary, "import", path, "-o", model, "--precision", precision, "--resize", str(side), "--force")
        result[f"{precision} seconds"] = round(time.time() - start, 2)
        command(
            binary, "explain", os.path.join(folder, "x.png"), "--model", model, "--method", "centre", "--raw", raw,
            "-o", os.path.join(folder, "map.png"), "--force", "--threads", "1")
        found = tensors(raw)["logits"].ravel()
        if expected is None:
            expected = reference(path, side)
        if found.shape != expected.shape:
            raise Refusal(f"{len(found)} logits, expected {len(expected)}")
        error = float(np.abs(found - expected).max() / np.abs(expected).max())
        a, b = found.astype(np.float64), expected.astype(np.float64)
        cosine = float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
        result[precision] = {"error": error, "cosine": cosine}
    return result, expected


def agrees(result):
    return "float32" in result and result["float32"]["error"] <= FLOAT_LIMIT and result["int8"]["cosine"] >= COSINE_LIMIT


# The survey

class Survey:
    def __init__(self, arguments):
        self.cache, self.binary = os.path.abspath(arguments.cache), os.path.abspath(arguments.binary)
        self.only, self.again, self.exporters = arguments.only, arguments.again, arguments.exporter or list(EXPORTERS)
        os.makedirs(self.cache, exist_ok=True)

    def result(self, key):
        path = os.path.join(self.cache, key, "result.json")
        if not os.path.exists(path):
            return {}
        with open(path) as file:
            return json.load(file)

    def save(self, key, result):
        with open(os.path.join(self.cache, key, "result.json"), "w") as file:
            json.dump(result, file)

    def networks(self):
        """Library and name of each network."""
        path = os.path.join(self.cache, "networks.json")
        if not os.path.exists(path):
            names = [["torchvision", name] for name in torchvision_names()] + [["timm", name] for name in timm_names()]
            with open(path, "w") as file:
                json.dump(names, file)
        with open(path) as file:
            return [(library, name) for library, name in json.load(file)]

    def cases(self):
        """Key and folder of each graph."""
        for exporter in self.exporters:
            for library, name in self.networks():
                key = f"{library}/{name}/{exporter}"
                if re.search(self.only, key):
                    yield library, name, exporter, key, os.path.join(self.cache, key)

    def export(self):
        import torch  # noqa: F401, once for all children

        context = multiprocessing.get_context("fork")
        for library, name, exporter, key, folder in self.cases():
            if os.path.exists(os.path.join(folder, "facts.json")) or ("export" in self.result(key) and not self.again):
                continue
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            start = time.time()
            child = context.Process(target=quietly, args=(library, name, exporter, folder))
            child.start()
            child.join(PATIENCE)
            if child.is_alive():
                child.kill()
                child.join()
            if child.exitcode:
                error = os.path.join(folder, "error")
                text = open(error).read() if os.path.exists(error) else "too long or out of memory"
                shutil.rmtree(folder)
                os.makedirs(folder)
                self.save(key, {"export": text})
            print(f"{time.time() - start:6.1f} s  {key}", self.result(key).get("export", ""), flush=True)

    def run(self, has_weights):
        for _, _, _, key, folder in self.cases():
            if not os.path.exists(os.path.join(folder, "facts.json")):
                continue
            if agrees(self.result(key)) and not self.again:
                continue
            with open(os.path.join(folder, "facts.json")) as file:
                facts = json.load(file)
            with tempfile.TemporaryDirectory() as scratch:
                shutil.copy(os.path.join(folder, "graph.onnx"), scratch)
                fill(scratch, facts, False)
                try:
                    path = os.path.join(scratch, "graph.onnx")
                    # Refused as soon with weights of zero, which take no time.
                    command(self.binary, "import", path, "-o", os.path.join(scratch, "m"), "--precision", "float32")
                    result = {"imports": True}
                    if has_weights:
                        fill(scratch, facts, True)
                        stored = os.path.join(folder, "expected.npy")
                        expected = np.load(stored) if os.path.exists(stored) else None
                        result, expected = compared(self.binary, scratch, facts, expected)
                        np.save(stored, expected)
                except Refusal as refusal:
                    result = {"refused": str(refusal)}
            self.save(key, result)
            print(key, json.dumps(result), flush=True)
        self.count()

    def count(self):
        """What is refused, by operator and reason."""
        reasons = collections.Counter()
        examples = {}
        for _, _, _, key, _ in self.cases():
            refused = self.result(key).get("refused")
            if refused:
                reason = missing(refused)
                reasons[reason] += 1
                examples.setdefault(reason, key)
        for reason, count in reasons.most_common():
            print(f"{count:4}  {reason}  ({examples[reason]})")

    def table(self):
        libraries = collections.defaultdict(list)
        for library, name in self.networks():
            libraries[library].append(name)
        for library, names in libraries.items():
            print(f"| {library} | parameters | TorchScript: float32 | int8 | dynamo: float32 | int8 |")
            print("|---|---|---|---|---|---|")
            for name in names:
                cells = [name, self.millions(library, name)]
                for exporter in EXPORTERS:
                    result = self.result(f"{library}/{name}/{exporter}")
                    if "float32" in result:
                        cells += [f"{result['float32']['error']:.1e}", f"{result['int8']['cosine']:.5f}"]
                    else:
                        cells += ["not exported" if "export" in result else "no", ""]
                print(f"| {' | '.join(cells)} |")
            print()
        for library, names in libraries.items():
            for exporter in EXPORTERS:
                keys = [f"{library}/{name}/{exporter}" for name in names]
                good = sum(agrees(self.result(key)) for key in keys)
                exported = sum("export" not in self.result(key) for key in keys)
                print(f"{library}, {exporter}: {good} of {exported} agree")
        print("\n| not imported | what is missing |\n|---|---|")
        for library, names in libraries.items():
            for name in names:
                reasons = []
                for exporter in EXPORTERS:
                    result = self.result(f"{library}/{name}/{exporter}")
                    reason = missing(result["refused"]) if "refused" in result else None
                    if reason and reason not in reasons:
                        reasons.append(reason)
                if reasons:
                    print(f"| {name} | {'; '.join(reasons)} |")

    def millions(self, library, name):
        for exporter in EXPORTERS:
            path = os.path.join(self.cache, library, name, exporter, "facts.json")
            if os.path.exists(path):
                with open(path) as file:
                    return f"{json.load(file)['parameters'] / 1e6:.1f} M"
        return ""


def missing(refusal):
    """A refusal without the names of its node and of files."""
    found = re.search(r"node (\S+) .*?: (?=[^:]*$)(.*)", refusal)
    return f"{found[1]}: {found[2]}" if found else refusal.removeprefix("ttame-lite: ").removeprefix("graph.onnx: ")


def quietly(library, name, exporter, folder):
    """In a process of its own, whose libraries write to nowhere."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1), os.dup2(null, 2)
        export(library, name, exporter, folder)
    except BaseException as error:
        with open(os.path.join(folder, "error"), "w") as file:
            line = str(error).strip().split("\n")[0].split("  [Caused")[0]
            file.write(f"{type(error).__name__}: {line[:200]}")
        os._exit(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["export", "import", "run", "table", "count"])
    parser.add_argument("cache", help="folder of graphs and results")
    parser.add_argument("--binary", default=os.path.join(ROOT, ".build", "release", "ttame-lite"))
    parser.add_argument("--exporter", action="append", choices=list(EXPORTERS))
    parser.add_argument("--only", default="", help="regular expression of LIBRARY/NETWORK/EXPORTER")
    parser.add_argument("--again", action="store_true", help="also what agreed, or was not exported")
    arguments = parser.parse_args()
    survey = Survey(arguments)
    if arguments.step == "export":
        survey.export()
    elif arguments.step == "table":
        survey.table()
    elif arguments.step == "count":
        survey.count()
    else:
        survey.run(has_weights=arguments.step == "run")


main()
