"""An index that follows its folder."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ownstack.index import following as module
from ownstack.index.following import Following
from ownstack.index.project import ProjectIndex
from ownstack.index.status import Progress
from ownstack.index.watch import _Handler
from tests.support.indexing import found, open_index, write

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


def test_what_changes_on_the_disk_is_found(tmp_path: Path) -> None:
    """Saved, moved with its folder, ignored, removed; nobody asks for a look."""
    root = tmp_path / "project"
    write(root, {"app/net.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    told: list[Progress] = []
    following = Following(index, told.append)
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
    (root / "lib" / "net.py").unlink()
    assert seen.until("accept", set())

    following.close()
    assert told[0].phase == "reading"
    assert index.status().message == ""


def test_another_folder_in_its_place_is_watched(tmp_path: Path) -> None:
    """The system goes on to watch the one that was moved away."""
    root, away = tmp_path / "project", tmp_path / "away"
    write(root, {"one.py": "def first_thing(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    following = Following(index, check_s=0.2)
    assert seen.until("first", {"one.py"})

    write(tmp_path / "other", {"two.py": "def second_thing(): pass\n"})
    root.rename(away)
    (tmp_path / "other").rename(root)
    assert seen.until("second", {"two.py"})
    following._watch._check_s = 1e6
    write(root, {"three.py": "def third_thing(): pass\n"})

    assert seen.until("third", {"three.py"})
    following.close()


def test_an_editor_may_tell_sooner(tmp_path: Path) -> None:
    """Of a file in the folder; others are nobody's business."""
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    following = Following(index)
    assert seen.until("listen", {"a.py"})
    following._watch._observer.unschedule_all()  # type: ignore[union-attr]
    write(root, {"a.py": "def accept(): pass\n"})
    following.saved(root / "a.py")
    following.saved(tmp_path / "other.py")

    assert seen.until("accept", {"a.py"})
    following.close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> float:
    """How often the whole folder is looked at, however long that takes; in seconds."""
    monkeypatch.setattr(module, "CHECK_SHARE", 0)
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
    following = Following(index, check_s=often)
    assert seen.until("listen", {"a.py"})
    write(root, {"sub/b.py": "def accept(): pass\n"})
    (root / "a.py").unlink()

    assert seen.until("accept", {"sub/b.py"})
    assert seen.until("listen", set())
    following.close()


def test_a_drive_that_goes_and_comes_back(tmp_path: Path, often: float) -> None:
    """Nothing of it is found meanwhile, and its user is told; then all is as it was."""
    root = tmp_path / "project"
    write(root, {"a.py": "def listen(): pass\n"})
    index = open_index(root, tmp_path / "cache")
    seen = Seen(index)
    following = Following(index, check_s=often)
    observer = following._watch._observer
    assert seen.until("listen", {"a.py"})
    root.rename(tmp_path / "away")

    assert seen.so(lambda: index.phase == "failed")
    assert "Connect its drive again" in index.status().message
    assert (found(index, "listen"), index.status().n_files) == (set(), 1)
    shutil.copytree(tmp_path / "away", root)
    assert seen.so(lambda: index.phase == "ready")
    assert found(index, "listen") == {"a.py"}
    assert index.status().message == ""
    assert seen.so(lambda: following._watch._observer is not observer)
    following.close()
