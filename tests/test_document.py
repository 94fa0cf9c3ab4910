"""Open documents."""

from hypothesis import given
from hypothesis import strategies as st

from ownstack.document import Document, Documents
from ownstack.text import Edit, Span


def opened(*texts: str) -> Documents:
    documents = Documents()
    for number, text in enumerate(texts):
        documents.open(Document(f"file:///{number}", f"{number}.py", "python", 1, text))
    return documents


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.text(max_size=5))),
)
def test_edits_give_what_slicing_gives(text: str, raw: list[tuple[int, int, str]]) -> None:
    """Each edit is made in the text that the one before it left."""
    documents = opened(text)
    expected = text
    for version, (start, length, new) in enumerate(raw, start=2):
        start = min(start, len(expected))
        end = min(start + length, len(expected))
        documents.edit("file:///0", version, [Edit(Span(start, end), new)])
        expected = expected[:start] + new + expected[end:]

    document = documents.get("file:///0")
    assert document is not None
    assert document.text == expected
    assert document.version == 1 + len(raw)


def test_a_snapshot_is_not_changed_by_later_edits() -> None:
    """Whoever holds a document holds one version of it."""
    documents = opened("one")
    before = documents.get("file:///0")

    documents.edit("file:///0", 2, [Edit(Span(0, 3), "two")])

    assert before is not None
    assert before.text == "one"


def test_the_document_edited_last_comes_last() -> None:
    """Iteration is by recency of use."""
    documents = opened("a", "b", "c")

    documents.edit("file:///0", 2, [Edit(Span(0, 0), "x")])
    documents.touch("file:///1")

    assert [document.uri for document in documents] == ["file:///2", "file:///0", "file:///1"]


def test_edits_of_closed_documents_are_refused() -> None:
    """There is nothing to edit, and the caller is told."""
    assert opened().edit("file:///9", 2, [Edit(Span(0, 0), "x")]) is None
    assert opened().replace("file:///9", 2, "x") is None


def test_the_memory_of_changes_is_bounded() -> None:
    """Typing all day does not grow it."""
    documents = Documents(max_changes=3)
    documents.open(Document("file:///0", "0.py", "python", 1, ""))
    for version in range(2, 12):
        documents.edit("file:///0", version, [Edit(Span(0, 0), str(version))])

    assert [change.edit.text for change in documents.changes] == ["9", "10", "11"]
