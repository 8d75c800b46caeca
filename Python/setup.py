"""Builds a wheel with the library inside, which `make library` has built before."""

import os
import re
import shutil
import subprocess

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70
    from wheel.bdist_wheel import bdist_wheel

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
LIBRARY = os.environ.get("TTAME_LIBRARY", os.path.join(ROOT, ".build", "library", "libttame.so"))
# What Linux systems without a desktop may lack; the C library is the system's.
BUNDLED = re.compile(r"lib(turbojpeg|png16|deflate|z)\.so")


def version() -> str:
    with open(os.path.join(ROOT, "Sources", "CShim", "include", "version.h")) as header:
        return re.search(r'TTAME_VERSION "(.*)"', header.read()).group(1)


class BuildWithLibrary(build_py):
    def run(self) -> None:
        super().run()
        if not os.path.exists(LIBRARY):
            raise SystemExit(f"{LIBRARY}: no such file; run `make library` in the checkout first")
        target = os.path.join(self.build_lib, "ttame", "lib")
        os.makedirs(target, exist_ok=True)
        shutil.copyfile(LIBRARY, os.path.join(target, "libttame.so"))
        # Beside the library, which looks for them there first.
        for line in subprocess.run(["ldd", LIBRARY], capture_output=True, text=True, check=True).stdout.splitlines():
            name, _, place = line.strip().partition(" => ")
            if BUNDLED.match(name):
                shutil.copyfile(place.split(" ")[0], os.path.join(target, name))
        for name in ("LICENSE", "NOTICE"):
            shutil.copyfile(os.path.join(ROOT, name), os.path.join(target, name))


class PlatformWheel(bdist_wheel):
    """Any Python 3, but one kind of machine."""

    def get_tag(self) -> tuple[str, str, str]:
        return ("py3", "none", super().get_tag()[2])


class BinaryDistribution(Distribution):
    def has_ext_modules(self) -> bool:
        return True


setup(
    version=version(), distclass=BinaryDistribution,
    cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel},
)
