"""The extension's own checks: types, lint, and the tests of its pure parts."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.support.extension_builds import CLIENT, building, of_run

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def npm() -> str:
    """Return npm; skip without Node."""
    found = shutil.which("npm")
    if found is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed.")
    return found


@pytest.mark.parametrize("script", ["check", "test", "bundle"])
def test_script(npm: str, script: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The extension type-checks, lints, passes its tests, and fits into one file."""
    with building(of_run(tmp_path_factory)):
        done = subprocess.run(
            [npm, "run", "--silent", script],
            cwd=CLIENT,
            capture_output=True,
            text=True,
            env=os.environ | {"NO_COLOR": "1"},
        )

    assert done.returncode == 0, done.stdout + done.stderr


def test_lock_file_names_no_host() -> None:
    """Dependencies are pinned by hash, and fetched from whatever registry is set up."""
    lock = (CLIENT / "package-lock.json").read_text()

    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 100
