"""One look at a folder for all who listen; then what changes, and all again where need be."""

import errno
import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownstack.files import publisher as module
from ownstack.files.listing import Listing, look
from ownstack.files.publisher import News, Publisher, Publishers
from ownstack.files.scan import Entry

Heard = queue.Queue["Listing | Changes"]
WAIT_S = 20.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    (made / "sub").mkdir(parents=True)
    (made / "a.py").write_text("x = 1\n")
    (made / "logo.png").write_bytes(b"\x89PNG")
    return made


@pytest.fixture
def publisher(folder: Path) -> Iterator[Publisher]:
    """Looks at everything only when it must; nobody listens to it afterwards."""
    made = Publisher(folder, check_s=3_600)
    yield made
    for listener in list(made._listeners):
        made.unsubscribe(listener)


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were looked at as a whole."""
    seen: list[Path] = []
    real = module.look

    def counted(root: Path, pause: Callable[[], None]) -> Listing:
        seen.append(root)
        return real(root, pause)

    monkeypatch.setattr(module, "look", counted)
    return seen


def listing(heard: Heard) -> Listing:
    """Wait for the next listing, whatever else is told before."""
    while True:
        news = heard.get(timeout=WAIT_S)
        if isinstance(news, Listing):
            return news


def change(heard: Heard, path: str) -> Entry | None:
    """Wait until something is told of a path."""
    while True:
        news = heard.get(timeout=WAIT_S)
        if not isinstance(news, Listing) and path in news:
            return news[path]


def test_all_is_told_first_then_what_changes(folder: Path, publisher: Publisher) -> None:
    """With why a file does not count, and that it is gone."""
    heard: Heard = queue.Queue()
    publisher.subscribe(heard.put)
    entries = listing(heard).entries
    assert [path for path, entry in entries.items() if not entry.reason] == ["a.py"]
    assert "binary" in entries["logo.png"].reason

    (folder / "sub" / "b.py").write_text("y = 2\n")
    entry = change(heard, "sub/b.py")
    assert entry is not None
    assert (entry.stamp[1], entry.reason) == (6, "")
    (folder / "a.py").unlink()
    assert change(heard, "a.py") is None


def test_who_comes_soon_is_told_without_another_look(
    folder: Path, publisher: Publisher, looks: list[Path]
) -> None:
    """All, and what changed since; a third one is worth a look, which all hear of."""
    heard: list[Heard] = [queue.Queue(), queue.Queue(), queue.Queue()]
    publisher.subscribe(heard[0].put)
    first = listing(heard[0])
    (folder / "b.py").write_text("y = 2\n")
    change(heard[0], "b.py")

    publisher.subscribe(heard[1].put)
    assert heard[1].get_nowait() is first
    assert change(heard[1], "b.py") is not None
    assert len(looks) == 1
    publisher.subscribe(heard[2].put)
    again = listing(heard[2])
    assert all(listing(other) is again for other in heard[:2])
    assert "b.py" in again.entries
    assert len(looks) == 2


def test_who_comes_late_is_told_of_a_new_look(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was found once is not held for ever."""
    publisher = Publisher(folder, check_s=0.05)
    monkeypatch.setattr(module, "CHECK_SHARE", 0)
    heard, late = Heard(), Heard()
    publisher.subscribe(heard.put)
    first = listing(heard)
    listing(heard)

    publisher.subscribe(late.put)

    assert listing(late) is not first
    assert publisher._held == []
    publisher.unsubscribe(heard.put)
    publisher.unsubscribe(late.put)


def test_who_comes_while_the_folder_is_looked_at(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Is told what is found."""
    heard, late = Heard(), Heard()
    looks: list[Listing] = []

    def looking(root: Path, pause: Callable[[], None]) -> Listing:
        if not looks:
            # Not by this thread: who subscribes may have to wait for it.
            other = threading.Thread(target=publisher.subscribe, args=[late.put])
            other.start()
            other.join()
        looks.append(look(root, pause))
        return looks[-1]

    monkeypatch.setattr(module, "look", looking)
    publisher.subscribe(heard.put)

    assert listing(late) is listing(heard) is looks[0]


def test_what_says_something_about_others_is_a_look_at_everything(
    folder: Path, publisher: Publisher
) -> None:
    """An ignore file, or a folder that is moved."""
    heard: Heard = queue.Queue()
    publisher.subscribe(heard.put)
    listing(heard)

    (folder / ".gitignore").write_text("a.py\n")
    while "a.py" in listing(heard).entries:
        pass
    (folder / "sub").rename(folder / "moved")
    assert listing(heard)


def test_an_editor_may_tell_sooner(folder: Path, publisher: Publisher) -> None:
    """All hear of it."""
    heard, other = Heard(), Heard()
    for listener in (heard, other):
        publisher.subscribe(listener.put)
        listing(listener)

    publisher.look("a.py")

    assert change(heard, "a.py") is change(other, "a.py") is not None


def test_nothing_is_watched_when_nobody_listens(folder: Path, publisher: Publisher) -> None:
    """Who comes then is told all."""
    heard, other = Heard(), Heard()
    publisher.subscribe(heard.put)
    publisher.subscribe(other.put)
    listing(other)
    publisher.unsubscribe(heard.put)
    publisher.unsubscribe(heard.put)
    assert publisher.is_heard
    publisher.unsubscribe(other.put)
    assert not publisher.is_heard
    publisher.look("a.py")
    publisher.look()

    (folder / "b.py").write_text("y = 2\n")
    publisher.subscribe(heard.put)
    while "b.py" not in listing(heard).entries:
        pass


def test_a_look_ends_when_nobody_listens_any_more(
    publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the folder is."""
    begun = threading.Event()

    def endless(root: Path, pause: Callable[[], None]) -> Listing:
        begun.set()
        while True:
            pause()

    monkeypatch.setattr(module, "look", endless)
    heard: Heard = queue.Queue()
    publisher.subscribe(heard.put)
    assert begun.wait(WAIT_S)
    watch = publisher._watch
    assert watch is not None

    publisher.unsubscribe(heard.put)

    assert heard.empty()
    assert not watch._thread.is_alive()


def test_a_folder_that_is_away_is_told_of_and_looked_at_again(
    folder: Path, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By itself, and it is watched when it is back."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    away = folder.rename(folder.with_name("away"))
    heard: Heard = queue.Queue()
    publisher.subscribe(heard.put)
    found = listing(heard)
    assert found.problem is not None
    assert os.strerror(errno.ENOENT) in str(found.problem)

    away.rename(folder)
    while listing(heard).problem is not None:
        pass
    listing(heard)  # What changed before it was watched again was not told of.
    assert publisher.message == ""
    (folder / "c.py").write_text("z = 3\n")
    assert change(heard, "c.py") is not None


def test_one_publisher_for_a_folder_however_its_path_is_written(folder: Path) -> None:
    """As long as somebody has it."""
    publishers = Publishers()
    link = folder.with_name("link")
    link.symlink_to(folder)
    made = publishers.of(folder)

    assert publishers.of(link) is made
    assert publishers.of(folder / "sub" / "..") is made
    assert publishers.of(folder / "sub") is not made
    del made
    assert len(publishers._publishers) == 0


def test_news_add_up_until_they_are_taken() -> None:
    """What was told before a listing is in it."""
    news = News()
    old, new = Entry("a.py", (1, 1)), Entry("a.py", (2, 2))
    full = Listing({"a.py": old}, began=0.0, took_s=0.0)
    news.put({"a.py": None})
    news.put(full)
    news.put({"a.py": new, "b.py": None})
    news.put({"b.py": old})

    assert news.take() == (full, {"a.py": new, "b.py": old})
    assert news.take(0) == (None, {})
    news.close()
    assert news.take() == (None, {})
