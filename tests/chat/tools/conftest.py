"""A project in which tools are called as a model calls them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.retrieval import Project
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.tool import ToolOutput
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.messages import ToolCallPart
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.recollection import recollect
from tests.support.searchable import TOY


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ConversationLog]:
    opened = ConversationLog.open(
        tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
    )
    yield opened
    opened.close()


@pytest.fixture
def session(log: ConversationLog, project: Project) -> SessionLog:
    return log.sessions.create(str(project.root))


@pytest.fixture
def edits(session: SessionLog, project: Project, tmp_path: Path) -> Edits:
    return Edits(session, project.root, Checkpoints(tmp_path / "checkpoints"))


MakeToolbox = Callable[..., Toolbox]


@pytest.fixture
def make_toolbox(
    log: ConversationLog, session: SessionLog, project: Project, edits: Edits
) -> MakeToolbox:
    """Makes the standard tools; keywords are those of `standard_toolbox`."""

    def make(**options: object) -> Toolbox:
        def remember(query: str) -> object:
            return recollect(log, session, str(project.root), query)

        return standard_toolbox(session, project, edits, remember, **options)

    return make


async def call(toolbox: Toolbox, tool: str, /, **arguments: object) -> ToolOutput:
    part = ToolCallPart("c1", tool, json.dumps(arguments))
    return (await toolbox.call(part)).output
