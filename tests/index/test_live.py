"""An index that follows its folder."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ownstack.files import publisher as publishing
from ownstack.files.publisher import Publisher
from ownstack.files.watcher import Watch, _Handler
from ownstack.index import live as module
from ownstack.index.live import LiveIndex
from ownstack.index.project import ProjectIndex
from ownstack.index.status import Progress
from ownstack.index.update.jobs import FilesRead
from tests.support.indexing import found, open_index, write

pytestmark = pytest.mark.process

WAIT_S = 60.0


class Seen:
    """Lets a test wait until something can be found, woken by what changes the index."""

    def __init__(self, index: ProjectIndex) -> None:
        self._index = index
        self._changed = threading.Condition()
        note = index._contents.note

        def noted(*arguments: object) -> None:
            note(*arguments)  # type: ignore[arg-type]
            with self._changed:
                self._changed.notify_all()

        index._contents.note = noted  # type: ignore[method-assign, assignment]

    def until(self, word: str, paths: set[str]) -> bool:
        return self.so(lambda: found(self._index, word) == paths)

    def so(self, is_so: Callable[[], bool]) -> bool:
        with self._changed:
            return any(self._changed.wait_for(is_so, 0.2) for _ in range(int(WAIT_S / 0.2)))


def watch_of(live: LiveIndex) -> Watch:
    watch = live.publisher._watch
    assert watch is not None
    return watch


def test_what_changes_on_the_disk_is_found(tmp_path: Path) -> None:
    """Saved, moved with its folder, ignored, removed; nobody asks for a look."""
    root = tmp_path / "project"
    write(root, {"app/net.py": "def listen(): pass\n", ".git/info/exclude": ""})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    told: list[Progress] = []
    live = LiveIndex(index, Publisher(root), told.append)
    assert seen.until("listen", {"app/net.py"})

    write(root, {"app/net.py": "def accept(): pass\n"})
    assert seen.until("accept", {"app/net.py"})
    assert seen.until("listen", set())
    (root / "app").rename(root / "lib")
    assert seen.until("accept", {"lib/net.py"})
    write(root, {".gitignore": "lib/\n"})
    assert seen.until("accept", set())
    (root / ".gitignore").unlink()
    assert seen.until("accept", {"lib/net.py"})
    write(root, {".git/info/exclude": "net.py\n"})
    assert seen.until("accept", set())
    write(root, {".git/info/exclude": ""})
    assert seen.until("accept", {"lib/net.py"})
    (root / "lib" / "net.py").unlink()
    assert seen.until("accept", set())

    live.close()
    assert told[0].phase == "reading"
    assert index.status().message == ""


def test_another_folder_in_its_place_is_watched(tmp_path: Path) -> None:
    """The system goes on to watch the one that was moved away."""
    root, away = tmp_path / "project", tmp_path / "away"
    write(root, {"one.py": "def first_thing(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    live = LiveIndex(index, Publisher(root, 0.2))
    assert seen.until("first", {"one.py"})

    write(tmp_path / "other", {"two.py": "def second_thing(): pass\n"})
    root.rename(away)
    (tmp_path / "other").rename(root)
    assert seen.until("second", {"two.py"})
    watch_of(live)._check_s = 1e6
    write(root, {"three.py": "def third_thing(): pass\n"})

    assert seen.until("third", {"three.py"})
    live.close()


def test_an_editor_may_tell_sooner(tmp_path: Path) -> None:
    """Of a file in the folder."""
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    live = LiveIndex(index, Publisher(root))
    assert seen.until("listen", {"a.py"})
    watch_of(live)._observer.unschedule_all()
    write(root, {"a.py": "def accept(): pass\n"})
    live.publisher.look("a.py")

    assert seen.until("accept", {"a.py"})
    live.close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> float:
    """How often the whole folder is looked at, however long that takes; in seconds."""
    monkeypatch.setattr(publishing, "CHECK_SHARE", 0)
    return 0.05


def test_what_others_change_on_a_network_drive_is_found(
    tmp_path: Path, often: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No system tells of it, so it is looked for."""
    monkeypatch.setattr(_Handler, "on_any_event", lambda *_: None)
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    live = LiveIndex(index, Publisher(root, often))
    assert seen.until("listen", {"a.py"})
    write(root, {"sub/b.py": "def accept(): pass\n"})
    (root / "a.py").unlink()

    assert seen.until("accept", {"sub/b.py"})
    assert seen.until("listen", set())
    live.close()


def test_a_drive_that_goes_and_comes_back(tmp_path: Path, often: float) -> None:
    """Nothing of it is found meanwhile, and its user is told; then all is as it was."""
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    live = LiveIndex(index, Publisher(root, often))
    observer = watch_of(live)._observer
    assert seen.until("listen", {"a.py"})
    root.rename(tmp_path / "away")

    assert seen.so(lambda: index.phase == "failed")
    assert "Connect its drive again" in index.status().message
    assert (found(index, "listen"), index.status().n_files) == (set(), 1)
    shutil.copytree(tmp_path / "away", root)
    assert seen.so(lambda: index.phase == "ready")
    assert found(index, "listen") == {"a.py"}
    assert index.status().message == ""
    assert seen.so(lambda: watch_of(live)._observer is not observer)
    live.close()


def test_work_that_failed_is_done_soon_without_anybody_asking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However far the next look at the whole folder is; the failure is said until then."""
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    index = open_index(root, tmp_path / "cache")
    seen, said = Seen(index), list[str]()
    take = index._contents.take

    def fail_twice(read: FilesRead) -> None:
        if len(said) < 2:
            said.append(index.status().message)
            raise ValueError("no memory for it")
        said.append(index.status().message)
        take(read)

    monkeypatch.setattr(index._contents, "take", fail_twice)
    live = LiveIndex(index, Publisher(root, 3_600))

    assert seen.until("listen", {"a.py"})
    assert seen.so(lambda: index.status().message == "")
    live.close()
    assert said[0] == ""
    assert "no memory for it" in said[1]
