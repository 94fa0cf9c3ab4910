"""A folder's text on disk: what changed counts, what is gone is never found."""

import os
from pathlib import Path

import pytest

from ownstack.completion.echo import store as storing
from ownstack.completion.echo.store import Store
from ownstack.errors import IndexingError
from ownstack.files.listing import look, look_at
from tests.support.notebooks import code, notebook


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(storing, "MIN_WRITTEN_BYTES", 64)
    return tmp_path / "cache"


def write(file: Path, text: str) -> None:
    """Write a file so that its time is another one, however fast the test is."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text, encoding="utf-8")
    os.utime(file, ns=(before + 1_000_000_000, before + 1_000_000_000))


def update(store: Store, name: str) -> None:
    store.update(look_at(store.view.folder, [name]) or {})


def refreshed(folder: Path, cache: Path) -> Store:
    store = Store(folder, cache)
    store.refresh()
    return store


def holds(store: Store, text: str) -> list[str]:
    """The files in which a text counts."""
    found = set()
    for part in store.view.parts:
        matches = part.segment.find(text.encode()[::-1], limit=500)
        for length, number in zip(matches.lengths.tolist(), matches.files.tolist(), strict=True):
            if length == len(text.encode()) and part.alive[number]:
                found.add(part.segment.files[number].path)
    return sorted(found)


def test_everything_is_found_after_a_refresh(folder: Path, cache: Path) -> None:
    """In all files; the view says that it is complete."""
    for n in range(5):
        write(folder / f"{n}.py", f"common = {n}\n")
    store = Store(folder, cache)
    before = store.view.complete

    store.refresh()

    assert (before, store.view.complete) == (False, True)
    assert holds(store, "common = ") == [f"{n}.py" for n in range(5)]
    assert holds(store, "common = 3") == ["3.py"]


def test_a_changed_file(folder: Path, cache: Path) -> None:
    """The new text counts, the old one is gone, for an update and for a refresh."""
    write(folder / "a.py", "first = 1\n")
    store = refreshed(folder, cache)

    write(folder / "a.py", "second = 2\n")
    update(store, "a.py")
    after_update = holds(store, "first"), holds(store, "second")
    write(folder / "a.py", "third = 3\n")
    store.refresh()

    assert after_update == ([], ["a.py"])
    assert (holds(store, "second"), holds(store, "third")) == ([], ["a.py"])


def test_a_removed_file(folder: Path, cache: Path) -> None:
    """Nothing of it is left, and no part without text is kept."""
    write(folder / "a.py", "first = 1\n" * 20)
    write(folder / "b.py", "second = 2\n" * 20)
    store = refreshed(folder, cache)
    write(folder / "empty.py", "")

    (folder / "a.py").unlink()
    update(store, "a.py")
    (folder / "b.py").unlink()
    store.refresh()

    assert (holds(store, "first"), holds(store, "second")) == ([], [])
    assert store.view.parts == ()
    assert list(cache.glob("*")) == []


def test_a_file_that_becomes_ignored(folder: Path, cache: Path) -> None:
    """It no longer counts."""
    write(folder / "a.py", "first = 1\n")
    store = refreshed(folder, cache)

    write(folder / ".gitignore", "a.py\n")
    store.refresh()

    assert holds(store, "first") == []


def test_a_restart_reads_only_what_changed(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest comes from the cache."""
    for n in range(4):
        write(folder / f"{n}.py", f"common = {n}\n" * 20)
    refreshed(folder, cache)
    write(folder / "2.py", "changed = 2\n" * 20)
    reads: list[str] = []
    real = storing.read
    monkeypatch.setattr(storing, "read", lambda root, name: reads.append(name) or real(root, name))

    again = refreshed(folder, cache)

    assert reads == ["2.py"]
    assert holds(again, "common = ") == ["0.py", "1.py", "3.py"]
    assert holds(again, "changed") == ["2.py"]


def test_what_is_no_text_is_read_once(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it changes."""
    (folder / "data.py").write_bytes(b"\0" * 100)
    store = refreshed(folder, cache)
    reads: list[str] = []
    real = storing.read
    monkeypatch.setattr(storing, "read", lambda root, name: reads.append(name) or real(root, name))

    store.refresh()
    before = list(reads)
    write(folder / "data.py", "text = 1\n")
    store.refresh()

    assert (before, reads) == ([], ["data.py"])
    assert holds(store, "text") == ["data.py"]


def test_damage_is_repaired(folder: Path, cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A cache that was cut short is made again, and the log says so."""
    write(folder / "a.py", "first = 1\n" * 20)
    refreshed(folder, cache)
    [file] = cache.glob("*.echo")
    file.write_bytes(file.read_bytes()[:-3])

    again = refreshed(folder, cache)

    assert holds(again, "first") == ["a.py"]
    assert "made again" in caplog.text


def test_many_updates_leave_few_parts(folder: Path, cache: Path) -> None:
    """Small parts are merged; each file still counts once, with its newest text."""
    store = refreshed(folder, cache)
    for round_ in range(3):
        for n in range(20):
            write(folder / f"{n}.py", f"common = {n} round_{round_}\n" * 5)
            update(store, f"{n}.py")
        store.merge()

    assert len(store.view.parts) < 8
    assert holds(store, "round_2") == sorted(f"{n}.py" for n in range(20))
    assert holds(store, "round_1") == []
    on_disk = {part.path for part in store.view.parts if part.path is not None}
    assert set(cache.glob("*")) == on_disk


def test_an_update_during_a_merge_is_not_lost(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was changed while its old text was being merged stays changed."""
    store = refreshed(folder, cache)
    for n in range(4):
        write(folder / f"{n}.py", f"old_{n} = 1\n" * 10)
        update(store, f"{n}.py")
    real = store._write

    def slow(segment: storing.Segment) -> object:
        monkeypatch.setattr(store, "_write", real)
        write(folder / "2.py", "new = 1\n")
        update(store, "2.py")
        return real(segment)

    monkeypatch.setattr(store, "_write", slow)
    store.merge()

    assert (holds(store, "old_2"), holds(store, "new")) == ([], ["2.py"])
    assert holds(store, "old_") == ["0.py", "1.py", "3.py"]


def test_an_update_during_a_refresh_is_not_lost(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was saved after the refresh had read it keeps what was saved."""
    write(folder / "a.py", "old = 1\n")
    store = Store(folder, cache)
    real = store._write

    def slow(segment: storing.Segment) -> object:
        monkeypatch.setattr(store, "_write", real)
        write(folder / "a.py", "new = 1\n")
        update(store, "a.py")
        return real(segment)

    monkeypatch.setattr(store, "_write", slow)
    store.refresh()

    assert (holds(store, "old"), holds(store, "new")) == ([], ["a.py"])


def test_an_update_while_a_refresh_looks_around(folder: Path, cache: Path) -> None:
    """A file that was saved after it was seen in its folder keeps what was saved."""
    write(folder / "a.py", "old = 1\n")
    store = refreshed(folder, cache)
    seen = look(folder)
    write(folder / "a.py", "new = 1\n")
    update(store, "a.py")
    store.refresh(seen)

    assert (holds(store, "old"), holds(store, "new")) == ([], ["a.py"])


def test_a_folder_that_is_away(folder: Path, cache: Path) -> None:
    """A drive that comes back finds what was stored of it."""
    write(folder / "a.py", "kept = 1\n")
    store = refreshed(folder, cache)
    away = folder.rename(folder.with_name("away"))

    with pytest.raises(IndexingError, match="cannot be listed"):
        store.refresh()
    folder.mkdir()
    with pytest.raises(IndexingError, match="is empty"):
        store.refresh()
    assert holds(store, "kept") == ["a.py"]
    folder.rmdir()
    away.rename(folder)
    store.refresh()

    assert holds(store, "kept") == ["a.py"]


def test_a_cache_that_cannot_be_written(
    folder: Path, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All stays in memory, and the log says so."""
    cache.write_text("a file where the folder should be")
    write(folder / "a.py", "first = 1\n" * 20)

    store = refreshed(folder, cache)

    assert holds(store, "first") == ["a.py"]
    assert "in memory only" in caplog.text


def test_the_amount_of_text_is_bounded(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found last is left out."""
    for n in range(10):
        write(folder / f"{n}.py", f"common = {n}\n" * 10)
    monkeypatch.setattr(storing, "MAX_TEXT_BYTES", 450)

    assert holds(refreshed(folder, cache), "common") == [f"{n}.py" for n in range(4)]


def test_a_closed_store_stops_and_forgets_nothing(folder: Path, cache: Path) -> None:
    """What is on disk is still there for the next start."""
    write(folder / "a.py", "first = 1\n" * 20)
    refreshed(folder, cache)
    store = Store(folder, cache)

    store.close()
    store.refresh()

    assert len(list(cache.glob("*.echo"))) == 1
    assert holds(refreshed(folder, cache), "first") == ["a.py"]


def test_outputs_of_notebooks_do_not_count(
    folder: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder's limit is one of text: large pictures in notebooks leave room for other files."""
    cell = code("shown = 1\n")
    cell["outputs"].append({"data": {"image/png": "A" * 3_000_000}})
    for name in "abc":
        (folder / f"{name}.ipynb").write_text(notebook(cell))
    (folder / "z.py").write_text("last = 1\n")
    monkeypatch.setattr(storing, "MAX_TEXT_BYTES", 2 * 1024 * 1024)

    made = Store(folder, cache)
    made.refresh()

    found = {file.path for part in made.view.parts for file in part.live()}
    assert found == {"a.ipynb", "b.ipynb", "c.ipynb", "z.py"}
