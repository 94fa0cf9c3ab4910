"""The servers of tools that the user named: a TOML file of theirs, which no project has a say in.

[servers.docs]
command = "docs-server"
args = ["--stdio"]
env = ["DOCS_TOKEN"]        # names of variables that it is given; values stay where they are
timeout_s = 60
[servers.docs.allowed]      # written when the user answers "always"
lookup = "…"
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownstack.errors import ToolServerError
from ownstack.memory.handles import short
from ownstack.models import toml_file

MAX_SERVERS = 16
TIMEOUT_S = 60
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_FIELDS = frozenset(("command", "args", "env", "timeout_s", "allowed"))


@dataclass(frozen=True, slots=True)
class ServerEntry:
    """A program that speaks MCP on its standard input and output."""

    name: str
    command: str
    arguments: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    """Names of environment variables that it is given, beside those that every program needs."""
    timeout_s: int = TIMEOUT_S
    """How long one call may take."""
    allowed: Mapping[str, str] | None = None
    """Tools that need not be asked for, each with the fingerprint of what it was when allowed."""

    def fingerprint(self, tool: str, description: str, schema: Mapping[str, object]) -> str:
        """Return what changes when the program, or what it says of a tool, does."""
        said = json.dumps(
            [self.command, self.arguments, tool, description, schema], sort_keys=True, default=str
        )
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class ServersFile:
    """Read anew at each call."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> tuple[tuple[ServerEntry, ...], tuple[str, ...]]:
        """Return the servers, and a sentence for each that cannot be used."""
        content, problem = toml_file.read(self._file)
        problems = [problem] if problem else []
        entries = []
        tables = content.get("servers")
        named = dict(tables) if isinstance(tables, Mapping) else {}
        if tables is not None and not isinstance(tables, Mapping):
            problems.append(f"In {self._file} `servers` must be tables, such as [servers.docs].")
        if len(named) > MAX_SERVERS:
            problems.append(f"Only the first {MAX_SERVERS} servers of {self._file} are used.")
        for name, table in list(named.items())[:MAX_SERVERS]:
            try:
                entries.append(_entry(name, table))
            except ToolServerError as error:
                problems.append(f"{error} It is in {self._file}.")
        return tuple(entries), tuple(problems)

    def allow(self, server: str, tool: str, fingerprint: str) -> None:
        """Note that the user need not be asked for a tool any more, as long as it stays as it is.

        Raises:
            ToolServerError: the file cannot be written.
        """

        def change(content: dict[str, Any]) -> None:
            table = content.setdefault("servers", {}).setdefault(server, {})
            table.setdefault("allowed", {})[tool] = fingerprint

        try:
            toml_file.update(self._file, change, private=True)
        except OSError as error:
            raise ToolServerError(
                f"{self._file} cannot be written: {error.strerror or error}.",
                "It was allowed this once; check the folder's permissions.",
            ) from error


def _entry(name: str, table: object) -> ServerEntry:
    """Read one table.

    Raises:
        ToolServerError: it cannot be used.
    """
    shown = short(name, 40)
    if not _NAME.fullmatch(name):
        raise ToolServerError(
            f"No server of tools can be called “{shown}”.",
            "Use small letters, digits and -, a letter first.",
        )
    if not isinstance(table, Mapping) or not isinstance(table.get("command"), str):
        raise ToolServerError(
            f"The server of tools {shown} has no command.", 'Such as command = "docs-server".'
        )
    if unknown := sorted(set(table) - _FIELDS):
        raise ToolServerError(
            f"The server of tools {shown} has an unknown field {short(unknown[0], 40)}.",
            f"There are {', '.join(sorted(_FIELDS))}.",
        )
    command, timeout_s = table["command"].strip(), table.get("timeout_s", TIMEOUT_S)
    if not command or "\0" in command:
        raise ToolServerError(f"The server of tools {shown} has no usable command.")
    if isinstance(timeout_s, bool) or not isinstance(timeout_s, int) or not 1 <= timeout_s <= 3600:
        raise ToolServerError(f"The timeout_s of {shown} must be a number from 1 to 3600.")
    variables = _texts(shown, "env", table.get("env", []))
    if any(not _VARIABLE.fullmatch(variable) for variable in variables):
        raise ToolServerError(
            f"The env of {shown} holds something else than names of variables.",
            "Name the variables; their values stay in the environment.",
        )
    allowed = table.get("allowed", {})
    marks = allowed.items() if isinstance(allowed, Mapping) else ()
    kept = {str(tool): mark for tool, mark in marks if isinstance(mark, str)}
    return ServerEntry(
        name, command, _texts(shown, "args", table.get("args", [])), variables, timeout_s, kept
    )


def _texts(name: str, field: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(item, str) and "\0" not in item for item in value
    ):
        raise ToolServerError(f"The {field} of {name} must be a list of texts.")
    return tuple(value)
