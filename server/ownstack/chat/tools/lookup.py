"""Tools that ask the index: `search`, `symbols`, `references`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ownstack.chat.places import inside
from ownstack.chat.retrieval import Project, Source
from ownstack.chat.tools.tool import ChatTool, ToolOutput, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import ToolError
from ownstack.files.reading import Refusal, read
from ownstack.index.search.places import Located, located
from ownstack.index.search.symbol_lookup import find_symbols, symbols_named
from ownstack.index.snapshot.answers import StoredReference
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.memory.handles import short

MAX_HITS, MAX_HIT_LINES = 6, 12
MAX_SYMBOLS = 30
MAX_USES = 40
_NOT_INDEXED = "This project has no index"
_HOW_TO_INDEX = "Use list and read to look at files."

SEARCH = Tool(
    "search",
    "Find code of the project that answers a question or fits words. Returns places and lines.",
    schema(
        ("query",),
        query=text_argument("what to look for, in words or names"),
        path=text_argument("a folder or file to look in alone"),
    ),
)
SYMBOLS = Tool(
    "symbols",
    "List functions, classes and other symbols by a name or a part of it, or all of a file.",
    schema(
        name=text_argument("a name or a part of it"),
        path=text_argument("a file of which all symbols are listed"),
    ),
)
REFERENCES = Tool(
    "references",
    "Find where a symbol is defined and where it is used.",
    schema(("name",), name=text_argument("the exact name of the symbol")),
)


def lookup_tools(project: Project) -> tuple[ChatTool, ...]:
    """Return the tools that answer from the index of a project."""

    async def run_search(arguments: Mapping[str, Any]) -> ToolOutput:
        return await asyncio.to_thread(_search, project, arguments)

    async def run_symbols(arguments: Mapping[str, Any]) -> ToolOutput:
        return await asyncio.to_thread(_symbols, project, arguments)

    async def run_references(arguments: Mapping[str, Any]) -> ToolOutput:
        return await asyncio.to_thread(_references, project, arguments)

    return (
        ChatTool(SEARCH, run_search),
        ChatTool(SYMBOLS, run_symbols),
        ChatTool(REFERENCES, run_references),
    )


def _search(project: Project, arguments: Mapping[str, Any]) -> ToolOutput:
    _snapshot(project)
    below = inside(project.root, arguments.get("path", ""))
    found = project.found(arguments["query"], MAX_HITS, below)
    if not found:
        return ToolOutput("Nothing is found for that. Try names that the code itself uses.")
    shown = [_beginning(source) for source in found]
    return ToolOutput("\n\n".join(source.block for source in shown), sources=tuple(shown))


def _beginning(source: Source) -> Source:
    lines = source.text.split("\n")
    end = min(source.end, source.start + MAX_HIT_LINES - 1)
    text = "\n".join(lines[: end - source.start + 1])
    return Source(source.path, source.start, end, source.name, text, source.cell)


def _symbols(project: Project, arguments: Mapping[str, Any]) -> ToolOutput:
    snapshot = _snapshot(project)
    name, path = arguments.get("name", ""), arguments.get("path", "")
    if path:
        file = inside(project.root, path)
        found = [snapshot.symbol(row) for row in snapshot.symbols_of(file)]
        if name:
            found = [symbol for symbol in found if name.lower() in symbol.qualified.lower()]
        if not found and snapshot.file(file) is None:
            raise ToolError(f"{short(path)} is no file of the index.", "list shows what there is.")
    elif name:
        found = find_symbols(snapshot, name, MAX_SYMBOLS)
    else:
        raise ToolError("symbols needs a name or a path.", "Give one of them.")
    places = located(snapshot, found[:MAX_SYMBOLS])
    if not places:
        return ToolOutput("No symbol is called so.")
    more = f"\n({len(found) - MAX_SYMBOLS} more)" if len(found) > MAX_SYMBOLS else ""
    return ToolOutput(
        "\n".join(map(_symbol_line, places)) + more, sources=tuple(map(_source, places))
    )


def _references(project: Project, arguments: Mapping[str, Any]) -> ToolOutput:
    snapshot = _snapshot(project)
    name = arguments["name"].rpartition(".")[2].removesuffix("()").strip()
    defined = located(snapshot, symbols_named(snapshot, name)[:MAX_SYMBOLS])
    uses = [use for use in snapshot.references(name) if snapshot.check(use.path)]
    if not defined and not uses:
        return ToolOutput("Nothing of that name is defined or used in the project.")
    lines = [f"defined: {_symbol_line(place)}" for place in defined]
    texts = _Lines(project)
    shown = 0
    for use in uses:
        for line in use.lines:
            if shown < MAX_USES:
                lines.append(f"used: {_use_line(snapshot, use, line, texts)}")
            shown += 1
    if shown > MAX_USES:
        lines.append(f"({shown - MAX_USES} more uses)")
    return ToolOutput("\n".join(lines), sources=tuple(map(_source, defined)))


class _Lines:
    """Lines of files, each file read once."""

    def __init__(self, project: Project) -> None:
        self._root = project.root
        self._known: dict[str, list[str]] = {}

    def at(self, path: str, number: int) -> str:
        if path not in self._known:
            text = read(self._root, path)
            self._known[path] = [] if isinstance(text, Refusal) else text.text.split("\n")
        lines = self._known[path]
        return lines[number - 1].strip() if number <= len(lines) else ""


def _use_line(snapshot: Snapshot, use: StoredReference, line: int, texts: _Lines) -> str:
    within = "" if use.symbol is None else f" in {snapshot.symbol(use.symbol).qualified}"
    return f"{use.path}:{line}{within}: {short(texts.at(use.path, line), 120)}".rstrip(": ")


def _symbol_line(place: Located) -> str:
    symbol = place.symbol
    signature = short(symbol.signature, 160) or symbol.qualified
    return f"{_source(place).place}  {symbol.kind} {symbol.qualified}  {signature}"


def _source(place: Located) -> Source:
    symbol = place.symbol
    return Source(
        symbol.path,
        place.start_line,
        place.end_line,
        symbol.qualified,
        symbol.signature,
        place.cell,
    )


def _snapshot(project: Project) -> Snapshot:
    snapshot = project.snapshot()
    if snapshot is None:
        raise ToolError(f"{_NOT_INDEXED}.", _HOW_TO_INDEX)
    return snapshot
