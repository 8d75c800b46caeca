"""The functions of ttame.h by ctypes."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, Structure, byref, c_char, c_char_p, c_double, c_float, c_int, c_int32, c_size_t, c_ssize_t, c_void_p
from typing import Any


class ErrorText(Structure):
    _fields_ = [("text", c_char * 512)]


class Error(Exception):
    """What libttame refused, in one line.

    `status` is the number of ttame.h's `ttame_status`: 1 argument, 2 file, 3 model, 4 image, 5 class, 6 unsupported, 7 memory,
    8 not finite, 9 busy.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _load() -> ctypes.CDLL:
    own = os.path.join(os.path.dirname(__file__), "lib", "libttame.so")
    return ctypes.CDLL(os.environ.get("TTAME_LIBRARY") or (own if os.path.exists(own) else "libttame.so.0"))


library = _load()

_pointer, _out, _error = c_void_p, POINTER(c_void_p), POINTER(ErrorText)
# Each function's result and arguments, as ttame.h declares them.
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "version": (c_char_p, []),
    "model_open": (c_int, [c_char_p, _out, _error]),
    "model_close": (None, [_pointer]),
    "model_name": (c_char_p, [_pointer]),
    "model_classes": (c_int32, [_pointer]),
    "model_label": (c_char_p, [_pointer, c_int32]),
    "model_find_class": (c_int, [_pointer, c_char_p, POINTER(c_int32), _error]),
    "image_decode": (c_int, [c_char_p, c_size_t, _out, _error]),
    "image_create": (c_int, [_pointer, c_int32, c_int32, c_ssize_t, _out, _error]),
    "image_close": (None, [_pointer]),
    "image_width": (c_int32, [_pointer]),
    "image_height": (c_int32, [_pointer]),
    "image_pixels": (c_int, [_pointer, _pointer, c_size_t, c_ssize_t, _error]),
    "session_open": (c_int, [_pointer, c_int32, c_char_p, _out, _error]),
    "session_close": (None, [_pointer]),
    "classify": (c_int, [_pointer, _pointer, _out, _error]),
    "explain": (c_int, [_pointer, _pointer, POINTER(c_int32), c_size_t, _out, _error]),
    "answer_close": (None, [_pointer]),
    "answer_probabilities": (c_int, [_pointer, _pointer, c_size_t, _error]),
    "answer_logits": (c_int, [_pointer, _pointer, c_size_t, _error]),
    "answer_known": (c_int32, [_pointer]),
    "answer_maps": (c_size_t, [_pointer]),
    "answer_map_class": (c_int32, [_pointer, c_size_t]),
    "answer_saliency": (c_int, [_pointer, c_size_t, _pointer, c_size_t, _error]),
    "answer_map": (c_int, [_pointer, c_size_t, _pointer, c_size_t, POINTER(c_int32), POINTER(c_int32), _error]),
    "answer_draw": (c_int, [_pointer, c_size_t, c_char_p, c_char_p, c_double, _out, _error]),
}
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(library, "ttame_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


def call(name: str, *arguments: Any) -> None:
    """Calls a function that answers a status.

    Raises:
        Error: if it is not TTAME_OK.
    """
    error = ErrorText()
    status = getattr(library, "ttame_" + name)(*arguments, byref(error))
    if status != 0:
        raise Error(status, error.text.decode("utf-8", "replace"))


class Handle:
    """An object of the library, which is closed with this one."""

    def __init__(self, kind: str, maker: str, *arguments: Any) -> None:
        self._close = getattr(library, f"ttame_{kind}_close")
        self.pointer = c_void_p()
        call(maker, *arguments, byref(self.pointer))

    def __del__(self) -> None:
        pointer, self.pointer = getattr(self, "pointer", None), None
        if pointer:
            self._close(pointer)


def version() -> str:
    """Such as `0.1.0 (45741d2abcde)`."""
    return library.ttame_version().decode()
