#!/usr/bin/env python3
"""Makes a safetensors file of a PyTorch checkpoint (.pth, .pt, .bin or Lightning's .ckpt).

usage: convert_checkpoint.py CHECKPOINT [-o OUTPUT.safetensors] [--prefix PREFIX]

A checkpoint is a pickle, which can run code when it is opened; ttame-lite never opens one. This script loads tensors alone
(torch.load with weights_only=True), and keeps the weights: no optimizer, no schedule. It needs torch 2.6 or later and
safetensors.

Checkpoints of T-TAME's reference implementation hold the attention mechanism and the classifier:
    convert_checkpoint.py resnet50_TTAME.ckpt -o head.safetensors
    ttame-lite import resnet50.safetensors --head head.safetensors -o MODEL.safetensors
"""
import argparse
import os
import pickle
import sys
import tempfile
import warnings
import zipfile

USAGE, BAD_DATA, NO_INPUT, NO_SOFTWARE, NO_OUTPUT = 64, 65, 66, 69, 73
# Before this version weights_only=True could be tricked into running code (CVE-2025-32434).
OLDEST_TORCH = (2, 6)
# Where training scripts put the weights.
CONTAINERS = ("state_dict", "model_state_dict", "model")
# Facts about the attention mechanism that `import --head` checks.
FACTS = ("attention_version", "model_name")


class Refused(Exception):
    """What is wrong, in one line, and the exit status."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def load(path, torch):
    """The checkpoint's contents: tensors in dictionaries and lists."""
    # Versions of torch differ in what they warn of, and none of it is about the weights.
    warnings.simplefilter("ignore")
    try:
        # Tensors stay in the file until they are read, where its format allows it.
        return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except OSError as error:
        raise Refused(NO_INPUT, f"{path}: {error.strerror or error}") from None
    except pickle.UnpicklingError as error:
        raise Refused(BAD_DATA, f"{path}: contains more than tensors and is not opened ({cause(error)}); "
                      "save only model.state_dict()") from None
    except Exception as error:                          # torch reports damaged files in many ways
        raise Refused(BAD_DATA, f"{path}: not a PyTorch checkpoint ({cause(error)})") from None


def cause(error):
    """The line of torch's explanation that says what was found."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if "GLOBAL" in line or "global" in line]
    return (telling or lines or [type(error).__name__])[0][:200]


def state_dict(checkpoint, path, torch):
    """The dictionary of tensors in a checkpoint."""
    for key in CONTAINERS:
        if isinstance(checkpoint, dict) and isinstance(checkpoint.get(key), dict):
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, dict) or not any(isinstance(value, torch.Tensor) for value in checkpoint.values()):
        raise Refused(BAD_DATA, f"{path}: holds no tensors by name, neither itself nor under {', '.join(CONTAINERS)}")
    return {str(name): value for name, value in checkpoint.items() if isinstance(value, torch.Tensor)}


def selected(tensors, prefix, path):
    """The tensors whose names start with `prefix`, without it."""
    found = {name[len(prefix):]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
    if not found:
        known = sorted({name.split(".")[0] for name in tensors})
        raise Refused(BAD_DATA, f"{path}: no tensor's name starts with {prefix}; names start with {', '.join(known[:8])}")
    return found


def storable(tensors, path, torch):
    """Dense tensors that share no memory; float64 becomes float32. Of a tensor under several names the shortest stays."""
    result, seen = {}, set()
    for name in sorted(tensors, key=lambda name: (len(name), name)):
        tensor = tensors[name].detach()
        if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_complex():
            raise Refused(BAD_DATA, f"{path}: tensor {name} is sparse, quantized or complex")
        place = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        if tensor.numel() > 0 and place in seen:
            continue
        seen.add(place)
        if tensor.dtype == torch.float64:
            tensor = tensor.float()
        result[name] = tensor.contiguous().clone()
    return result


def facts(checkpoint):
    """What Lightning kept of the arguments, as far as `import` asks for it."""
    parameters = checkpoint.get("hyper_parameters") if isinstance(checkpoint, dict) else None
    if not isinstance(parameters, dict):
        return {}
    return {key: parameters[key] for key in FACTS if isinstance(parameters.get(key), str)}


def write(tensors, metadata, output, save_file):
    """Writes beside the output and renames, so that no half file is left behind."""
    folder = os.path.dirname(os.path.abspath(output))
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
        os.close(handle)
        save_file(tensors, temporary, metadata)
        os.chmod(temporary, 0o666 & ~current_umask())
        os.replace(temporary, output)
    except OSError as error:
        if temporary and os.path.exists(temporary):
            os.unlink(temporary)
        raise Refused(NO_OUTPUT, f"{output}: {error.strerror or error}") from None


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def convert(path, output, prefix):
    if not os.path.exists(path):
        raise Refused(NO_INPUT, f"{path}: no such file")
    if os.path.exists(output) and os.path.samefile(path, output):
        raise Refused(USAGE, f"{output}: is the checkpoint itself")
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as error:
        raise Refused(NO_SOFTWARE, f"{error.name} is needed: pip install torch safetensors") from None
    version = tuple(int(part) for part in torch.__version__.split("+")[0].split(".")[:2])
    if version < OLDEST_TORCH:
        raise Refused(NO_SOFTWARE, f"torch {torch.__version__} cannot open checkpoints safely; 2.6 or later is needed")
    checkpoint = load(path, torch)
    tensors = storable(selected(state_dict(checkpoint, path, torch), prefix, path), path, torch)
    write(tensors, {"format": "pt"} | facts(checkpoint), output, save_file)
    print(f"{output}: {len(tensors)} tensors", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        description="Convert a PyTorch checkpoint to safetensors without running any code in it.")
    parser.add_argument("checkpoint", help=".pth, .pt, .bin or .ckpt")
    parser.add_argument("-o", "--output", help="default: the checkpoint's name with .safetensors")
    parser.add_argument("--prefix", default="", help="keep only tensors whose names start with this, and strip it")
    arguments = parser.parse_args()
    output = arguments.output or os.path.splitext(arguments.checkpoint)[0] + ".safetensors"
    try:
        convert(arguments.checkpoint, output, arguments.prefix)
    except Refused as error:
        print(f"convert_checkpoint: {error}", file=sys.stderr)
        sys.exit(error.status)


if __name__ == "__main__":
    main()
