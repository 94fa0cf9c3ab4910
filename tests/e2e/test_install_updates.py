"""The next version of the extension: the server before serves until the new one is ready."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.newcomer import Arrive, Newcomer
from tests.e2e.pythons import FULL
from tests.e2e.releases import revised

pytestmark = [pytest.mark.e2e, FULL]

NETWORK = "The built-in network wrote it."
BROKEN = 'raise RuntimeError("broken on purpose")\n'


def update(newcomer: Newcomer, vsix: Path, **more: Any) -> dict[str, Any]:
    """Install another version while nothing can be made of it yet, and see the update."""
    newcomer.install(vsix)
    # As if another window were just installing.
    lock = newcomer.storage / "environment.lock"
    lock.write_text(str(os.getpid()))
    return newcomer.open("update", lock=str(lock), **more)


@pytest.fixture
def settled(arrive: Arrive) -> Newcomer:
    """Return somebody for whom the first version completes."""
    newcomer = arrive("update")
    newcomer.install(newcomer.vsix)
    newcomer.open()
    return newcomer


def test_update(settled: Newcomer, tmp_path: Path) -> None:
    """The old server serves while the new one is made, then the new one, and the old one goes."""
    (before,) = settled.environments()

    seen = update(settled, revised(settled.vsix, tmp_path / "next.vsix", "99.1.0"))

    settled.record(says=seen["said"])
    assert seen["current"]
    assert NETWORK in seen["meanwhile"]["why"]
    assert NETWORK in seen["network"]["why"]
    (after,) = settled.environments()
    assert after != before
    assert (after / "made.json").exists()
    started = [line for line in settled.log().splitlines() if "Starting " in line]
    assert str(after) in started[-1]
    assert settled.desk.errors() == []


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("ownstack/__init__.py", "could not be updated"),
        ("ownstack/lsp/__init__.py", "did not start"),
    ],
)
def test_broken_update(settled: Newcomer, tmp_path: Path, file: str, words: str) -> None:
    """It is said once, the one before serves on, and the version after is taken."""
    (before,) = settled.environments()
    settled.variant = f"broken-{Path(file).parts[1].split('.')[0].strip('_')}"
    broken = revised(
        settled.vsix, tmp_path / "broken.vsix", "99.1.0", {file: lambda text: text + BROKEN}
    )

    seen = update(settled, broken, expects=words)

    assert "serves on" in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]
    assert NETWORK in seen["network"]["why"]
    again = settled.open()
    assert all(not moment["toasts"] for moment in again["said"])
    assert settled.environments() == [before]

    repaired = update(settled, revised(settled.vsix, tmp_path / "repaired.vsix", "99.2.0"))

    settled.record(says=seen["said"])
    assert NETWORK in repaired["network"]["why"]
    assert settled.environments() != [before]
