"""`git_diff`: what is changed in the project and not committed yet."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ownstack.chat.places import inside
from ownstack.chat.tools.process import Ended, run_program
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
)
_PLAIN = (*("-c", "core.pager=cat"), *("-c", "color.ui=false"))
_OF_ANOTHER = frozenset(
    ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PAGER")
)
"""Variables by which git would look at another repository, or run something."""
_FILTERS = ("config", "--null", "--name-only", "--get-regexp", r"^filter\..*\.(clean|process)$")
DIFF = (
    *("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short"),
    # Whatever the user's own configuration has (`diff.noprefix`, `diff.mnemonicPrefix`).
    *("--src-prefix=a/", "--dst-prefix=b/"),
    "--ignore-submodules=dirty",  # A look into their files would obey their configuration.
)


def git_tools(root: Path) -> tuple[ChatTool, ...]:
    """Return what tells of changes in a folder."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        path = inside(root, arguments.get("path", ""))
        base = "--cached" if arguments.get("staged") else "HEAD"
        said = await looked_up(root, *DIFF, base, "--", path or ".")
        return ToolOutput(without_secrets("", said) or "Nothing is changed.")

    return (ChatTool(GIT_DIFF, run),)


async def looked_up(root: Path, *arguments: str) -> str:
    """Return what git says of a repository; nothing that is configured there is run for it.

    Raises:
        ToolError: it cannot tell, or takes too long.
    """
    environment = {"GIT_OPTIONAL_LOCKS": "0", **await _without_filters(root)}
    ended = await _git(root, (*_CONFIG, *arguments), environment, TIMEOUT_S)
    if ended.exit_code is None:
        raise ToolError(f"git took more than {TIMEOUT_S:.0f} s.", "Name a path.")
    if ended.exit_code:
        said = short(ended.output, 200)
        raise ToolError(f"git cannot tell: {said}", "Is this a repository with a commit?")
    return ended.output


async def _without_filters(root: Path) -> dict[str, str]:
    """Return variables by which git runs no program on files that it compares.

    Raises:
        ToolError: the names of such programs cannot be read.
    """
    ended = await _git(root, _FILTERS, {}, TIMEOUT_S)
    if ended.exit_code == 1:  # There are none.
        return {}
    # A name has no line ends; a warning of git, which may come before, ends with one.
    names = [part.rpartition("\n")[2] for part in ended.output.split("\0")]
    if ended.exit_code or not all(name.isascii() for name in names):
        raise ToolError("git cannot tell: its configuration names filters that cannot be read.")
    values: dict[str, str] = {}
    for name in filter(None, names):
        values |= {name: "", f"{name.rpartition('.')[0]}.required": "false"}
    known = os.environ.get("GIT_CONFIG_COUNT", "")
    first = int(known) if known.isdecimal() else 0
    made = {"GIT_CONFIG_COUNT": str(first + len(values))}
    for number, (name, value) in enumerate(values.items(), first):
        made |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return made


async def run_as_configured(root: Path, *arguments: str, timeout_s: float = TIMEOUT_S) -> Ended:
    """Run git as the user would: with the hooks and the programs that are configured.

    Raises:
        ToolError: it cannot be started.
    """
    return await _git(root, arguments, {}, timeout_s)


async def _git(
    root: Path, arguments: Sequence[str], environment: Mapping[str, str], timeout_s: float
) -> Ended:
    own = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    return await run_program(
        ("git", *_PLAIN, *arguments),
        root,
        timeout_s=timeout_s,
        max_bytes=MAX_BYTES,
        environment={**own, "GIT_TERMINAL_PROMPT": "0", **environment},
    )
