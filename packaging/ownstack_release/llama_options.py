"""How llama.cpp is compiled for each target: on any CPU of it, at the speed of that CPU.

llama.cpp's code for the CPU is compiled once for each generation of processors, as libraries of
which the best is loaded when a program starts (`GGML_BACKEND_DL`, `GGML_CPU_ALL_VARIANTS`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ownstack_release.targets import MACOS, Target

LIBRARIES = "llama_cpp/lib"
"""Where the bindings look for the libraries, and these for each other."""


def definitions(target: Target, *, vulkan: bool = False) -> dict[str, str]:
    """Return the variables that CMake is given for the whole project."""
    chosen = {
        "GGML_NATIVE": "OFF",
        "GGML_BACKEND_DL": "ON",
        "GGML_CPU_ALL_VARIANTS": "ON",
        "BUILD_SHARED_LIBS": "ON",
        # Elsewhere llama.cpp's own threads compute: there is no OpenMP that could be relied on.
        "GGML_OPENMP": "ON" if target.system == "linux" else "OFF",
        "GGML_CCACHE": "OFF",
        "GGML_VULKAN": "ON" if vulkan else "OFF",
        # Pictures and sound: nothing here sends a model any.
        "LLAVA_BUILD": "OFF",
        # Otherwise asked of git, which would tell of whatever repository is around.
        "LLAMA_BUILD_NUMBER": "0",
        "LLAMA_BUILD_COMMIT": "unknown",
        # Loadable libraries would be installed as programs are, outside of the package.
        "CMAKE_INSTALL_BINDIR": LIBRARIES,
        "CMAKE_INSTALL_LIBDIR": LIBRARIES,
        # One name a library. A wheel has no links: each further name would be a copy, and a copy
        # that is loaded too has a list of CPUs of its own, which is empty.
        "CMAKE_PLATFORM_NO_VERSIONED_SONAME": "ON",
    }
    if target.system == "darwin":
        chosen["CMAKE_OSX_ARCHITECTURES"] = target.machine
        chosen["CMAKE_OSX_DEPLOYMENT_TARGET"] = macos(target)
    if target.system == "win32":
        # Microsoft's compiler cannot make the code for the newer CPUs; this one links as it does.
        chosen |= {"CMAKE_C_COMPILER": "clang", "CMAKE_CXX_COMPILER": "clang++"}
    return chosen


def inner(target: Target) -> dict[str, str]:
    """Return what is set within llama.cpp itself, where the project around it sets otherwise."""
    chosen = {
        # The library of its command line programs.
        "LLAMA_BUILD_COMMON": "OFF",
        # A path that is replaced when installing leaves its length behind.
        "CMAKE_BUILD_WITH_INSTALL_RPATH": "ON",
        "CMAKE_INSTALL_RPATH_USE_LINK_PATH": "OFF",
    }
    if target.system == "linux":
        chosen["CMAKE_INSTALL_RPATH"] = "$ORIGIN"
    if target.system == "darwin":
        chosen["CMAKE_INSTALL_RPATH"] = "@loader_path"
        # Metal computes wrongly or slowly on the graphics chips of Macs with Intel's processors.
        chosen["GGML_METAL"] = "ON" if target.machine == "arm64" else "OFF"
        chosen["GGML_METAL_EMBED_LIBRARY"] = chosen["GGML_METAL"]
    return chosen


def injected(variables: Mapping[str, str]) -> str:
    """Return a CMake file that sets variables."""
    return "".join(f"set({name} [==[{value}]==])\n" for name, value in variables.items())


def environment(target: Target, source: Path, stamp_s: int) -> dict[str, str]:
    """Return the environment variables of the compiler; `source` is the unpacked folder.

    No path of this machine and no time of day ends up in what is compiled.
    """
    compiler = f"-ffile-prefix-map={source}=."
    chosen = {
        "SOURCE_DATE_EPOCH": str(stamp_s),
        "CFLAGS": compiler,
        "CXXFLAGS": compiler,
    }
    if target.system == "darwin":
        chosen["MACOSX_DEPLOYMENT_TARGET"] = macos(target)
        chosen["ARCHFLAGS"] = f"-arch {target.machine}"
        chosen["ZERO_AR_DATE"] = "1"
    if target.system == "win32":
        chosen |= {"CMAKE_GENERATOR": "Ninja", "LDFLAGS": "-fuse-ld=lld -Wl,/Brepro"}
    return chosen


def macos(target: Target) -> str:
    """Return the oldest macOS that is asked for, such as "12.0"."""
    return ".".join(map(str, MACOS[target.machine]))
