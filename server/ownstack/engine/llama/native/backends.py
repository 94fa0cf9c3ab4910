"""The libraries that compute, one for each generation of CPUs, where a build has them apart.

A build for any machine carries them beside llama.cpp, and none is loaded by itself. A build that
was compiled for one machine has its only one linked in. Everything goes through the handle of
the library that llama.cpp itself uses: a wheel may hold a second file of the same library, which
has a list of its own.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path
from typing import Any

from ownstack.errors import EngineError

GPU = 1
"""With memory of its own (ggml-backend.h, enum ggml_backend_dev_type)."""
CPU = "CPU"
_LOADED = re.compile(r"loaded (\S+) backend from (\S.*)")
"""What ggml-backend-reg.cpp logs of a library that it took, at level info."""
_PREFIX = re.compile(r"(lib)?ggml-cpu-?")


class Backends:
    """ggml's list of what computes. Its functions are looked for in `libraries` in turn."""

    def __init__(self, *libraries: Any) -> None:
        self._libraries = libraries
        self.cpu_file: Path | None = None
        """The library that computes on the CPU, if one was loaded; `heard` finds it."""

    def load(self, folder: Path) -> None:
        """Load the best library of each kind in `folder`, unless some are linked in.

        With an empty list, llama.cpp would look for them in the working directory, which is
        whoever's project is open: this comes before any other call.

        Raises:
            EngineError: none computes on this CPU.
        """
        count = self._function("ggml_backend_reg_count", ctypes.c_size_t)
        if count() == 0:
            load_all = self._function("ggml_backend_load_all_from_path", None, ctypes.c_char_p)
            load_all(os.fsencode(folder))
        if CPU not in self.names():
            raise EngineError(
                f"llama.cpp has nothing in {folder} that computes on this CPU.",
                "Install llama-cpp-python anew.",
            )

    def heard(self, line: str) -> None:
        """Note which file was loaded, if a line of llama.cpp's log says that."""
        found = _LOADED.search(line)
        if found is not None and found[1] == CPU:
            self.cpu_file = Path(found[2])

    @property
    def cpu_build(self) -> str:
        """Which code computes on the CPU, such as "zen4", as its file's name says; "" if linked."""
        return _PREFIX.sub("", self.cpu_file.stem, count=1) if self.cpu_file is not None else ""

    def names(self) -> tuple[str, ...]:
        """Return the names of the devices, such as "CPU", "CUDA0"."""
        name = self._function("ggml_backend_dev_name", ctypes.c_char_p, ctypes.c_void_p)
        return tuple(name(device).decode() for device in self._devices())

    def graphics_memory(self) -> tuple[tuple[str, int], ...]:
        """Return what the graphics cards are called, and how many bytes of memory they have."""
        size = ctypes.POINTER(ctypes.c_size_t)
        kind = self._function("ggml_backend_dev_type", ctypes.c_int, ctypes.c_void_p)
        said = self._function("ggml_backend_dev_description", ctypes.c_char_p, ctypes.c_void_p)
        memory = self._function("ggml_backend_dev_memory", None, ctypes.c_void_p, size, size)
        found = []
        for device in self._devices():
            free, total = ctypes.c_size_t(), ctypes.c_size_t()
            if kind(device) == GPU:
                memory(device, ctypes.byref(free), ctypes.byref(total))
                found.append((said(device).decode("utf-8", "replace"), total.value))
        return tuple(found)

    def _devices(self) -> list[Any]:
        count = self._function("ggml_backend_dev_count", ctypes.c_size_t)
        get = self._function("ggml_backend_dev_get", ctypes.c_void_p, ctypes.c_size_t)
        return [get(index) for index in range(count())]

    def _function(self, name: str, result: Any, *arguments: Any) -> Any:
        function = next(getattr(lib, name) for lib in self._libraries if hasattr(lib, name))
        function.restype, function.argtypes = result, arguments
        return function
