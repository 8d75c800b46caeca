"""Models, and what they say about pictures."""

from __future__ import annotations

import os
import threading
from ctypes import byref, c_int32
from typing import Any, NamedTuple, Optional, Sequence, Union

import numpy as np
import numpy.typing as npt

from ._native import Error, Handle, call, library

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Prediction(NamedTuple):
    """A class and how probable it is, 0 to 1."""

    index: int
    label: str
    probability: float


class Model:
    """A classifier from a model file of ttame-lite, ready to run.

    Threads may share one: it answers them one after the other. For answers at the same time, open one for each thread; the
    weights are in memory once.

    Args:
        path: a model file.
        threads: 0 for as many as are useful.
        method: as `ttame-lite explain --method` names it, such as "gradcam"; None for the model's head.

    Raises:
        Error: if the file is no model, or the model lacks what the method reads.
    """

    def __init__(self, path: Union[str, "os.PathLike[str]"], threads: int = 0, method: Optional[str] = None) -> None:
        self._model = Handle("model", "model_open", os.fsencode(path))
        name = None if method is None else method.encode()
        self._session = Handle("session", "session_open", self._model.pointer, _int32(threads, "threads"), name)
        self._lock = threading.Lock()
        count = library.ttame_model_classes(self._model.pointer)
        self.labels: list[str] = [
            library.ttame_model_label(self._model.pointer, index).decode("utf-8", "replace") for index in range(count)
        ]
        self.name: str = library.ttame_model_name(self._model.pointer).decode("utf-8", "replace")

    def __repr__(self) -> str:
        return f"<ttame.Model {self.name}: {len(self.labels)} classes>"

    def find_class(self, name: str) -> int:
        """The class that a name means: a label, one of its names, a part of one, an index, or a WordNet id of ImageNet."""
        index = c_int32()
        call("model_find_class", self._model.pointer, name.encode(), byref(index))
        return index.value

    def classify(self, image: Any) -> "Answer":
        """Classifies a picture, which may be what `explain` takes."""
        picture = _picture(image)
        with self._lock:
            return Answer(self, Handle("answer", "classify", self._session.pointer, picture.pointer), picture)

    def explain(
        self, image: Any, classes: Optional[Sequence[Union[int, str]]] = None, top: int = 1
    ) -> "Explanation":
        """Classifies a picture and explains classes of it.

        Args:
            image: a path, the bytes of a PNG, JPEG, PNM or PAM file, a uint8 array [height, width, 3] or [height, width], or a
                PIL image.
            classes: indices or names; None explains the `top` most probable.

        Raises:
            Error: if the picture or a class is not one.
        """
        picture = _picture(image)
        if classes is None:
            wanted, count = None, top
        else:
            indices = [self.find_class(item) if isinstance(item, str) else _int32(item, "class") for item in classes]
            wanted, count = (c_int32 * max(1, len(indices)))(*indices), len(indices)
        if count < 0:
            raise Error(1, f"{count} classes of {len(self.labels)}")
        with self._lock:
            answer = Handle("answer", "explain", self._session.pointer, picture.pointer, wanted, count)
        return Explanation(self, answer, picture)


class Answer:
    """What a model says about a picture."""

    def __init__(self, model: Model, answer: Handle, picture: Handle) -> None:
        self._answer = answer
        self._labels = model.labels
        self._size = (library.ttame_image_height(picture.pointer), library.ttame_image_width(picture.pointer))
        #: One for each class, 0 to 1.
        self.probabilities: Floats = self._floats("answer_probabilities")
        #: One for each class.
        self.logits: Floats = self._floats("answer_logits")
        known = library.ttame_answer_known(answer.pointer)
        #: Whether the picture is of any of the classes; None where the model cannot tell.
        self.known: Optional[bool] = None if known < 0 else known == 1

    def _floats(self, function: str) -> Floats:
        values = np.empty(len(self._labels), np.float32)
        call(function, self._answer.pointer, values.ctypes.data, values.size)
        return values

    def top(self, count: int = 5) -> list[Prediction]:
        """The most probable classes, the most probable first."""
        order = np.argsort(-self.logits, kind="stable")[: max(0, count)]
        return [Prediction(int(i), self._labels[i], float(self.probabilities[i])) for i in order]

    @property
    def label(self) -> str:
        """Of the most probable class."""
        return self.top(1)[0].label

    @property
    def probability(self) -> float:
        """Of the most probable class."""
        return self.top(1)[0].probability


class Explanation(Answer):
    """An answer with a map for each class that was explained."""

    def __init__(self, model: Model, answer: Handle, picture: Handle) -> None:
        super().__init__(model, answer, picture)
        count = library.ttame_answer_maps(answer.pointer)
        #: The classes that were explained.
        self.classes: list[int] = [library.ttame_answer_map_class(answer.pointer, map) for map in range(count)]

    def saliency(self, map: int = 0) -> Floats:
        """How much each pixel of the picture speaks for a class: [height, width], 0 to 1."""
        values = np.empty(self._size, np.float32)
        call("answer_saliency", self._answer.pointer, _index(map), values.ctypes.data, values.size)
        return values

    def map(self, map: int = 0) -> Floats:
        """A map in the method's own resolution and scale: [height, width]."""
        width, height = c_int32(), c_int32()
        size = (byref(width), byref(height))
        call("answer_map", self._answer.pointer, _index(map), None, 0, *size)
        values = np.empty((height.value, width.value), np.float32)
        call("answer_map", self._answer.pointer, _index(map), values.ctypes.data, values.size, *size)
        return values

    def overlay(
        self, map: int = 0, style: str = "overlay", colormap: str = "turbo", alpha: Optional[float] = None
    ) -> Pixels:
        """A map drawn on the picture as `ttame-lite explain` draws it: uint8 [height, width, 3].

        Args:
            style: "overlay", "heatmap", "mask" or "masked".
            colormap: "turbo", "jet", "viridis", "inferno" or "gray".
            alpha: the opacity of the heat, 0 to 1; None for 0.5.
        """
        drawing = Handle(
            "image", "answer_draw", self._answer.pointer, _index(map), style.encode(), colormap.encode(),
            -1.0 if alpha is None else float(alpha),
        )
        pixels = np.empty((*self._size, 3), np.uint8)
        call("image_pixels", drawing.pointer, pixels.ctypes.data, pixels.size, 0)
        return pixels


def _int32(value: int, what: str) -> int:
    if not -(2**31) <= value < 2**31:
        raise Error(1, f"{what} {value} is out of range")
    return int(value)


def _index(map: int) -> int:
    if map < 0:
        raise Error(1, f"map {map} does not exist")
    return map


def _picture(image: Any) -> Handle:
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:
            image = file.read()
    if isinstance(image, (bytes, bytearray, memoryview)):
        data = bytes(image)
        return Handle("image", "image_decode", data, len(data))
    if hasattr(image, "convert"):
        image = _upright(image)
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise Error(1, f"image is {pixels.dtype} {list(pixels.shape)}; uint8 [height, width, 3] is needed")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, np.newaxis], 3, axis=2)
    pixels = np.ascontiguousarray(pixels)
    height, width = (_int32(side, "a side of") for side in pixels.shape[:2])
    return Handle("image", "image_create", pixels.ctypes.data, width, height, 0)


def _upright(image: Any) -> Any:
    """A PIL image in RGB, turned as its EXIF data say and over white, as files are decoded."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
