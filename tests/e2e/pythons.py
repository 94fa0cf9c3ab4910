"""The Pythons of this machine, and what the long tests of an installation need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ASKED_FOR_ALL = os.environ.get("OWNSTACK_E2E_FULL") == "1"
FULL = pytest.mark.skipif(
    not ASKED_FOR_ALL,
    reason="installs everything once more, which takes a minute; OWNSTACK_E2E_FULL=1 runs it",
)
_ASKED = "import sys; print(*sys.version_info[:2], sep='.'); print(sys._base_executable)"


@cache
def pythons() -> dict[str, Path]:
    """Return an interpreter of each version that is found, this one first."""
    named = os.environ.get("OWNSTACK_E2E_PYTHONS", "")
    kept = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python3.*[0-9]"))
    on_path = (shutil.which(f"python3.{minor}") for minor in range(10, 15))
    found: dict[str, Path] = {}
    for one in filter(None, [sys.executable, *named.split(os.pathsep), *kept, *on_path]):
        asked = subprocess.run([one, "-I", "-c", _ASKED], capture_output=True, text=True)
        if asked.returncode == 0:
            version, path = asked.stdout.split("\n", 1)
            found.setdefault(version, Path(path.strip()).resolve())
    return found


def of_version(version: str) -> Path:
    """Return the interpreter of a version; skip where there is none."""
    if version not in pythons():
        pytest.skip(f"There is no Python {version}; OWNSTACK_E2E_PYTHONS may name one.")
    return pythons()[version]


def uv_program() -> Path:
    """Return the uv that the environment variable UV names, or that is on the PATH; else skip."""
    found = os.environ.get("UV") or shutil.which("uv")
    if found is None:
        pytest.skip("There is no uv on the PATH, and UV names none.")
    return Path(found)
