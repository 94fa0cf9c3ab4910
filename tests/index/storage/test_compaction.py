"""The size on disk is bounded at every moment, and what is removed is nobody's."""

import random
import shutil
import threading
from pathlib import Path

import pytest

import ownstack
from ownstack.index.project import ProjectIndex
from ownstack.index.storage.compaction import DEAD_BYTES, DEAD_SHARE, KEPT_SHARE, Balance
from ownstack.index.storage.folder import folder_bytes
from ownstack.locking import FileLock
from tests.support.indexing import found, open_index, shown, write

pytestmark = pytest.mark.process

MAX_TIMES = 4.0


def ratio(index: ProjectIndex, cache: Path) -> float:
    return folder_bytes(cache) / sum(file.size_bytes for file in index.snapshot.files())


def test_edits_and_switches_leave_a_small_store(tmp_path: Path) -> None:
    """Of half a megabyte of real code; the size is looked at after each of them."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    shutil.copytree(Path(ownstack.__file__).parent, root, ignore=lambda *_: ["__pycache__"])
    for path in list(root.rglob("*")):
        if path.is_file() and path.suffix != ".py":
            path.unlink()
    index = open_index(root, cache)
    index.refresh()
    dice = random.Random(1)
    files = sorted(file.path for file in index.snapshot.files() if file.size_bytes > 4_000)
    branch = {path: (root / path).read_text() for path in dice.sample(files, len(files) // 4)}
    sizes = [ratio(index, cache)]
    for turn in range(4):
        mark = "# branch\n" if turn % 2 == 0 else ""
        write(root, {path: text + mark for path, text in branch.items()})
        index.refresh()
        sizes.append(ratio(index, cache))
    for turn in range(40):
        path = dice.choice(files)
        write(root, {path: (root / path).read_text() + f"edited_{turn} = {turn}\n"})
        assert index.update([path])
        sizes.append(ratio(index, cache))
    expected = shown(index)
    index.close()

    assert sizes[0] < MAX_TIMES / 2
    assert max(sizes) < MAX_TIMES
    again = open_index(root, cache)
    assert shown(again) == expected
    assert again.status().message == ""
    again.close()


def test_a_writer_removes_nothing_while_somebody_loads(tmp_path: Path) -> None:
    """And all that waits, with the first write after it."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {"a.py": "def function(): pass\n"})
    index = open_index(root, cache)
    index.refresh()
    (lock,) = cache.glob("*/lock")
    sizes: list[int] = []

    def edit(n_edits: int) -> None:
        for _ in range(n_edits):
            write(root, {"a.py": f"def function_{len(sizes)}(): pass\n"})
            index.update(["a.py"])
            sizes.append(folder_bytes(cache))

    share = FileLock.take(lock.with_name("readers"), shares=True)
    assert share is not None
    edit(30)
    assert sizes == sorted(sizes)
    share.release()
    edit(1)
    assert sizes[-1] < sizes[-2] / 2
    assert index.status().message == ""
    index.close()


def test_readers_always_find_what_they_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Versions are removed at once, and yet never from under somebody."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(root, {f"{n}.py": f"def steady_{n}(): pass\n" for n in range(20)})
    writer = open_index(root, cache)
    writer.refresh()
    reader = open_index(root, cache)
    ends = threading.Event()

    def rewrite() -> None:
        turn = 0
        while not ends.is_set():
            turn += 1
            write(root, {"a.py": f"def changing_{turn}(): pass\n"})
            writer.update(["a.py"])
            writer.tidy(at_once=True)

    thread = threading.Thread(target=rewrite)
    thread.start()
    try:
        seen = []
        for _ in range(15):
            reader.refresh()
            seen.append(found(reader, "steady"))
    finally:
        ends.set()
        thread.join()
    is_reader = reader.status().is_reader
    reader.close()
    writer.close()

    assert is_reader
    assert seen == [{f"{n}.py" for n in range(20)}] * 15
    assert caplog.records == []


def test_former_states_are_forgotten_by_share() -> None:
    """Some more than are kept then, so that it is not done with every save."""
    balance = Balance(live_bytes=1_000_000)
    balance.stored_bytes = 1_000_000 + int(DEAD_SHARE * 1_000_000) + DEAD_BYTES
    assert not balance.is_too_much
    balance.stored_bytes += 1
    assert balance.is_too_much
    assert balance.kept_bytes == KEPT_SHARE * 1_000_000
