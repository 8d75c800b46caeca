#!/usr/bin/env python3
"""Packs a folder into an OCI image of one layer, as a tar archive of an image layout.

usage: oci-image.py --root FOLDER --architecture amd64|arm64 --version 0.1.0 --revision COMMIT --epoch SECONDS --output FILE.tar
"""
import argparse
import datetime
import gzip
import hashlib
import io
import json
import os
import tarfile

ENTRYPOINT = "/usr/bin/ttame-lite"
# Where people mount the folder of their photographs.
FOLDER = "/work"


def add(archive, name, epoch, data=None):
    """Adds a file, or a folder without data, with nothing of the machine that packs it."""
    member = tarfile.TarInfo(name)
    member.mtime = epoch
    if data is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)
    else:
        program = name == ENTRYPOINT.lstrip("/")
        member.size, member.mode = len(data), 0o755 if program else 0o644
        archive.addfile(member, io.BytesIO(data))


def layer(root, epoch):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for folder, folders, files in os.walk(root):
            folders.sort()
            inside = os.path.relpath(folder, root)
            if inside != ".":
                add(archive, inside, epoch)
            for name in sorted(files):
                with open(os.path.join(folder, name), "rb") as file:
                    add(archive, os.path.normpath(os.path.join(inside, name)), epoch, file.read())
        add(archive, FOLDER.lstrip("/"), epoch)
    return buffer.getvalue()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    for option in ("root", "architecture", "version", "output"):
        parser.add_argument("--" + option, required=True)
    parser.add_argument("--revision", default="")
    parser.add_argument("--epoch", type=int, required=True)
    arguments = parser.parse_args()
    created = datetime.datetime.fromtimestamp(arguments.epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    blobs = {}

    def blob(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        blobs[digest] = data
        return {"mediaType": f"application/vnd.oci.image.{kind}", "digest": "sha256:" + digest, "size": len(data)}

    def document(content):
        return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()

    labels = {
        "org.opencontainers.image.created": created,
        "org.opencontainers.image.description": "Classifies images and shows where the classifier looked",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.title": "ttame-lite",
        "org.opencontainers.image.version": arguments.version,
    }
    if arguments.revision:
        labels["org.opencontainers.image.revision"] = arguments.revision
    platform = {"architecture": arguments.architecture, "os": "linux"}
    if arguments.architecture == "arm64":
        platform["variant"] = "v8"
    plain = layer(arguments.root, arguments.epoch)
    packed = blob(gzip.compress(plain, 9, mtime=0), "layer.v1.tar+gzip")
    config = blob(document(platform | {
        "created": created,
        "config": {"Entrypoint": [ENTRYPOINT], "WorkingDir": FOLDER, "Env": ["PATH=/usr/bin"], "Labels": labels},
        "history": [{"created": created, "created_by": "ttame-lite: make dist"}],
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(plain).hexdigest()]},
    }), "config.v1+json")
    manifest = blob(document({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
        "layers": [packed], "annotations": labels,
    }), "manifest.v1+json")
    # Docker names a loaded image by the first annotation, others by the second.
    names = {"io.containerd.image.name": f"docker.io/library/ttame-lite:{arguments.version}",
             "org.opencontainers.image.ref.name": arguments.version}
    index = document({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                      "manifests": [manifest | {"platform": platform, "annotations": names}]})
    with tarfile.open(arguments.output, "w", format=tarfile.GNU_FORMAT) as archive:
        add(archive, "blobs", arguments.epoch)
        add(archive, "blobs/sha256", arguments.epoch)
        for digest in sorted(blobs):
            add(archive, "blobs/sha256/" + digest, arguments.epoch, blobs[digest])
        add(archive, "index.json", arguments.epoch, index)
        add(archive, "oci-layout", arguments.epoch, document({"imageLayoutVersion": "1.0.0"}))


if __name__ == "__main__":
    main()
