"""Much that is new is skimmed first, and then read."""

import os
from pathlib import Path

import pytest

from ownstack.index.project import ProjectIndex
from ownstack.index.search.symbol_lookup import find_symbols
from ownstack.index.status import Progress
from ownstack.index.update import batches, workers
from ownstack.index.update.jobs import FilesRead
from tests.support.indexing import FILES, found, open_again, open_index, shown, write

pytestmark = pytest.mark.process


def stored_documents(index: ProjectIndex) -> int:
    """Return how many states of files are stored, or wait to be."""
    index._session.flush()
    store = index._session.begin().result()
    assert store is not None
    return len(store.live())


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be worth skimming before it is read."""
    monkeypatch.setattr(batches, "MUCH_BYTES", 0)


@pytest.mark.usefixtures("much")
def test_much_is_found_at_a_glance_before_it_is_read(root: Path, cache: Path) -> None:
    """By its words and names, as it stands in the files; in the end as if nobody had glanced."""
    index = open_index(root, cache)
    seen: list[tuple[set[str], list[str], int]] = []
    shares: list[float] = []

    def look(progress: Progress) -> None:
        if progress.phase in ("skimming", "reading"):
            shares.append(progress.share)
        if progress.phase == "skimming" and progress.n_done == progress.n_all:
            names = [symbol.name for symbol in find_symbols(index.snapshot, "bind_socket", 9)]
            seen.append((found(index, "sockets", "bind_socket"), names, stored_documents(index)))

    index.refresh(look)

    assert seen == [({"app/net.py", "app/server.py", "test/test_net.py", "notes.md"},
                     ["bind_socket"], 0)]  # fmt: skip
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    as_glanced_at, n_documents = shown(index), stored_documents(index)
    assert {use.path for use in index.snapshot.references("bind_socket")} >= {"app/server.py"}
    assert index.snapshot.embedded_count == int(index.snapshot.live.sum())
    index.close()
    with open_again(root, cache) as again:
        assert shown(again) == as_glanced_at
        assert stored_documents(again) == n_documents == len(FILES)


@pytest.mark.usefixtures("much")
def test_a_glance_is_forgotten_if_nothing_comes_of_it(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not read is not in the index; the next time it is."""
    index = open_index(root, cache)

    def fail(*given: object) -> None:
        assert found(index, "bind_socket")
        raise RuntimeError("no more")

    with monkeypatch.context() as patched:
        patched.setattr(index, "_read", fail)
        with pytest.raises(RuntimeError):
            index.refresh()

    assert (shown(index), index.status().phase) == ("", "failed")
    assert "no more" in index.status().message
    (root / "app" / "net.py").unlink()
    index.refresh()
    assert found(index, "bind_socket") == {"app/server.py", "test/test_net.py", "notes.md"}
    assert index.status().message == ""
    index.close()


@pytest.mark.usefixtures("much")
def test_a_glance_that_nobody_has_seen_is_forgotten_too(root: Path, cache: Path) -> None:
    """It does not come up later, with what is shown next."""
    index = open_index(root, cache)

    def fail(progress: Progress) -> None:
        assert progress.phase == "skimming"
        raise RuntimeError("no more")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batches, "READ_FILES", 1)
        with pytest.raises(RuntimeError):
            index.refresh(fail)
    index.overlay("draft.py", "def draft(): pass\n")

    assert {file.path for file in index.snapshot.files()} == {"draft.py"}
    index.close()


@pytest.mark.usefixtures("much")
def test_what_was_read_before_is_not_glanced_at(
    root: Path, index: ProjectIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is touched keeps what is known of it all the time."""
    os.utime(root / "app" / "net.py", ns=(1, 1))
    skimmed: list[str] = []
    skim = index._contents.skim

    def note(read: FilesRead) -> None:
        skimmed.extend(document.path for document in read.batch.documents)
        skim(read)

    monkeypatch.setattr(index._contents, "skim", note)
    write(root, {"fresh.py": "def fresh_thing(): pass\n"})
    index.refresh()

    assert skimmed == ["fresh.py"]
    assert found(index, "fresh") == {"fresh.py"}
    assert "bind_socket(port):" in shown(index)


@pytest.mark.usefixtures("much")
def test_what_is_seen_at_a_glance_and_cannot_be_read_is_left_out(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reason is told, and nothing of it is found."""
    monkeypatch.setattr(
        workers,
        "_MAIN",
        "import os\n"
        "from ownstack.index.update import tasks\n"
        "real = tasks.extract\n"
        "def extract(text, *rest):\n"
        "    return os._exit(9) if 'bind' in text else real(text, *rest)\n"
        "tasks.extract = extract\n"
        "tasks.plain = lambda *given: os._exit(9)\n" + workers._MAIN,
    )
    index = open_index(root, cache)
    index.refresh()

    assert found(index, "socket") == {"notes.md"}
    assert "could not be read" in index.reason("app/net.py")
    index.close()
