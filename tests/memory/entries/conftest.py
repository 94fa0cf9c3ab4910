"""A project's memory, with a log of its own and a clock that is set by hand."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ownstack.memory.entries.entry_folder import EntryFolder
from ownstack.memory.entries.inbox import Proposal, draft
from ownstack.memory.entries.project_memory import ProjectMemory
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.paths import Home
from tests.memory.log.conftest import OpenLog, log, open_log

__all__ = ["log", "open_log"]

NOON = 1_796_040_000.0
"""2026-11-30, 12:00 UTC."""
DAY = 86_400.0


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def session(log: ConversationLog, root: Path) -> SessionLog:
    return log.sessions.create(str(root))


OpenMemory = Callable[[], tuple[SessionLog, ProjectMemory]]


@pytest.fixture
def open_memory(open_log: OpenLog, root: Path, home: Home, clock: Clock) -> OpenMemory:
    """Opens it in one more window, as another process would."""

    def open_it() -> tuple[SessionLog, ProjectMemory]:
        session = open_log().sessions.create(str(root))
        folders = EntryFolder.of_project(root, home), EntryFolder.of_user(home)
        return session, ProjectMemory(session, *folders, now=clock)

    return open_it


@pytest.fixture
def memory(session: SessionLog, root: Path, home: Home, clock: Clock) -> ProjectMemory:
    folders = EntryFolder.of_project(root, home), EntryFolder.of_user(home)
    return ProjectMemory(session, *folders, now=clock)


def drafted(text: str, tier: float = 0.7) -> Proposal:
    made = draft(text, tier, "conversation 1a2b3c4d, turn 3")
    assert made is not None
    return made


def kept(root: Path, name: str = "decisions") -> str:
    return (root / ".ownstack" / "memory" / f"{name}.md").read_text("utf-8")


def write(root: Path, text: str, name: str = "decisions") -> Path:
    file = root / ".ownstack" / "memory" / f"{name}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file
