"""The indexes that windows share: opened once, resting while somebody types, closed at last."""

import asyncio
import ctypes
import errno
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ownstack.app.host import Host
from ownstack.app.indexes import folder_indexes as module
from ownstack.app.indexes.folder_indexes import FolderIndex, Indexes
from ownstack.extract.rows import SearchHit
from ownstack.files import publisher, watcher
from ownstack.files.publisher import Publishers
from ownstack.index.search import search
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.update import workers
from ownstack.locking import FileLock
from ownstack.paths import Home, short_hash
from tests.support.casing import ignore_case
from tests.support.editor import PATIENCE_S

pytestmark = pytest.mark.process


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project that takes some while to read."""
    made = tmp_path / "project"
    made.mkdir()
    for number in range(200):
        (made / f"part_{number}.py").write_text(f"def part_{number}(): return {number}\n")
    return made


@pytest.fixture
async def indexes(home: Home) -> AsyncIterator[Indexes]:
    made = Indexes(home.cache / "index", Publishers())
    yield made
    await made.close()


async def until(true: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not true():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), PATIENCE_S)


async def ready(held: FolderIndex) -> None:
    await asyncio.wait_for(asyncio.wrap_future(held.first), PATIENCE_S)


async def test_windows_share_one_index(indexes: Indexes, folder: Path) -> None:
    """And all are told of what changes."""
    told: list[str] = []
    for window in ("a", "b"):
        indexes.watch(window, lambda window=window: told.append(window))
    held = indexes.use("a", folder)

    assert indexes.use("b", folder) is held
    await ready(held)
    await until(lambda: {"a", "b"} <= set(told))
    assert held.status.files == 200
    assert held.status.age_s is not None


async def test_the_end_is_told_however_long_it_takes(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes that take long to end do not make it look unfinished for ever."""
    real = workers.Pool.shrink

    def slow(pool: workers.Pool) -> None:
        time.sleep(3 * module.LOOK_SOON_S)
        real(pool)

    monkeypatch.setattr(workers.Pool, "shrink", slow)

    held = indexes.use("a", folder)

    await until(lambda: held.status.state == "ready")


async def test_why_nothing_is_read(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An index that does not come about says so, and does not stand at 0 % for ever."""
    monkeypatch.setattr(workers, "_MAIN", "raise SystemExit(3)")

    held = indexes.use("a", folder)

    await ready(held)
    assert held.status.state == "error"
    assert "processes that read files do not start" in held.status.reason
    monkeypatch.undo()
    held.saved("part_0.py")
    await until(lambda: held.status.state == "ready")
    assert held.status.files == 200


async def test_a_first_search_is_made_before_somebody_asks(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, when the index is there; the next one finds its tables made."""
    asked: list[int] = []
    real = search.search

    def counted(snapshot: Snapshot, *given: Any) -> list[SearchHit]:
        asked.append(snapshot.file_count)
        return real(snapshot, *given)

    monkeypatch.setattr(search, "search", counted)

    await ready(indexes.use("a", folder))

    await until(lambda: asked == [200])


async def test_work_rests_while_somebody_types(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status says so, and the work goes on after the last key."""
    monkeypatch.setattr(module, "QUIET_S", 3_600.0)
    held = indexes.use("a", folder)
    await until(lambda: held.snapshot is not None)

    indexes.typed()
    await until(lambda: held.status.state == "paused")
    monkeypatch.setattr(module, "QUIET_S", 0.0)
    indexes.typed()

    await ready(held)
    assert held.status.state == "ready"


async def test_what_nobody_uses_is_closed_after_a_while(
    indexes: Indexes, folder: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that another process may write it; a window that comes back in time keeps it."""
    held = indexes.use("a", folder)
    await ready(held)
    indexes.leave("a", folder)
    assert indexes.use("a", folder) is held

    monkeypatch.setattr(module, "LINGER_S", 0.0)
    indexes.leave("a", folder)

    file = home.cache / "index" / short_hash(str(folder.resolve())) / "lock"
    await until(lambda: (lock := FileLock.take(file)) is not None and lock.release() is None)
    assert indexes.statuses() == []


async def test_what_is_stored_is_there_at_once(home: Home, folder: Path) -> None:
    """The next start reads nothing again that has not changed."""
    for expected in (200, 200):
        indexes = Indexes(home.cache / "index", Publishers())
        held = indexes.use("a", folder)
        await ready(held)
        assert held.status.files == expected
        await indexes.close()


async def test_a_folder_that_is_not_there(indexes: Indexes, tmp_path: Path) -> None:
    """Is an error in the status, and nothing else."""
    held = indexes.use("a", tmp_path / "none")

    await ready(held)

    assert held.status.state == "error"
    assert "is not a folder" in held.status.reason
    assert held.snapshot is None
    assert not held.file("x.py").indexed


async def test_a_folder_that_comes_back_is_opened_without_anybody_asking(
    indexes: Indexes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A drive that was not there when the window opened, say."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(module, "RETRY_LATEST_S", 0.01)
    held = indexes.use("a", tmp_path / "late")
    await ready(held)
    assert held.status.state == "error"

    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "a.py").write_text("x = 1\n")

    await until(lambda: held.status.state == "ready" and held.status.files == 1)


@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
async def test_no_inotify_instances_are_left(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index is built, changes are looked for, and the status says so."""
    from watchdog.observers import inotify_c

    def refuse() -> int:
        ctypes.set_errno(errno.EMFILE)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_init", refuse)
    monkeypatch.setattr(watcher, "POLL_S", 0.05)
    monkeypatch.setattr(publisher, "CHECK_SHARE", 0)
    held = indexes.use("a", folder)

    await ready(held)
    assert held.status.state == "ready"
    assert "cannot watch this folder (inotify instance limit reached)" in held.status.reason
    assert "it is looked at every" in held.status.reason
    (folder / "new.py").write_text("def arrived(): pass\n")
    await until(lambda: symbols_in(held, "new.py") == ["arrived"])
    # As soon as there are instances again, nothing is late any more.
    monkeypatch.undo()
    await until(lambda: held.status.reason == "The index is up to date.")


async def test_the_daemon_reports_its_indexes(home: Home, folder: Path) -> None:
    """As `ownstack status --json` shows them."""
    host = Host(home, mode="daemon")
    assert host.report(0)["indexes"] == []

    await ready(host.indexes.use("a", folder))
    [index] = host.report(1)["indexes"]
    await host.close()

    assert (index["folder"], index["state"], index["files"]) == (str(folder), "ready", 200)
    assert index["sizeBytes"] >= 0


def symbols_in(held: FolderIndex, path: str) -> list[str]:
    snapshot = held.snapshot
    assert snapshot is not None
    return [snapshot.symbol(row).name for row in snapshot.symbols_of(path)]


async def test_an_editor_may_spell_a_path_in_other_case(
    indexes: Indexes, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the file system ignores case, its text stands for the file that is listed."""
    ignore_case(folder, monkeypatch)
    held = indexes.use("a", folder)
    await ready(held)
    held.overlay("Part_7.py", "def unsaved(): return 7\n")
    await until(lambda: symbols_in(held, "part_7.py") == ["unsaved"])
    assert held.file("PART_7.py").indexed
    assert held.file("PART_7.py").path == "part_7.py"

    (folder / "part_7.py").write_text("def saved(): return 7\n")
    held.saved("Part_7.py")
    await until(lambda: symbols_in(held, "part_7.py") == ["saved"])
    assert held.snapshot is not None
    assert held.snapshot.file_count == 200
