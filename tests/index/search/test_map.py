"""The map of a project: what everybody uses comes first, and it fits."""

import re
from pathlib import Path

import pytest

from ownstack.extract.classify import FLAG_TEST
from ownstack.extract.rows import Extracted, Reference, Symbol
from ownstack.files.reading import Text, read
from ownstack.index.search.centrality import centrality
from ownstack.index.search.map import estimate, repository_map
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.term_counts import TermCounter
from ownstack.index.texts import Texts

PROJECT = {
    "core.py": "class Engine:\n    def start(self):\n    def hidden(self):\n",
    "shop.py": "def order():\n    Engine()\n    start()\n",
    "web.py": "def page():\n    Engine()\n    order()\n",
    "notes.js": "def Engine():\n",
    "test_shop.py": "def check_order():\n    " + "page()\n    " * 30 + "\n",
}


def extracted(path: str, text: str) -> Extracted:
    """A class or function for each line that begins one, a call for each name with brackets."""
    symbols: list[Symbol] = []
    references: list[Reference] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = re.match(r"( *)(class|def) (\w+)", line)
        if found:
            parent = 0 if found[1] else None
            symbols.append(
                Symbol(
                    *(found[3], {"class": "class", "def": "function"}[found[2]], found[3]),
                    *(line.strip().rstrip(":"), "", number, number, number),
                    parent=parent,
                )
            )
        else:
            references += [
                Reference(name, number, "call", len(symbols) - 1 if symbols else None)
                for name in re.findall(r"(\w+)\(", line)
            ]
    return Extracted("python", tuple(symbols), tuple(references))


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """A small project, indexed."""
    rows = []
    for path, text in PROJECT.items():
        (tmp_path / path).write_text(text)
        found = read(tmp_path, path)
        assert isinstance(found, Text)
        language = "javascript" if path.endswith(".js") else "python"
        flags = FLAG_TEST * path.startswith("test")
        document = IndexedDocument(path, found.content, language, 3, len(text), flags)
        rows.append((document, extracted(path, text), text))
    batch = Encoder(TermCounter()).encode(rows)
    return Snapshot.empty(Texts(tmp_path), dim=2).with_batch(batch)


def lines(snapshot: Snapshot, budget_tokens: int = 1_000, below: str = "") -> list[str]:
    maps = repository_map(snapshot, budget_tokens, below)
    return "".join(map(str, maps)).splitlines()


def test_what_is_used_comes_first(snapshot: Snapshot) -> None:
    """Signatures stand below their file, and below the class they belong to."""
    assert lines(snapshot)[:5] == [
        "core.py:",
        "  class Engine",
        "    def start(self)",
        "    def hidden(self)",
        "shop.py:",
    ]


def test_a_test_says_little_about_what_matters(snapshot: Snapshot) -> None:
    """Thirty uses in a test count less than one in the shop."""
    ranks = centrality(snapshot)
    ranked = {
        snapshot.symbol(row).signature: rank for row, rank in enumerate(ranks.symbols.tolist())
    }

    assert ranked["class Engine"] > ranked["def order()"] > ranked["def page()"]


def test_languages_are_kept_apart(snapshot: Snapshot) -> None:
    """A Python file that names `Engine` does not mean the one of a JavaScript file."""
    found = lines(snapshot)

    assert found.index("notes.js:") > found.index("shop.py:")


@pytest.mark.parametrize("budget", [16, 24, 40])
def test_the_map_fits(snapshot: Snapshot, budget: int) -> None:
    """Its text has no more tokens than were allowed, and is cut from the end."""
    found = repository_map(snapshot, budget)
    text = "\n".join(map(str, found))

    assert estimate(text) <= budget
    assert found[0].path == "core.py"


def test_a_part_of_the_project(snapshot: Snapshot) -> None:
    """Only files below the path that was asked for are on the map; whose ranks stay the same."""
    assert [file.path for file in repository_map(snapshot, 1_000, "shop.py")] == ["shop.py"]
    assert repository_map(snapshot, 1_000, "shop") == []


def test_what_has_changed_since_is_left_out(snapshot: Snapshot, tmp_path: Path) -> None:
    """A signature that may no longer be there is not shown."""
    (tmp_path / "core.py").write_text("gone = True\n")

    assert "core.py:" not in lines(snapshot)


def test_an_empty_project_has_an_empty_map(tmp_path: Path) -> None:
    """And no division by zero."""
    assert repository_map(Snapshot.empty(Texts(tmp_path), dim=2), 100) == []
