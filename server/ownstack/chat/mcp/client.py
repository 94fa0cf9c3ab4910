"""The tools of servers that the user named, as tools of the chat: each by the user's word alone."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from ownstack.chat.mcp.installed import require_mcp
from ownstack.chat.mcp.servers_file import ServerEntry, ServersFile
from ownstack.chat.mcp.transport import Link, linked
from ownstack.chat.tools.tool import MAX_OUTPUT, Approval, Approve, ChatTool, ToolOutput
from ownstack.engine.messages import Tool
from ownstack.engine.structured import check_schema
from ownstack.errors import OwnstackError, ToolError, ToolServerError, in_words
from ownstack.memory.handles import short

START_S = 30.0
MAX_TOOLS = 32
MAX_DESCRIPTION = 400
MAX_SCHEMA = 8_000
MAX_DEPTH = 12
MAX_COUNT = 200
_ODD = re.compile(r"[^A-Za-z0-9_-]")
_LEFT_OUT = frozenset(
    ("pattern", "patternProperties", "format", "$ref", "$defs", "definitions", "$schema", "$id")
)
"""Of schemas: patterns may take for ever to match, references lead elsewhere."""
_COUNTS = frozenset(("minLength", "maxLength", "minItems", "maxItems"))


class ToolServer:
    """One server, from `start` to `close`. What it says is data."""

    def __init__(self, entry: ServerEntry) -> None:
        self.entry = entry
        self.problem = ""
        """Why it cannot be used any more."""
        self._session: Any = None
        self._link: Link | None = None
        self._ends = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, timeout_s: float = START_S) -> Sequence[Any]:
        """Start it; return its tools, as the package has them.

        Raises:
            ToolServerError: it cannot be started, says nothing, or no sense.
        """
        ready: asyncio.Future[Sequence[Any]] = asyncio.get_running_loop().create_future()
        # One task enters and leaves the session, as its library wants it.
        self._task = asyncio.create_task(self._live(ready))
        await asyncio.wait({ready}, timeout=timeout_s)
        if ready.done():
            return await ready
        await self.cut_off(f"it did not answer within {timeout_s:.0f} s")
        raise ToolServerError(self.problem)

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> str:
        """Call a tool; return what it says.

        Raises:
            ToolError: it says that it failed.
            ToolServerError: the server hangs, dies or floods; it is cut off.
        """
        if self.problem or self._session is None:
            raise ToolServerError(self.problem or "It was not started.", "Go on without.")
        work = asyncio.ensure_future(self._asked(self._session, tool, arguments))
        try:
            done, _ = await asyncio.wait({work}, timeout=self.entry.timeout_s)
        finally:
            if not work.done():
                work.cancel()
        if not done:
            await self.cut_off(f"a call took more than {self.entry.timeout_s} s")
            raise ToolServerError(self.problem, "Go on without.")
        try:
            result = work.result()
        except Exception as error:
            if self._link is not None and self._link.problem:
                await self.cut_off(self._why())
                raise ToolServerError(self.problem, "Go on without.") from error
            raise ToolError(f"{self.entry.name} refused: {short(in_words(error), 200)}") from error
        text = _text(result)
        if getattr(result, "is_error", False):
            raise ToolError(f"{tool} failed: {short(text, 1_000)}")
        return text

    async def _asked(self, session: Any, tool: str, arguments: Mapping[str, Any]) -> Any:
        from mcp import types

        # Not by `call_tool`, which matches results by patterns that the server gives.
        named = types.CallToolRequestParams(name=tool, arguments=dict(arguments))
        return await session.send_request(types.CallToolRequest(params=named), types.CallToolResult)

    async def cut_off(self, why: str) -> None:
        """End it for good."""
        self.problem = f"The server of tools {self.entry.name} was cut off: {why.rstrip('.')}."
        await self.close()

    async def close(self) -> None:
        """End it."""
        self._ends.set()
        task, self._task = self._task, None
        if task is not None:
            done, _ = await asyncio.wait({task}, timeout=START_S)
            if not done:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _live(self, ready: asyncio.Future[Sequence[Any]]) -> None:
        from mcp import ClientSession

        try:
            async with linked(self.entry) as link, ClientSession(link.read, link.write) as session:
                self._link = link
                starting = asyncio.ensure_future(self._begin(session))
                ending = asyncio.ensure_future(self._ends.wait())
                await asyncio.wait({starting, ending}, return_when=asyncio.FIRST_COMPLETED)
                if starting.done():
                    tools = starting.result()
                    self._session = session
                    if not ready.done():
                        ready.set_result(tools)
                else:
                    starting.cancel()
                await ending
        except Exception as error:
            why = self._why() if self._link and self._link.problem else in_words(error)
            self.problem = (
                str(error)
                if isinstance(error, ToolServerError)
                else f"The server of tools {self.entry.name} cannot be used: {why}"
            )
            if not ready.done():
                ready.set_exception(ToolServerError(self.problem))
        finally:
            self._session = None

    async def _begin(self, session: Any) -> Sequence[Any]:
        await session.initialize()
        return list((await session.list_tools()).tools)

    def _why(self) -> str:
        link = self._link
        if link is None:
            return "it was not started"
        said = f" It said: {link.last_words}" if link.last_words else ""
        return f"{link.problem}{said}"


class ToolServers:
    """All servers that the user named, as far as they can be started."""

    def __init__(self, file: ServersFile, approve: Approve | None) -> None:
        """Without `approve` only tools are called that the user has allowed for always."""
        self._file = file
        self._approve = approve
        self._servers: list[ToolServer] = []

    async def start(self) -> tuple[tuple[ChatTool, ...], tuple[str, ...]]:
        """Start them side by side; return their tools, and what is wrong, in sentences."""
        entries, noted = await asyncio.to_thread(self._file.read)
        problems = list(noted)
        if not entries:
            return (), tuple(problems)
        try:
            require_mcp()
        except ToolServerError as error:
            return (), (*problems, str(error))
        # The package takes a second or more to load: no server's time is counted meanwhile.
        await asyncio.to_thread(importlib.import_module, "mcp")
        self._servers = [ToolServer(entry) for entry in entries]
        started = await asyncio.gather(
            *(server.start() for server in self._servers), return_exceptions=True
        )
        tools: list[ChatTool] = []
        for server, result in zip(self._servers, started, strict=True):
            if isinstance(result, ToolServerError):
                problems.append(str(result))
            elif isinstance(result, BaseException):
                raise result
            else:
                tools += self._tools_of(server, result, problems)
        return tuple(tools), tuple(problems)

    async def close(self) -> None:
        await asyncio.gather(*(server.close() for server in self._servers))

    def _tools_of(
        self, server: ToolServer, listed: Sequence[Any], problems: list[str]
    ) -> list[ChatTool]:
        found: dict[str, ChatTool] = {}
        for tool in listed[:MAX_TOOLS]:
            try:
                spec = _spec(server.entry.name, tool)
            except (OwnstackError, ValueError, RecursionError) as error:
                problems.append(
                    f"The tool {short(str(tool.name), 60)} of {server.entry.name} is left out: "
                    f"{in_words(error)}"
                )
                continue
            found.setdefault(spec.name, self._tool(server, str(tool.name), spec))
        if len(listed) > MAX_TOOLS:
            problems.append(f"Only {MAX_TOOLS} tools of {server.entry.name} are used.")
        return list(found.values())

    def _tool(self, server: ToolServer, name: str, spec: Tool) -> ChatTool:
        entry = server.entry
        mark = entry.fingerprint(name, spec.description, spec.parameters)
        allowed = {(entry.allowed or {}).get(name)}

        async def run(arguments: Mapping[str, Any]) -> ToolOutput:
            if mark not in allowed and await self._asked(entry, name, mark, arguments):
                allowed.add(mark)
            return ToolOutput(await server.call(name, arguments))

        return ChatTool(spec, run)

    async def _asked(
        self, entry: ServerEntry, name: str, mark: str, arguments: Mapping[str, Any]
    ) -> bool:
        """Ask the user; return whether it is for always.

        Raises:
            ToolError: the user says no, or there is nobody to ask.
        """
        if self._approve is None:
            raise ToolError(f"Nobody is there to allow {name} of {entry.name}.", "Go on without.")
        given = json.dumps(dict(arguments), ensure_ascii=False)
        asked = Approval(
            f"The model wants to use {short(name, 60)} of the server {entry.name}.",
            f"{short(name, 60)} {short(given, 2_000)}",
            can_be_always=True,
        )
        answer = await self._approve(asked)
        if answer == "no":
            raise ToolError(f"The user did not allow {name} of {entry.name}.", "Go on without.")
        if answer == "always":
            await asyncio.to_thread(self._file.allow, entry.name, name, mark)
        return answer == "always"


def _spec(server: str, tool: Any) -> Tool:
    """Return a tool as a model is told of it: bounded, by a name of our own.

    Raises:
        ToolError, EngineError: its schema cannot be used.
    """
    name = _ODD.sub("_", f"{server}__{tool.name}")[:64]
    schema = _safe(tool.input_schema, MAX_DEPTH)
    if not isinstance(schema, dict) or len(json.dumps(schema)) > MAX_SCHEMA:
        raise ToolError("its arguments are described at too great length.")
    check_schema({**schema, "type": "object"})
    return Tool(name, short(str(tool.description or tool.name), MAX_DESCRIPTION),
                {**schema, "type": "object"})  # fmt: skip


def _safe(value: object, depth: int, *, names: bool = False) -> object:
    """Return a schema without what is matched slowly or leads elsewhere.

    With `names` the keys of `value` are names of arguments, and all of them are kept.
    """
    if depth == 0:
        raise ToolError("its arguments nest too deep.")
    if isinstance(value, Mapping):
        kept = {
            str(key): item
            for key, item in value.items()
            if names or not (key in _LEFT_OUT or (key in _COUNTS and _is_large(item)))
        }
        return {
            key: short(item, 400)
            if key == "description" and isinstance(item, str)
            else _safe(item, depth - 1, names=key == "properties" and not names)
            for key, item in kept.items()
        }
    if isinstance(value, (list, tuple)):
        return [_safe(item, depth - 1) for item in value]
    return value


def _is_large(limit: object) -> bool:
    """Say whether a limit is none that a grammar can count to; it is then left to the server."""
    return not isinstance(limit, int) or limit > MAX_COUNT


def _text(result: Any) -> str:
    """Return what a result says, as text."""
    parts = []
    for block in getattr(result, "content", None) or ():
        text = getattr(block, "text", None)
        kind = getattr(block, "type", "something")
        parts.append(text if isinstance(text, str) else f"[{kind} is left out]")
    structured = getattr(result, "structured_content", None)
    if not parts and structured is not None:
        parts.append(json.dumps(structured, ensure_ascii=False, default=str))
    return "\n".join(parts)[:MAX_OUTPUT]
