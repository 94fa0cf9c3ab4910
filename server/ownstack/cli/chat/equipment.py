"""The tools of a conversation in the terminal: whether the model has some, and which."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.mcp.client import ToolServers
from ownstack.chat.mcp.servers_file import ServersFile
from ownstack.chat.retrieval import Project
from ownstack.chat.tool_ability import AbilityRecord, Use, gets_tools, is_guided, measure
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.tool import ChatTool
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.cli.chat.asking import approve, is_terminal
from ownstack.cli.output import warn
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from ownstack.memory.recollection import Recollection, recollect
from ownstack.paths import Home

log = logging.getLogger(__name__)


class Equipment:
    """What all conversations of one command have in common. `start` first."""

    def __init__(self, engine: Engine | None, use: Use) -> None:
        """`use` says whether the model is to have tools."""
        home = Home.default()
        self.checkpoints = Checkpoints(home.checkpoints_folder)
        self._engine = engine
        self._use = use
        self._record = AbilityRecord(home.tool_ability_file)
        self._servers = ToolServers(ServersFile(home.tool_servers_file), approve)
        self._others: Sequence[ChatTool] = ()

    @property
    def _uses_tools(self) -> bool:
        engine = self._engine
        return engine is not None and gets_tools(self._use, engine.capabilities, self._record)

    async def start(self, stack: contextlib.AsyncExitStack, *, measures: bool) -> None:
        """Start the servers that the user named, if the model has tools; say what is wrong."""
        if self._uses_tools:
            stack.push_async_callback(self._servers.close)
            self._others, problems = await self._servers.start()
            for problem in problems:
                warn(problem)
        engine = self._engine
        if engine is None or self._use != "auto" or not measures or not is_terminal():
            return
        model = engine.capabilities
        if self._record.get(model) is None and not model.leaves_machine:
            self._measure(stack, engine)

    def edits(self, session: SessionLog, project: Project) -> Edits:
        """Return the edits that are proposed in a session."""
        return Edits(session, project.root, self.checkpoints)

    def toolbox(
        self, log: ConversationLog, session: SessionLog, project: Project, edits: Edits
    ) -> Toolbox:
        """Return the tools of a session; none if the model is to have none."""
        engine = self._engine
        if engine is None or not self._uses_tools:
            return Toolbox(())

        def remember(query: str) -> Recollection:
            return recollect(log, session, str(project.root), query)

        return standard_toolbox(
            session,
            project,
            edits,
            remember,
            engine=engine,
            approve=approve,
            is_guided=is_guided(engine.capabilities, self._record),
            others=self._others,
        )

    def _measure(self, stack: contextlib.AsyncExitStack, engine: Engine) -> None:
        """Have the model measured while the user reads and types: the next chat knows it."""
        model = engine.capabilities

        async def work() -> None:
            try:
                share = await measure(engine)
                await asyncio.to_thread(self._record.put, model, share)
            except (OwnstackError, OSError) as error:
                log.info("How well %s chooses tools was not measured: %s", model.model, error)

        task = asyncio.create_task(work())

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(stop)
