"""Builds of the extension: one at a time, whichever process of a run asks for it.

They all write to the extension's own folder, from which the pages and the package are then taken.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ownstack.locking import FileLock

CLIENT = Path(__file__).parents[2] / "vscode-client"


def of_run(temporary: pytest.TempPathFactory) -> Path:
    """Return the folder that the processes of a run share."""
    own = temporary.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@contextmanager
def building(shared: Path) -> Iterator[None]:
    """Have the extension's folder for oneself, with its dependencies installed."""
    lock = FileLock.take(shared / "extension.lock", waits=True, private=False)
    assert lock is not None
    with lock:
        if not (CLIENT / "node_modules").is_dir():
            subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=CLIENT, check=True)
        yield


def package(shared: Path) -> Path:
    """Return the VSIX as a release builds it, built once a run."""
    with building(shared):
        kept = shared / "ownstack.vsix"
        if not kept.exists():
            environment = os.environ | {"OWNSTACK_PYTHON": sys.executable}
            subprocess.run(["npm", "run", "package"], cwd=CLIENT, check=True, env=environment)
            (vsix,) = CLIENT.glob("ownstack-*.vsix")
            shutil.copy2(vsix, kept)
        return kept


def page(shared: Path, to: Path) -> Path:
    """Return a copy of the chat's page, bundled anew."""
    with building(shared):
        subprocess.run(["npm", "run", "--silent", "bundle"], cwd=CLIENT, check=True)
        shutil.copytree(CLIENT / "dist" / "webview", to)
    return to
