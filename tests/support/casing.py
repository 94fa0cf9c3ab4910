"""A file system that ignores case, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.index import spelling


def ignore_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder, which holds something, one that ignores case, if it does not do so itself.

    What is simulated is the one thing that is asked: that a name is found by other spellings.
    """

    def is_there(folder: str, name: str) -> bool:
        return name.lower() in [one.lower() for one in os.listdir(folder)]

    if not spelling.ignores_case(folder):
        monkeypatch.setattr(spelling, "_is_there", is_there)
