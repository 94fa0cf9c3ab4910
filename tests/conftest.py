"""Fixtures for every test: nothing is read from or written to the user's real folders."""

from pathlib import Path

import pytest

from ownstack.paths import Home


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own for each test, also for the processes that it starts."""
    root: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("OWNSTACK_HOME", str(root))
    # The model that comes with the package is large and changes; tests of it name one of theirs.
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(root / "none.gguf"))
    return Home.below(root)
