"""Many events, few words."""

import os
import queue
import runpy
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from watchdog.events import FileModifiedEvent
from watchdog.observers.api import BaseObserver

from ownstack.errors import IndexingError
from ownstack.files import watcher
from ownstack.files.watcher import LATEST_S, MAX_PATHS, QUIET_S, Changes, Watch, _Handler

Told = queue.Queue[tuple[frozenset[str] | None, bool]]


@pytest.mark.parametrize(
    ("times", "now", "expected"),
    [
        ([], 5.0, None),
        ([1.0], 1.0, QUIET_S),
        ([1.0], 1.0 + QUIET_S, 0.0),
        ([1.0, 1.02], 1.03, QUIET_S - 0.01),
        ([1.0 + 0.01 * n for n in range(31)], 1.3, 0.0),
    ],
    ids=["nothing", "just now", "quiet", "again", "never quiet"],
)
def test_a_set_is_told_when_it_is_quiet(
    times: list[float], now: float, expected: float | None
) -> None:
    """Or when its first path has waited long enough."""
    changes = Changes()
    for at in times:
        changes.add("a.py", at)

    wait_s = changes.wait_s(now)

    assert wait_s == (expected if expected is None else pytest.approx(expected, abs=1e-9))
    assert pytest.approx(0.3) == LATEST_S


def test_too_many_paths_are_everything() -> None:
    """A branch switch of thousands of files; the next set begins anew."""
    changes = Changes()
    for number in range(MAX_PATHS + 1):
        changes.add(f"{number}.py", 1.0)

    assert changes.take() is None
    assert changes.wait_s(2.0) is None
    changes.add("a.py", 3.0)
    assert changes.take() == {"a.py"}


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """What is told of a folder with a file `a.py` in it."""
    (tmp_path / "a.py").write_text("1\n")
    (tmp_path / "sub").mkdir()
    told: Told = queue.Queue()
    watching = Watch(
        tmp_path, lambda paths, *, is_check: told.put((paths, is_check)), check_s=3_600
    )
    yield told
    watching.close()


def paths_until(told: Told, wanted: set[str]) -> set[str]:
    """Collect what is told until the wanted paths are in it; fails after a minute."""
    found: set[str] = set()
    ends_s = time.monotonic() + 60
    while not wanted <= found:
        paths, _ = told.get(timeout=ends_s - time.monotonic())
        found |= {"*"} if paths is None else paths
    return found


def test_an_editors_save_dance_is_one_file(tmp_path: Path, told: Told) -> None:
    """Written beside, renamed over; nothing is told of what is never looked into."""
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "a.py.tmp").write_text("2\n")
    os.replace(tmp_path / "a.py.tmp", tmp_path / "a.py")

    assert paths_until(told, {"a.py"}) <= {"a.py", "a.py.tmp"}


def test_a_moved_folder_is_everything(tmp_path: Path, told: Told) -> None:
    """What is in it has other names now."""
    os.rename(tmp_path / "sub", tmp_path / "moved")

    assert paths_until(told, {"*"})


def test_files_that_go(tmp_path: Path, told: Told) -> None:
    """Are told like files that change."""
    (tmp_path / "a.py").unlink()

    assert "a.py" in paths_until(told, {"a.py"})


def test_where_the_system_cannot_watch_the_folder_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its user is told why changes are seen late."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(BaseObserver, "schedule", refuse)
    told: Told = queue.Queue()
    watching = Watch(tmp_path, lambda paths, *, is_check: told.put((paths, is_check)), check_s=0.01)

    assert told.get(timeout=20) == (None, True)
    assert "inotify watch limit" in watching.message
    watching.close()


def test_where_the_watches_run_out_below_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told of it but by asking for one more; its user is."""
    schedule = BaseObserver.schedule

    def refuse_others(observer: BaseObserver, handler: Any, path: str, **options: bool) -> Any:
        if path != str(tmp_path):
            raise OSError(28, "inotify watch limit reached")
        return schedule(observer, handler, path, **options)

    monkeypatch.setattr(BaseObserver, "schedule", refuse_others)
    told: Told = queue.Queue()
    # Seldom enough: a change that falls together with a look at everything is told with that.
    watching = Watch(tmp_path, lambda paths, *, is_check: told.put((paths, is_check)), check_s=2)

    assert told.get(timeout=20) == (None, True)
    assert "only a part of this folder (inotify watch limit reached)" in watching.message
    (tmp_path / "a.py").write_text("1\n")
    assert "a.py" in paths_until(told, {"a.py"})
    watching.close()


def test_an_error_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, and the next change is told again."""
    told: Told = queue.Queue()
    fails = [True]

    def fail_once(paths: frozenset[str] | None, *, is_check: bool) -> None:
        told.put((paths, is_check))
        if fails.pop() if fails else False:
            raise ValueError("no")

    watching = Watch(tmp_path, fail_once, check_s=0.01)
    first, second = told.get(timeout=20), told.get(timeout=20)
    watching.close()

    assert (first, second) == ((None, True), (None, True))
    assert "could not be taken over" in caplog.text


def test_what_is_told_of_does_not_put_off_a_look_at_everything(tmp_path: Path) -> None:
    """On a network drive nothing is told of what others change, however much one does oneself."""
    told: Told = queue.Queue()

    def tell(paths: frozenset[str] | None, *, is_check: bool) -> None:
        told.put((paths, is_check))
        watching.poke("a.py")

    watching = Watch(tmp_path, tell, check_s=10 * QUIET_S)
    watching.poke("a.py")
    # Of these at least one comes after ten times as long as a set of paths takes.
    seen = [told.get(timeout=20) for _ in range(40)]
    watching.close()

    assert seen[0] == (frozenset({"a.py"}), False)
    assert (None, True) in seen


def test_a_folder_that_came_back_is_watched_anew(tmp_path: Path) -> None:
    """The system watched the one that was there before."""
    folder = tmp_path / "project"
    folder.mkdir()
    told: Told = queue.Queue()
    watching = Watch(folder, lambda paths, *, is_check: told.put((paths, is_check)), check_s=3_600)
    folder.rename(tmp_path / "away")
    folder.mkdir()
    watching.renew()
    (folder / "a.py").write_text("1\n")

    assert paths_until(told, {"a.py"})
    assert watching.message == ""
    watching.close()


def test_a_folder_that_is_away_cannot_be_watched(tmp_path: Path) -> None:
    """That is told until it can."""
    folder = tmp_path / "project"
    watching = Watch(folder, lambda paths, *, is_check: None, check_s=3_600)
    assert "No such file" in watching.message
    folder.mkdir()
    watching.renew()

    assert watching.message == ""
    watching.close()


def test_an_event_that_spells_the_folder_in_other_case(tmp_path: Path) -> None:
    """Where case is ignored, it is the folder; a longer name is another."""
    changes = Changes()
    handler = _Handler(tmp_path / "Project", changes)
    for name in ("Project/a.py", "PROJECT/Sub/b.py", "Projects/c.py", "d.py"):
        handler.on_any_event(FileModifiedEvent(str(tmp_path / name)))

    assert changes.take() == {"a.py", "Sub/b.py"}


def test_a_reason_for_users_is_logged_without_a_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may come again every two minutes, as long as a drive is away."""
    told: Told = queue.Queue()

    def tell(paths: frozenset[str] | None, *, is_check: bool) -> None:
        told.put((paths, is_check))
        raise IndexingError("The folder is away.", "Connect it.")

    watching = Watch(tmp_path, tell, check_s=0.01)
    told.get(timeout=20)
    told.get(timeout=20)
    watching.close()

    assert "could not be taken over: The folder is away. Connect it." in caplog.text
    assert all(record.exc_info is None for record in caplog.records)


@pytest.mark.skipif(sys.platform != "linux", reason="only there is something put right")
def test_older_watchdogs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.10 has none but those before 7, which lack a class that is put right."""
    monkeypatch.delattr("watchdog.observers.inotify.InotifyWatchGroup")

    assert "Changes" in runpy.run_path(watcher.__file__)
