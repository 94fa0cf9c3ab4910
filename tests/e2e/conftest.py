"""Nothing that a test of the editor starts outlives it.

Told to stop while an editor is closing, the daemon comes back: the window that is still there
wants one. It would then leave only after its idle time.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ownstack.paths import Home
from tests.e2e.desk import HERE, SETTINGS, Desk, Open, Tools, ownstack
from tests.support.extension_builds import of_run, package

END_S = 10.0


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
    while left := _processes_of(home):
        for process in left:
            process.kill()
        psutil.wait_procs(left, timeout=END_S)


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Skip where the editor or the browser is missing; else install the extension."""
    found = subprocess.run(
        ["bash", HERE / "install_editor.sh", "--check"], capture_output=True, text=True
    )
    if found.returncode:
        pytest.skip(found.stderr.strip())
    browsers = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, browsers)), None)
    if chromium is None:
        pytest.skip("There is no Chromium to show the editor in.")
    launcher, extensions = found.stdout.strip(), tmp_path_factory.mktemp("extensions")
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


def _processes_of(home: Home) -> list[psutil.Process]:
    root = str(home.config.parent)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("OWNSTACK_HOME") == root:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
