"""A small project and its index."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.index.project import ProjectIndex
from tests.support.indexing import FILES, open_index, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project."""
    write(tmp_path / "project", FILES)
    return tmp_path / "project"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def index(root: Path, cache: Path) -> Iterator[ProjectIndex]:
    """The project's index, made once."""
    index = open_index(root, cache)
    index.refresh()
    yield index
    index.close()
