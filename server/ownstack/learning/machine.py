"""What this machine has for training, told without loading PyTorch."""

from __future__ import annotations

import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

_X86 = {"x86_64", "amd64"}
_WINDOWS_AVX2 = 40
"""`PF_AVX2_INSTRUCTIONS_AVAILABLE` of `IsProcessorFeaturePresent`."""


def problem() -> str:
    """Return why PyTorch does badly on this machine, in a sentence; "" if it does not."""
    if platform.machine().lower() not in _X86:
        return ""
    if sys.platform == "darwin":
        return "PyTorch has no builds any more for Macs with Intel processors."
    if has_avx2() is False:
        return (
            "This processor has no AVX2, for which PyTorch is built: learning is very slow here, "
            "or ends at once."
        )
    return ""


def has_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool | None:
    """Say whether the processor has AVX2; None if the system does not tell."""
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.IsProcessorFeaturePresent(_WINDOWS_AVX2))
    try:
        lines = cpuinfo.read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    flags = next((line for line in lines if line.startswith("flags")), None)
    return None if flags is None else "avx2" in flags.split()


def has_card() -> bool:
    """Say whether there is a graphics card of Nvidia's with its driver, which PyTorch can use."""
    return shutil.which("nvidia-smi") is not None


def torch_version() -> str:
    """Return the version of PyTorch that is installed, "" if none is. "+cpu" uses no card."""
    try:
        return metadata.version("torch")
    except metadata.PackageNotFoundError:
        return ""
