"""The tools of a conversation: whether its model has some, which, and the servers of the user."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.mcp.client import ToolServers
from ownstack.chat.mcp.servers_file import ServersFile
from ownstack.chat.retrieval import Project
from ownstack.chat.tool_ability import AbilityRecord, Use, gets_tools, is_guided, measure
from ownstack.chat.tools.diagnostics import EditorDiagnostics
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.tool import Approve, ChatTool
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.recollection import Recollection, recollect
from ownstack.paths import Home

log = logging.getLogger(__name__)


class Equipment:
    """Of one conversation, or of those of one command. `close` ends the servers."""

    def __init__(self, home: Home, approve: Approve, use: Use = "auto") -> None:
        """`use` says whether models are to have tools, `approve` asks a person."""
        self.use: Use = use
        self.checkpoints = Checkpoints(home.checkpoints_folder)
        self.problems: tuple[str, ...] = ()
        """What is wrong with the servers."""
        self._approve = approve
        self._record = AbilityRecord(home.tool_ability_file)
        self._file = ServersFile(home.tool_servers_file)
        self._servers: ToolServers | None = None
        self._others: Sequence[ChatTool] = ()

    def gives_tools(self, engine: Engine | None) -> bool:
        """Say whether a model is given tools. Reads a small file."""
        return engine is not None and gets_tools(self.use, engine.capabilities, self._record)

    def may_measure(self, engine: Engine) -> bool:
        """Say whether it is to be measured how well a model chooses tools. Reads a small file."""
        model = engine.capabilities
        known = self._record.get(model) is not None
        return self.use == "auto" and not known and not model.leaves_machine

    async def measure(self, engine: Engine) -> None:
        """Measure it, which takes long; what fails is in our log."""
        model = engine.capabilities
        try:
            share = await measure(engine)
            await asyncio.to_thread(self._record.put, model, share)
        except (OwnstackError, OSError) as error:
            log.info("How well %s chooses tools was not measured: %s", model.model, error)

    @property
    def has_servers(self) -> bool:
        """Whether there are tools of servers that were started."""
        return bool(self._others)

    async def start_servers(self) -> None:
        """Start the servers that the user named, once; `problems` says what is wrong with them."""
        if self._servers is not None:
            return
        self._servers = servers = ToolServers(self._file, self._approve)
        try:
            self._others, self.problems = await servers.start()
        except BaseException:
            self._servers = None
            await servers.close()
            raise

    def toolbox(
        self,
        log: ConversationLog,
        session: SessionLog,
        project: Project,
        edits: Edits,
        engine: Engine,
        diagnostics: EditorDiagnostics | None = None,
    ) -> Toolbox:
        """Return the tools of a session, for a model that is given some."""

        def remember(query: str) -> Recollection:
            return recollect(log, session, str(project.root), query)

        return standard_toolbox(
            session,
            project,
            edits,
            remember,
            engine=engine,
            approve=self._approve,
            diagnostics=diagnostics,
            is_guided=is_guided(engine.capabilities, self._record),
            others=self._others,
        )

    async def close(self) -> None:
        """End the servers; they may be started again."""
        servers, self._servers, self._others = self._servers, None, ()
        if servers is not None:
            await servers.close()
