"""`git_diff`: what is changed in the project and not committed yet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.chat.places import inside
from ownstack.chat.tools.process import run_program
from ownstack.chat.tools.tool import ChatTool, ToolOutput, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import ToolError
from ownstack.files.secret.detection import without_secrets
from ownstack.memory.handles import short

TIMEOUT_S = 20.0
MAX_BYTES = 400_000
GIT_DIFF = Tool(
    "git_diff",
    "Show what is changed in the project and not committed.",
    schema(
        path=text_argument("a file or folder to look at alone"),
        staged={"type": "boolean", "description": "only what is staged for the next commit"},
    ),
)
# A repository's own configuration may name programs: none of them is run for a look at it.
_CONFIG = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "diff.external="),
    *("-c", "core.pager=cat"),
    *("-c", "color.ui=false"),
)
_OF_ANOTHER = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PAGER")
)
"""Variables by which git would look at another repository, or run something."""
_OPTIONS = ("--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short")


def git_tools(root: Path) -> tuple[ChatTool, ...]:
    """Return what tells of changes in a folder."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        path = inside(root, arguments.get("path", ""))
        base = ("--cached",) if arguments.get("staged") else ("HEAD",)
        command = ("git", *_CONFIG, "diff", *_OPTIONS, *base, "--", path or ".")
        environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
        environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
        ended = await run_program(
            command, root, timeout_s=TIMEOUT_S, max_bytes=MAX_BYTES, environment=environment
        )
        if ended.exit_code is None:
            raise ToolError(f"git took more than {TIMEOUT_S:.0f} s.", "Name a path.")
        if ended.exit_code:
            said = short(ended.output, 200)
            raise ToolError(f"git cannot tell: {said}", "Is this a repository with a commit?")
        return ToolOutput(without_secrets("", ended.output) or "Nothing is changed.")

    return (ChatTool(GIT_DIFF, run),)
