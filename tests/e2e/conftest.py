"""Nothing that a test of the editor starts outlives it.

Told to stop while an editor is closing, the daemon comes back: the window that is still there
wants one. It would then leave only after its idle time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ownstack.paths import Home
from tests.e2e import releases, seal
from tests.e2e.desk import HERE, SETTINGS, Desk, Open, Tools, end_all, ownstack
from tests.e2e.newcomer import Arrive, Newcomer
from tests.e2e.pythons import pythons
from tests.support.extension_builds import of_run, package


@pytest.fixture(scope="session", autouse=True)
def terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM, from `timeout` for one, ends the run as Ctrl-C does: fixtures clean up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(autouse=True)
def ended(home: Home) -> Iterator[None]:
    """End, after the test's own clean-up, every process that has its home."""
    yield
    end_all(home)


@pytest.fixture(scope="session")
def programs() -> tuple[str, str]:
    """Return the editor's launcher and the browser; skip where one is missing."""
    found = subprocess.run(
        ["bash", HERE / "install_editor.sh", "--check"], capture_output=True, text=True
    )
    if found.returncode:
        pytest.skip(found.stderr.strip())
    browsers = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, browsers)), None)
    if chromium is None:
        pytest.skip("There is no Chromium to show the editor in.")
    return found.stdout.strip(), chromium


@pytest.fixture(scope="session")
def tools(programs: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Install the extension as a release has it."""
    (launcher, chromium), extensions = programs, tmp_path_factory.mktemp("extensions")
    vsix = package(of_run(tmp_path_factory))
    subprocess.run(
        ["node", launcher, "--install-extension", vsix, "--extensions-dir", extensions],
        check=True,
        env=os.environ | {"XDG_CONFIG_HOME": str(extensions), "XDG_DATA_HOME": str(extensions)},
    )
    return Tools(launcher, chromium, extensions)


@pytest.fixture
def desk(tools: Tools, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the editor with settings of its own."""
    processes: list[subprocess.Popen[str]] = []

    def open_desk(**settings: Any) -> Desk:
        desk = Desk(tools, tmp_path, SETTINGS | settings)
        desk.prepare()
        processes.append(desk.start())
        return desk

    yield open_desk
    for process in processes:
        process.terminate()
        process.communicate(timeout=30)
    ownstack("daemon", "stop")


@pytest.fixture(scope="session")
def carrying(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a VSIX that carries everything, for this Python at least; skip where there is none."""
    if reason := seal.unavailable():
        pytest.skip(reason)
    return releases.carrying(of_run(tmp_path_factory))


@pytest.fixture
def arrive(programs: tuple[str, str], carrying: Path, home: Home) -> Iterator[Arrive]:
    """Return a function that makes a newcomer's machine: this Python alone, unless it says more."""
    made: list[Newcomer] = []

    def make(variant: str, **more: Any) -> Newcomer:
        # A browser's socket lies below it, whose path must be short.
        root = Path(tempfile.mkdtemp(prefix="newcomer-"))
        more.setdefault("pythons", [next(iter(pythons().values()))])
        made.append(Newcomer(variant, root, home, programs, carrying, **more))
        return made[-1]

    yield make
    for newcomer in made:
        newcomer.leave()
