"""`propose_edit`: a change of a file that the user sees as a diff, and applies or refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ownstack.chat.edits import Edits
from ownstack.chat.proposals import found_and_replaced, with_lines
from ownstack.chat.tools.tool import ChatTool, ToolOutput, line_argument, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import EditError, ToolError
from ownstack.files.secret.detection import without_secrets

PROPOSE_EDIT = Tool(
    "propose_edit",
    "Propose a change of one file: the text `find` becomes `replace`, or lines `start` to `end` "
    "do. For a new file give only path and replace. The user decides whether it is applied.",
    schema(
        ("path", "replace"),
        path=text_argument("the file"),
        find=text_argument("lines of the file, exactly as they are", None),
        start=line_argument("the first line that is replaced"),
        end=line_argument("the last line that is replaced"),
        replace=text_argument("the new text", None),
    ),
)


def editing_tools(edits: Edits) -> tuple[ChatTool, ...]:
    """Return what proposes edits."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        try:
            made = await edits.propose(arguments["path"], lambda text: _changed(text, arguments))
        except EditError as error:
            raise ToolError(error.what, error.hint) from error
        shown = without_secrets("", made.diff)
        return ToolOutput(
            f"Proposed; nothing is written until the user applies it. {made.title}\n{shown}"
        )

    return (ChatTool(PROPOSE_EDIT, run),)


def _changed(text: str | None, arguments: Mapping[str, Any]) -> str:
    """Return what a file shall be; None as its text means that there is none."""
    find, start, replace = arguments.get("find"), arguments.get("start"), arguments["replace"]
    if text is None:
        if find or start:
            raise EditError("There is no such file.", "list shows what there is.")
        return str(replace)
    if find:
        return found_and_replaced(text, find, replace)
    if start:
        return with_lines(text, start, arguments.get("end", start), replace)
    if text.strip():
        raise EditError(
            "The file is there already, so say what of it is replaced.",
            "Give find, or start and end.",
        )
    return str(replace)
