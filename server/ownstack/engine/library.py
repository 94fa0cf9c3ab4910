"""Imports what needs llama.cpp, which may not be there, or not yet."""

from __future__ import annotations

import importlib
import os
import shlex
import subprocess
import sys
from importlib import metadata
from types import ModuleType

from ownstack.errors import EngineMissingError, in_words

_PACKAGE = "llama-cpp-python"


def module(name: str) -> ModuleType:
    """Return a module of `ownstack.engine` that needs the library. The first time takes long.

    Raises:
        EngineMissingError: the library is not there, or cannot be loaded; why.
    """
    try:
        return importlib.import_module(f"ownstack.engine.{name}")
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        if _is_installed():
            what = f"llama.cpp cannot be loaded ({in_words(error)}), so no model can run."
        else:
            what = "llama.cpp is not installed, so no model can run."
        raise EngineMissingError(what, f"Install it with: {install_command()}") from error


def install_command() -> str:
    """Return what to type in a terminal; it names this Python, whichever is first on the PATH."""
    anew = ["--force-reinstall", "--no-deps"] if _is_installed() else []
    words = [sys.executable, "-m", "pip", "install", *anew, _requirement()]
    return shlex.join(words) if os.name != "nt" else subprocess.list2cmdline(words)


def _is_installed() -> bool:
    try:
        metadata.distribution(_PACKAGE)
    except metadata.PackageNotFoundError:
        return False
    return True


def _requirement() -> str:
    """Return the version that this package asks for."""
    try:
        wanted = metadata.requires("ownstack") or []
    except metadata.PackageNotFoundError:
        wanted = []
    return next((line for line in wanted if line.startswith(_PACKAGE)), _PACKAGE)
