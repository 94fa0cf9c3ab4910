r"""The one bit by which any thread stops llama.cpp inside a running `llama_decode`.

On x86-64 Linux with glibc the callback is C's own `strlen` over a two-byte buffer: "" is 0 (go on),
"\x01" is 1 (stop). It needs no Python frame and no GIL, where a Python callback costs 1.3 times
the decode while another Python thread is busy. Elsewhere, where a C `bool` may not be the low
byte of what `strlen` returns, a Python callback does the same.
"""

from __future__ import annotations

import ctypes
import logging
import platform
import sys
from typing import Any

log = logging.getLogger(__name__)

Callback: Any = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)
"""ctypes keeps one type per signature, so this is `llama_cpp`'s `ggml_abort_callback` too."""


class AbortFlag:
    """A flag set by those who want the native thread, and cleared by it under a lock.

    `callback` and `data` must outlive every context they were given to: contexts keep a
    reference to their flag.
    """

    def __init__(self, native: bool | None = None) -> None:
        self._buffer = ctypes.create_string_buffer(2)
        self.data = ctypes.cast(self._buffer, ctypes.c_void_p)
        strlen = _strlen() if native is not False else None
        self.native = strlen is not None
        self.callback: Any = strlen if strlen is not None else Callback(self._ask)

    def set(self) -> None:
        self._buffer[0] = b"\x01"

    def clear(self) -> None:
        self._buffer[0] = b"\x00"

    def is_set(self) -> bool:
        return self._buffer[0] != b"\x00"

    def _ask(self, _data: object) -> bool:
        return self.is_set()


def _strlen() -> Any:
    if sys.platform != "linux" or platform.machine() not in ("x86_64", "AMD64"):
        return None
    try:
        return ctypes.cast(ctypes.CDLL(None).strlen, Callback)
    except (OSError, AttributeError) as error:
        log.info("No C strlen to stop llama.cpp with, a Python callback does it: %s", error)
        return None
