"""The cells of an open notebook as one document a language."""

import random

import pytest

from ownstack.completion.place import (
    Place,
    compared,
    found_in,
    possible_cursors,
    stands,
    typed_since,
)
from ownstack.document import CellSpan, Document, same_file
from ownstack.files.notebook.joined import OpenCell, joined, stored
from ownstack.files.notebook.text import rendered
from ownstack.text import Span

STUDY = [
    OpenCell("c1", "markdown", 1, "# Title\n\nText."),
    OpenCell("c2", "python", 1, "a = 1\r\nb = 2"),
    OpenCell("c3", "raw", 1, "nothing\nat all"),
    OpenCell("c4", "python", 1, "%%bash\nls"),
    OpenCell("c5", "python", 1, ""),
    OpenCell("c6", "sql", 1, "select 1"),
    OpenCell("c7", "python", 1, "def f():\n    return a\n"),
]


def document(cells: list[OpenCell], language: str = "python", version: int = 1) -> Document:
    text, spans = joined(cells, language)
    return Document(f"file:///n.ipynb#{language}", "n.ipynb", language, version, text, spans)


def place(cells: list[OpenCell], uri: str, offset: int, version: int = 1) -> Place:
    made = document(cells, version=version)
    cell = made.cell(uri)
    assert cell is not None
    return Place(made, cell.span.start + offset)


def changed(cells: list[OpenCell], uri: str, text: str) -> list[OpenCell]:
    return [
        OpenCell(cell.uri, cell.language, cell.version + 1, text) if cell.uri == uri else cell
        for cell in cells
    ]


def test_code_stands_as_it_is_and_the_rest_in_comments() -> None:
    """In the order of the notebook, with an empty line before each cell."""
    text, spans = joined(STUDY, "python")

    assert text == (
        "\n# # Title\n#\n# Text.\n\na = 1\r\nb = 2\n\n# %%bash\n# ls\n\n\n\n# select 1\n\n"
        "def f():\n    return a\n"
    )
    assert [(cell.uri, text[cell.span.start : cell.span.end]) for cell in spans] == [
        ("c2", "a = 1\r\nb = 2"),
        ("c5", ""),
        ("c7", "def f():\n    return a\n"),
    ]


def test_other_languages() -> None:
    """Prose has no comments, so there is only prose; a command's cells are of its language."""
    assert joined(STUDY, "markdown") == (
        "\n# Title\n\nText.",
        (CellSpan("c1", Span(1, 15)),),
    )
    text, spans = joined(STUDY, "shellscript")
    assert [text[cell.span.start : cell.span.end] for cell in spans] == ["%%bash\nls"]
    assert joined(STUDY, "julia") == ("", ())
    assert [cell.spoken for cell in STUDY] == [
        *("markdown", "python", "raw", "shellscript", "python", "sql", "python")
    ]


def test_lines_are_those_of_the_index() -> None:
    """What the index knows of a line of the notebook holds for the same line here."""
    text, _ = joined(STUDY, "python")
    known = rendered(stored(STUDY)).split("\n")

    lines = text.replace("\r\n", "\n").split("\n")

    assert len(lines) == len(known)
    assert lines.index("def f():") == known.index("def f():")
    assert [cell.number for cell in stored(STUDY)] == [1, 2, 4, 5, 6, 7]
    assert [cell.language for cell in stored(STUDY)][2:4] == ["bash", "python"]


def test_what_is_typed_in_a_cell_is_told_whatever_others_become() -> None:
    """An edit above, a cell that comes, one that goes."""
    old = place(STUDY, "c7", 8)
    typed = changed(STUDY, "c7", "def f():(x)\n    return a\n")

    for others in (
        typed,
        changed(typed, "c2", "much more\n" * 50),
        typed[1:],
        [OpenCell("new", "python", 1, "x"), *typed, OpenCell("last", "python", 1, "y")],
    ):
        new = place(others, "c7", 11, version=2)
        assert typed_since(old, new) == "(x)"
        assert [cursor.offset for cursor in possible_cursors(old, new.document)][:1] == [new.offset]
        assert not stands(old.document, old.offset, new.document)
        assert typed_since(place(STUDY, "c2", 0), new) is None


def test_a_cell_that_stays_is_found_again() -> None:
    """At its place in the new text; one that has gone is not."""
    old = place(STUDY, "c7", 8)
    new = document(changed(STUDY, "c2", "other"), version=2)

    found = found_in(old, new)

    assert found is not None
    assert found.head == old.head == "def f():"
    assert typed_since(old, found) == ""
    assert stands(old.document, old.offset, new)
    gone = document(STUDY[:-1], version=2)
    assert found_in(old, gone) is compared(old, gone) is None
    assert possible_cursors(old, gone) == []


def test_a_suggestion_makes_its_own_cell_longer() -> None:
    """All others stay what they are."""
    rng = random.Random(7)
    for _ in range(300):
        old = document(STUDY)
        cell = rng.choice(old.cells)
        start = rng.randint(cell.span.start, cell.span.end)
        end = rng.randint(start, cell.span.end)
        put = rng.choice(["", "x", "one\ntwo"])

        new = old.spliced(Span(start, end), put)

        was = {cell.uri: old.text[cell.span.start : cell.span.end] for cell in old.cells}
        now = {cell.uri: new.text[cell.span.start : cell.span.end] for cell in new.cells}
        at = slice(start - cell.span.start, end - cell.span.start)
        own = was[cell.uri]
        assert now == was | {cell.uri: own[: at.start] + put + own[at.stop :]}
        after = Place(old, start).after(put)
        assert after.document.cell_at(after.offset) is not None


@pytest.mark.parametrize(
    ("uri", "other", "expected"),
    [
        ("file:///a.py", "file:///a.py", True),
        ("file:///n.ipynb#python", "file:///n.ipynb#sql", True),
        ("file:///a.py", "file:///b.py", False),
    ],
)
def test_documents_of_one_file(uri: str, other: str, expected: bool) -> None:
    """A notebook has one for each language."""
    assert same_file(uri, other) is expected
