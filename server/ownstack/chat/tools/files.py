"""Tools that look at files themselves: `read` (lines of one) and `list` (what is in a folder)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ownstack.chat.places import inside
from ownstack.chat.retrieval import Source
from ownstack.chat.tools.tool import ChatTool, ToolOutput, line_argument, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import ToolError, in_words
from ownstack.files.reading import Refusal, content_hash, plain_lines, read
from ownstack.files.scan import Judge
from ownstack.files.secret.detection import secret_path, without_secrets
from ownstack.memory.events import file_read
from ownstack.memory.handles import short

MAX_LINES = 400
MAX_ENTRIES = 2_000
MAX_LISTED = 200

READ = Tool(
    "read",
    "Read lines of a file of the project. Each line is shown behind its number.",
    schema(
        ("path",),
        path=text_argument("a file of the project"),
        start=line_argument("the first line"),
        end=line_argument("the last line"),
    ),
)
LIST = Tool(
    "list",
    "List the files and folders that are in a folder of the project.",
    schema(path=text_argument("the folder; nothing for the project's own")),
)
Overlay = Callable[[str], str | None]
"""Gives the text of a file with what is proposed or not saved yet; None if the disk has it."""


def file_tools(root: Path, overlay: Overlay) -> tuple[ChatTool, ...]:
    """Return the tools that look at the files of a folder."""

    async def run_read(arguments: Mapping[str, Any]) -> ToolOutput:
        return await asyncio.to_thread(_read, root, overlay, arguments)

    async def run_list(arguments: Mapping[str, Any]) -> ToolOutput:
        return await asyncio.to_thread(_list, root, arguments)

    return (
        ChatTool(READ, run_read),
        ChatTool(LIST, run_list),
    )


def _read(root: Path, overlay: Overlay, arguments: Mapping[str, Any]) -> ToolOutput:
    path = inside(root, arguments["path"])
    if not path or (root / path).is_dir():
        raise ToolError(f"{short(path) or 'That'} is a folder.", "Use list for folders.")
    if secret_path(path):
        raise ToolError(f"{short(path)} holds secrets by custom, so it is not read.")
    file = read(root, path)
    if isinstance(file, Refusal):
        raise ToolError(f"{short(path)} is not read: {file.reason}", "list shows what there is.")
    proposed = overlay(path)
    text = without_secrets(path, file.text if proposed is None else plain_lines(proposed))
    lines = text.removesuffix("\n").split("\n")
    first = arguments.get("start", 1)
    last = min(arguments.get("end", len(lines)), len(lines), first + MAX_LINES - 1)
    if not first <= last:
        raise ToolError(f"{short(path)} has {len(lines):,} lines.", "Name lines that there are.")
    part = lines[first - 1 : last]
    note = "" if proposed is None else ", as proposed or not saved yet"
    numbered = "\n".join(f"{number}| {line}" for number, line in enumerate(part, first))
    head = f"{path}, lines {first}-{last} of {len(lines)}{note}:"
    hashed = content_hash(file.text.encode("utf-8", "replace")).hex()
    return ToolOutput(
        f"{head}\n{numbered}",
        files=(file_read(path, hashed, first, last),),
        sources=(Source(path, first, last, "", "\n".join(part)),),
    )


def _list(root: Path, arguments: Mapping[str, Any]) -> ToolOutput:
    path = inside(root, arguments.get("path", ""))
    if not (root / path).is_dir():
        raise ToolError(f"There is no folder {short(path)}.", "list without a path shows all.")
    try:
        files, folders = Judge(root).inside(path, MAX_ENTRIES)
    except OSError as error:
        raise ToolError(f"{short(path)} cannot be listed: {in_words(error)}.") from error
    above = f"{path}/" if path else ""
    names = [f"{name.removeprefix(above)}/" for name in folders]
    names += [entry.path.removeprefix(above) for entry in files if not secret_path(entry.path)]
    if not names:
        return ToolOutput("Nothing in it is read by this project: ignored, binary or empty.")
    more = f"\n({len(names) - MAX_LISTED} more)" if len(names) > MAX_LISTED else ""
    shown = "\n".join(short(name, 240) for name in names[:MAX_LISTED])
    return ToolOutput(f"{short(path) or 'The project'} holds:\n{shown}{more}")
