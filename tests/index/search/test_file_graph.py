"""How central files are, and that it is not computed at each query."""

from pathlib import Path

from ownstack.index.search.file_graph import file_ranks
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from tests.support.searchable import searchable

FILES = {
    "core.py": "def popular(value):\n    return value\n",
    **{f"use{n}.py": "from core import popular\n\npopular(1)\n" for n in range(6)},
}


def test_what_is_used_ranks_first(tmp_path: Path) -> None:
    """From 0 to 1, for each document."""
    ranks = file_ranks(searchable(tmp_path, FILES))

    assert len(ranks) == 7
    assert ranks.argmax() == 0
    assert ranks.max() == 1
    assert ranks.min() >= 0


def test_ranks_outlive_a_save(tmp_path: Path) -> None:
    """A file's new state has the rank of the old one, and nothing is counted again."""
    snapshot = searchable(tmp_path, FILES)
    before = file_ranks(snapshot)
    saved = searchable(tmp_path, {"core.py": FILES["core.py"] + "# more\n"})
    later = snapshot.with_batch(saved.parts[0].block.batch)
    ranks = file_ranks(later)

    assert len(ranks) == 8
    assert ranks[7] == before[0]
    assert (ranks[:7] == before).all()


def test_an_empty_project_has_no_ranks(tmp_path: Path) -> None:
    """Before anything was read."""
    assert len(file_ranks(Snapshot.empty(Texts(tmp_path), 2))) == 0
