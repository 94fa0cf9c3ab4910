"""What readers see of the index, and that it is never what is no longer true."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from ownstack.extract.classify import FLAG_TEST, FLAG_UNSAVED
from ownstack.extract.rows import Chunk, Extracted, Import, Reference, Symbol
from ownstack.files.reading import Text, read
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Batch, IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.term_counts import TermCounter
from ownstack.index.texts import Texts

ENCODER = Encoder(TermCounter(lambda text: re.findall(r"\w+", text.lower()), lambda name: (name,)))


def extracted(path: str, text: str) -> Extracted:
    """One function and one chunk for each `def` line, a reference for each called name."""
    symbols, chunks, references = [], [], []
    for number, line in enumerate(text.split("\n"), 1):
        for name in re.findall(r"^def (\w+)", line):
            symbols.append(
                Symbol(name, "function", name, line, "", number, number, number, parent=None)
            )
            place = len(symbols) - 1
            chunks.append(Chunk("function", name, path, line, number, number, place))
            references += [
                Reference(called, number, "call", place)
                for called in re.findall(r"(\w+)\(", line.partition(":")[2])
            ]
    imports = (Import("os", "path", "p", 1),)
    return Extracted("python", tuple(symbols), tuple(references), imports, tuple(chunks))


def document(path: str, text: str, content: bytes = b"", flags: int = 0) -> IndexedDocument:
    return IndexedDocument(path, content, "python", text.count("\n") + 1, len(text), flags)


def batch(folder: Path, *paths: str) -> Batch:
    """Read files that are there."""
    rows = []
    for path in paths:
        found = read(folder, path)
        assert isinstance(found, Text)
        rows.append(
            (
                document(path, found.text, found.content, FLAG_TEST * path.startswith("test")),
                extracted(path, found.text),
                found.text,
            )
        )
    return ENCODER.encode(rows)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three files, one of which calls another."""
    (tmp_path / "a.py").write_text("import os\n\ndef load(x): return read(x)\ndef save(x): pass\n")
    (tmp_path / "b.py").write_text("def read(x): return open(x).read()\n")
    (tmp_path / "test_a.py").write_text("def check(): load(1); load(2)\n")
    return tmp_path


@pytest.fixture
def snapshot(project: Path) -> Snapshot:
    """All three files, the last one read later."""
    empty = Snapshot.empty(Texts(project), dim=2)
    return empty.with_batch(batch(project, "a.py", "b.py")).with_batch(batch(project, "test_a.py"))


def texts(snapshot: Snapshot) -> list[str]:
    """Return what can be shown of every row."""
    chunks = [snapshot.chunk(row) for row in range(snapshot.chunk_count)]
    return [chunk.text for chunk in chunks if chunk]


def test_chunks_have_dense_rows_and_their_files_text(snapshot: Snapshot) -> None:
    """A chunk's text is that of its lines in the file."""
    chunk = snapshot.chunk(1)

    assert snapshot.chunk_count == 4
    assert chunk is not None
    assert (chunk.path, chunk.name, chunk.kind, chunk.language) == (
        *("a.py", "save", "function", "python"),
    )
    assert (chunk.text, chunk.start_line, chunk.end_line) == ("def save(x): pass", 4, 4)
    assert chunk.symbol is not None
    assert snapshot.symbol(chunk.symbol).name == "save"
    assert list(snapshot.rows_of("a.py")) == [0, 1]
    assert list(snapshot.rows_of("test_a.py")) == [3]
    assert list(snapshot.rows_of("none.py")) == []


def test_text_that_is_not_a_files_lines_is_held(project: Path) -> None:
    """A class head with the signatures of its members, say."""
    text = (project / "a.py").read_text()
    found = read(project, "a.py")
    assert isinstance(found, Text)
    whole = Extracted("python", chunks=(Chunk("class", "A", "a.py", "made up", 3, 4),))
    rows = ENCODER.encode([(document("a.py", text, found.content), whole, text)])

    assert texts(Snapshot.empty(Texts(project), 2).with_batch(rows)) == ["made up"]


def test_a_changed_file_has_new_rows_and_its_old_ones_are_dead(
    project: Path, snapshot: Snapshot
) -> None:
    """The rows of others keep their numbers."""
    (project / "a.py").write_text("def stored(x): pass\n")
    changed = snapshot.with_batch(batch(project, "a.py"))

    assert list(changed.live) == [False, False, True, True, True]
    assert list(changed.rows_of("a.py")) == [4]
    assert texts(changed)[-1] == "def stored(x): pass"
    assert changed.full_text(["save"], 5)[0].tolist() == []
    assert snapshot.full_text(["save"], 5)[0].tolist() == [1]
    assert changed.generation == snapshot.generation


def test_nothing_is_shown_that_the_file_no_longer_holds(project: Path, snapshot: Snapshot) -> None:
    """A file that was edited, one that was removed, one that was only touched."""
    (project / "a.py").write_text("def other(): pass\n")
    (project / "b.py").unlink()
    os.utime(project / "test_a.py", (1, 1))

    assert texts(snapshot) == ["def check(): load(1); load(2)"]
    assert [snapshot.check(name) for name in ("a.py", "b.py", "test_a.py")] == [False, False, True]


def test_an_edit_of_the_same_size_and_time_is_seen_once_the_stamp_is_unsure(
    project: Path, snapshot: Snapshot
) -> None:
    """Files are written so shortly before they are read that their stamps prove nothing."""
    status = (project / "b.py").stat()
    (project / "b.py").write_text("def raed(x): return open(x).read()\n")
    os.utime(project / "b.py", ns=(status.st_atime_ns, status.st_mtime_ns))

    assert not snapshot.check("b.py")


def test_an_unsaved_text_stands_for_its_file(project: Path, snapshot: Snapshot) -> None:
    """Whatever the file holds."""
    text = "def draft(): pass\n"
    whole = ENCODER.encode(
        [(document("a.py", text, b"u", FLAG_UNSAVED), extracted("a.py", text), "")]
    )
    overlaid = snapshot.with_batch(whole)

    assert overlaid.check("a.py")
    assert "def draft(): pass" in texts(overlaid)
    assert "def save(x): pass" not in texts(overlaid)


def test_files_that_went(snapshot: Snapshot) -> None:
    """Neither their chunks, nor their symbols, nor their references are there."""
    less = snapshot.without(["test_a.py", "never.py"])

    assert sorted(file.path for file in less.files()) == ["a.py", "b.py"]
    assert less.references("load") == []
    assert less.live_symbols.tolist() == [True, True, True, False]
    assert less.postings("check")[0].tolist() == []
    assert snapshot.file("test_a.py") is not None
    assert less.file("test_a.py") is None


def test_references_say_where_a_name_is_used(snapshot: Snapshot) -> None:
    """One value for all uses in one symbol."""
    (use,) = snapshot.references("load")

    assert (use.path, use.lines, use.kind) == ("test_a.py", (1, 1), "call")
    assert use.symbol is not None
    assert snapshot.symbol(use.symbol).qualified == "check"
    assert {reference.path for reference in snapshot.references("read")} == {"a.py", "b.py"}
    assert snapshot.imports_of("b.py") == [Import("os", "path", "p", 1)]
    assert list(snapshot.symbols_of("b.py")) == [2]


def test_flags_of_files(snapshot: Snapshot) -> None:
    """Kept as they were given."""
    assert [file.path for file in snapshot.files() if file.is_test] == ["test_a.py"]


def test_full_text_ranks_by_bm25(snapshot: Snapshot) -> None:
    """Rare words weigh more than common ones; the title is a field of its own."""
    rows, scores = snapshot.full_text(["def", "open"], 10)

    assert rows[0] == 2
    assert len(rows) == 4
    assert np.all(np.diff(scores) <= 0)
    assert snapshot.full_text(["test_a"], 10)[0].tolist() == []
    assert snapshot.full_text(["test_a"], 10, "title")[0].tolist() == [3]
    assert (
        snapshot.full_text(["def"], 2)[0].tolist() == snapshot.full_text(["def"], 9)[0].tolist()[:2]
    )


def test_vectors_come_later_and_stay_with_their_rows(project: Path, snapshot: Snapshot) -> None:
    """They follow when rows are numbered anew."""
    assert snapshot.awaiting_vectors() == ["a.py", "b.py", "test_a.py"]
    content = snapshot.documents[1].content
    assert snapshot.put_vectors("b.py", content, np.array([[0.5, 1]], np.float32))
    assert not snapshot.put_vectors("a.py", b"other", np.zeros((2, 2), np.float32))
    later = snapshot.without(["a.py"]).renumbered()

    assert snapshot.vectors().tolist() == [[0, 0], [0, 0], [0.5, 1], [0, 0]]
    assert later.vectors().tolist() == [[0.5, 1], [0, 0]]
    assert later.awaiting_vectors() == ["test_a.py"]
    assert later.embedded_count == 1
    assert later.generation != snapshot.generation
    assert texts(later) == texts(snapshot)[2:]


def test_many_small_changes_leave_few_parts(project: Path, snapshot: Snapshot) -> None:
    """Each merged with its neighbours; numbers stay."""
    for _ in range(40):
        snapshot = snapshot.with_batch(batch(project, "b.py"))

    assert len(snapshot.parts) <= 6
    assert snapshot.chunk_count == 44
    assert [snapshot.path(row) for row in snapshot.full_text(["open"], 9)[0]] == ["b.py"]
    assert len(snapshot.references("read")) == 2
    assert texts(snapshot.renumbered()) == texts(snapshot)


def test_an_empty_snapshot_answers(tmp_path: Path) -> None:
    """With nothing."""
    empty = Snapshot.empty(Texts(tmp_path), 3)

    assert empty.full_text(["a"], 5)[0].tolist() == []
    assert empty.vectors().shape == (0, 3)
    assert empty.references("a") == []
    assert empty.renumbered().chunk_count == 0
    assert not empty.check("a.py")
