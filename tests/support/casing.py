"""A file system that ignores case, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.index import spelling, sync


def ignore_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder, which holds something, one that ignores case, if it does not do so itself.

    What is simulated are the two questions that are asked: whether a name is found by another
    spelling, and what stands at a place.
    """

    def is_there(folder: str, name: str) -> bool:
        return name.lower() in [one.lower() for one in os.listdir(folder)]

    def mode(place: Path) -> int:
        found = folder
        for name in place.relative_to(folder).parts:
            names = os.listdir(found) if found.is_dir() else []
            found /= next((one for one in names if one.lower() == name.lower()), name)
        return real_mode(found)

    real_mode = sync._mode
    if not spelling.ignores_case(folder):
        monkeypatch.setattr(spelling, "_is_there", is_there)
        monkeypatch.setattr(sync, "_mode", mode)
