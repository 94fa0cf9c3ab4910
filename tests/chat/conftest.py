"""A small project with an index, and conversations about it in a log of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownstack.chat.chat import Chat
from ownstack.chat.retrieval import Project
from ownstack.engine.scripted import ScriptedEngine
from ownstack.memory.log.conversation_log import ConversationLog
from tests.support.searchable import TOY, searchable

FILES = {
    "shop/bikes.py": "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n",
    "shop/fish.py": "class Pond:\n    def catch(self, salmon):\n        return salmon.weigh()\n",
    "notes.txt": "Nothing of interest.\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    root.mkdir()
    snapshot = searchable(root, FILES)
    return Project(root, lambda: snapshot, TOY)


OpenChat = Callable[..., Chat]


@pytest.fixture
def open_chat(tmp_path: Path, project: Project) -> Iterator[OpenChat]:
    """Opens a conversation, each time as another process would; `resume` goes on with one."""
    logs: list[ConversationLog] = []

    def open_it(engine: ScriptedEngine | None = None, resume: str = "") -> Chat:
        log = ConversationLog.open(
            tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
        )
        logs.append(log)
        root = str(project.root)
        session = log.sessions.resume(resume) if resume else log.sessions.create(root)
        return Chat(session, project, engine)

    yield open_it
    for log in logs:
        log.close()
