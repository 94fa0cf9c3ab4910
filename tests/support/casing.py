"""A file system that ignores case, for tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.files import listing, path_case


def ignore_case(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder, which holds something, one that ignores case, if it does not do so itself.

    What is simulated are the two questions that are asked: whether a name is found by another
    spelling, and what stands at a place.
    """

    def is_there(folder: str, name: str) -> bool:
        return name.lower() in [entry.lower() for entry in os.listdir(folder)]

    def status(place: Path) -> os.stat_result | None:
        found = folder
        for name in place.relative_to(folder).parts:
            names = os.listdir(found) if found.is_dir() else []
            found /= next((entry for entry in names if entry.lower() == name.lower()), name)
        return real_status(found)

    real_status = listing._status
    if not path_case.ignores_case(folder):
        monkeypatch.setattr(path_case, "_is_there", is_there)
        monkeypatch.setattr(listing, "_status", status)
