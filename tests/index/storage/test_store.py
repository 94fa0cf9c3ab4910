"""What is kept on disk: found again, small, and never fatal when it is broken."""

import errno
import json
import os
import random
from pathlib import Path

import numpy as np
import pytest

from ownstack.errors import IndexCorruptError
from ownstack.extract.rows import Chunk, Extracted, Reference, Symbol
from ownstack.files.reading import content_hash
from ownstack.index.storage.columns import Batch, IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.store import SCHEMA, IndexStore
from ownstack.index.storage.term_counts import TermCounter
from tests.support.indexing import open_index, shown, write

ENCODER = Encoder(TermCounter())


def document(path: str, text: str) -> IndexedDocument:
    return IndexedDocument(path, content_hash(text.encode()), "python", 1, len(text), 0)


def batch(*files: tuple[str, str]) -> Batch:
    """One chunk, symbol and reference for each file."""
    rows = []
    for path, text in files:
        extracted = Extracted(
            "python",
            (Symbol(text, "function", text, "", "", 1, 1, 1),),
            (Reference(f"uses_{text}", 1, "call", 0),),
            (),
            (Chunk("function", text, path, f"text of {text}", 1, 1, 0),),
        )
        rows.append((document(path, text), extracted, "other"))
    return ENCODER.encode(rows)


def states(batch: Batch) -> dict[str, FileState | None]:
    return {
        document.path: FileState((1, document.size_bytes), "", document)
        for document in batch.documents
    }


def opened(folder: Path, embedder: str = "e", *, writes: bool = True) -> IndexStore:
    return IndexStore.open(folder, Path("/root"), embedder, 2, writes=writes)


def put(store: IndexStore, *files: tuple[str, str]) -> None:
    rows = batch(*files)
    store.write(rows, states(rows))
    store.write_vectors(
        [
            (document.path, document.content, np.full((1, 2), len(document.path)))
            for document in rows.documents
        ]
    )


def texts(store: IndexStore) -> list[str]:
    return list(store.load(store.live()).batch.chunks.text)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """All columns, in the order of the documents; vectors with their rows."""
    put(opened(tmp_path), ("a.py", "one"), ("b.py", "two"))
    again = opened(tmp_path)
    held = again.load(again.live())

    assert [document.path for document in held.batch.documents] == ["a.py", "b.py"]
    assert list(held.batch.chunks.text) == ["text of one", "text of two"]
    assert list(held.batch.symbols.name) == ["one", "two"]
    assert list(held.batch.references.name) == ["uses_one", "uses_two"]
    assert held.batch.references.lines[1].tolist() == [1]
    assert held.batch.chunks.terms[0].tolist() == batch(("a.py", "one")).chunks.terms[0].tolist()
    assert held.vectors.tolist() == [[4, 4], [4, 4]]
    assert held.embedded.all()
    assert again.files["a.py"] == FileState((1, 3), "", document("a.py", "one"))


def test_former_states_are_kept_and_found_by_content(tmp_path: Path) -> None:
    """A branch switch back writes some rows of the log only."""
    store = opened(tmp_path)
    put(store, ("a.py", "one"))
    put(store, ("a.py", "two"))
    number = store.number("a.py", content_hash(b"one"))

    assert texts(store) == ["text of two"]
    assert number is not None
    assert list(store.load([number]).batch.chunks.text) == ["text of one"]
    assert set(store.contents("a.py")) == {content_hash(b"one"), content_hash(b"two")}
    store.write(None, {"a.py": FileState((2, 3), "", document("a.py", "one"))})
    assert texts(opened(tmp_path)) == ["text of one"]
    store.write(None, {"a.py": None})
    assert texts(opened(tmp_path)) == []
    assert opened(tmp_path).number("a.py", content_hash(b"two")) is not None


def test_what_was_not_finished_is_removed(tmp_path: Path) -> None:
    """Rows of a document that no file names, as a kill leaves them."""
    store = opened(tmp_path)
    put(store, ("a.py", "one"))
    rows = batch(("b.py", "two"))
    store.write(rows, {})
    again = opened(tmp_path)
    put(again, ("c.py", "three"))

    assert again.number("b.py", content_hash(b"two")) is None
    assert texts(opened(tmp_path)) == ["text of one", "text of three"]


def test_what_was_read_twice_stays_when_the_first_is_forgotten(tmp_path: Path) -> None:
    """As files are that are read before the store is open."""
    store = opened(tmp_path)
    text = "text " + "word " * 20_000
    for _ in range(3):
        put(store, ("a.py", text))
    assert store.is_untidy()
    store.tidy()

    assert texts(store) == texts(opened(tmp_path)) == [f"text of {text}"]


def test_vectors_of_another_embedder_are_dropped(tmp_path: Path) -> None:
    """And nothing else."""
    put(opened(tmp_path), ("a.py", "one"))
    other = opened(tmp_path, "other")
    held = other.load(other.live())

    assert texts(other) == ["text of one"]
    assert held.embedded.tolist() == [False]


def test_another_version_is_no_index(tmp_path: Path) -> None:
    """It is made again, which is said."""
    put(opened(tmp_path), ("a.py", "one"))
    head = json.loads((tmp_path / "index.json").read_text())
    assert head["schema"] == SCHEMA
    (tmp_path / "index.json").write_text(json.dumps(head | {"schema": SCHEMA + 1}))

    with pytest.raises(IndexCorruptError, match="another version"):
        opened(tmp_path)


@pytest.mark.process
@pytest.mark.parametrize("seed", range(int(os.environ.get("OWNSTACK_DAMAGE_RUNS", "5"))))
def test_a_broken_index_is_made_again_with_a_message(tmp_path: Path, seed: int) -> None:
    """Files of the tables truncated, filled with other bytes, or removed."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {f"{n}.py": f"def function_{n}(): pass\n" for n in range(5)})
    index = open_index(root, cache)
    index.refresh()
    expected = shown(index)
    index.close()
    dice = random.Random(seed)
    files = sorted(path for path in cache.rglob("*") if path.is_file() and path.name != "lock")
    for path in dice.sample(files, 3):
        damage = dice.choice(("remove", "truncate", "fill"))
        data = path.read_bytes()
        if damage == "remove":
            path.unlink()
        elif damage == "truncate":
            path.write_bytes(data[: len(data) // 2])
        else:
            path.write_bytes(dice.randbytes(len(data)))

    again = open_index(root, cache)
    again.refresh()

    assert shown(again) == expected
    again.close()
    third = open_index(root, cache)
    third.refresh()
    assert third.status().message == ""
    assert shown(third) == expected
    third.close()


@pytest.mark.process
def test_a_read_only_cache_means_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The index works, and says why it is not kept."""
    write(tmp_path / "project", {"a.py": "def function(): pass\n"})
    real = os.open

    def refuse(path, flags, *rest, **named):  # type: ignore[no-untyped-def]
        if str(path).startswith(str(tmp_path / "cache")):
            raise OSError(errno.EROFS, "Read-only file system")
        return real(path, flags, *rest, **named)

    monkeypatch.setattr(os, "open", refuse)
    index = open_index(tmp_path / "project", tmp_path / "cache")
    index.refresh()

    assert shown(index) == "def function(): pass"
    assert index.snapshot.embedded_count == 1
    assert "Read-only file system" in index.status().message
    assert "memory" in index.status().message
    index.close()


@pytest.mark.process
def test_a_full_disk_means_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work goes on; the next process finds an index that opens, and finishes it."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {f"{n}.py": f"def function_{n}(): pass\n" for n in range(3)})
    index = open_index(root, cache)
    index.refresh()
    real, n_left = IndexStore._add, [2]

    def fill(self, name, rows):  # type: ignore[no-untyped-def]
        n_left[0] -= 1
        if n_left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(self, name, rows)

    monkeypatch.setattr(IndexStore, "_add", fill)
    write(root, {f"{n}.py": f"def other_{n}(): pass\n" for n in range(3)})
    index.refresh()
    assert "No space left" in index.status().message
    assert "other_1" in shown(index)
    write(root, {"4.py": "def later(): pass\n"})
    index.refresh()
    expected = shown(index)
    assert "later" in expected
    index.close()

    monkeypatch.undo()
    again = open_index(root, cache)
    again.refresh()
    assert shown(again) == expected
    assert again.status().message == ""
    again.close()
