"""`diagnostics`: the errors and warnings that the editor shows, as far as it has told them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ownstack.chat.tools.tool import ChatTool, ToolOutput, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.memory.handles import short

MAX_SHOWN = 60
DIAGNOSTICS = Tool(
    "diagnostics",
    "Show the errors and warnings that the editor has now.",
    schema(path=text_argument("a file or folder to look at alone")),
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One of them, of whatever language server."""

    path: str
    """In the project, with slashes."""
    line: int
    """From 1 on."""
    severity: str
    message: str
    source: str = ""


EditorDiagnostics = Callable[[], Sequence[Diagnostic]]


def diagnostic_tools(known: EditorDiagnostics | None) -> tuple[ChatTool, ...]:
    """Return what tells of errors; without an editor it says that there are none to tell of."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        if known is None:
            return ToolOutput("No editor is connected, so no diagnostics are known.")
        below = arguments.get("path", "").strip("/")
        found = [item for item in known() if not below or _is_below(item.path, below)]
        if not found:
            return ToolOutput("The editor has told of no errors or warnings there.")
        lines = [
            f"{item.path}:{item.line} {item.severity}: {short(item.message, 300)}"
            + (f" ({short(item.source, 40)})" if item.source else "")
            for item in found[:MAX_SHOWN]
        ]
        if len(found) > MAX_SHOWN:
            lines.append(f"({len(found) - MAX_SHOWN} more)")
        return ToolOutput("\n".join(lines))

    return (ChatTool(DIAGNOSTICS, run, needs_trust=False),)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
