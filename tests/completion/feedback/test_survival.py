"""Whether accepted text is still there later."""

import pytest

from ownstack.completion.feedback.survival import Survival, lines_left, share_left
from ownstack.document import Document, Documents
from ownstack.text import Edit, Span
from tests.support.completing import URI, Timers

TEXT = "compute(alpha, beta) + gamma"


@pytest.mark.parametrize(
    ("document", "share"),
    [
        (f"x = {TEXT}\n", 1.0),
        ("x = compute(alpha, BETA) + gamma\n", 0.875),
        ("x = 1\n", 0.0),
        ("", 0.0),
        (f"y = 2\nx = {TEXT}\n", 1.0),
    ],
)
def test_share_left(document: str, share: float) -> None:
    """Small edits keep it, more than half of it edited means gone."""
    assert share_left(TEXT, document, 4) == share


def test_checks_come_at_their_times() -> None:
    """Three checks, each against the text of that moment, wherever the spot has moved."""
    documents, timers = Documents(), Timers()
    kept: list[tuple[str, str, float]] = []
    survival = Survival(
        documents,
        lambda accepted, kind, share: kept.append((accepted.id, kind, share)),
        timers.later,
    )
    document = documents.open(Document(URI, "a.py", "python", 1, f"x = {TEXT}\n"))
    survival.watch("a1", document, 4, TEXT)

    def edit(start: int, end: int, text: str) -> None:
        version = documents.get(URI).version + 1  # type: ignore[union-attr]
        new = documents.edit(URI, version, [Edit(Span(start, end), text)])
        assert new is not None
        survival.changed(new)

    edit(0, 0, "# a line put in far above\n" * 40)
    timers.advance(31)
    at = 26 * 40
    edit(at + 4, at + 4 + len(TEXT), "None")
    timers.advance(100)
    timers.advance(1_000)

    assert kept == [("a1", "kept-30s", 1.0), ("a1", "kept-2m", 0.0), ("a1", "kept-10m", 0.0)]


def test_a_closed_document_is_not_judged() -> None:
    """Nothing is recorded, and no timer stays behind."""
    documents, timers = Documents(), Timers()
    kept: list[tuple[str, str, float]] = []
    survival = Survival(documents, lambda *event: kept.append(event), timers.later)
    document = documents.open(Document(URI, "a.py", "python", 1, TEXT))
    survival.watch("a1", document, 0, TEXT)
    survival.closed(URI)
    timers.advance(1_000)

    assert (kept, timers.waiting) == ([], [])


@pytest.mark.parametrize(
    ("text", "document", "start", "lines"),
    [
        ("compute(a)", "x = compute(a)\n", 4, ("x = compute(a)",)),
        ("compute(a)", "y = 1\nx = compute(a)  # sure\n", 10, ("x = compute(a)  # sure",)),
        ("compute(a)", "x = other(a)\n", 4, ()),
        ("a():\n    b()\n    c()", "def a():\n    b()\n    z()\n", 4, ("def a():", "b()")),
        ("a():\r\n    b()", "def a():\r\n    b()\r\n", 4, ("def a():", "b()")),
        ("x", "x" * 5_000 + "\n", 4_000, ()),
        ("x", "", 40, ()),
        ("\n\n", "a\n\n\n", 1, ()),
    ],
)
def test_lines_left(text: str, document: str, start: int, lines: tuple[str, ...]) -> None:
    """Whole lines that hold a line of what was accepted, as they are now."""
    assert lines_left(text, document, start) == lines
