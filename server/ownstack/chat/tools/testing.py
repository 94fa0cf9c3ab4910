"""`run_tests`: the project's own tests, run after the user has said yes to the very command."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ownstack.chat.places import inside
from ownstack.chat.tools.process import run_program
from ownstack.chat.tools.tool import Approval, Approve, ChatTool, ToolOutput, schema, text_argument
from ownstack.engine.messages import Tool
from ownstack.errors import ToolError
from ownstack.files.reading import Refusal, read
from ownstack.memory.handles import short

TIMEOUT_S = 300.0
MAX_BYTES = 400_000
MAX_FAILED = 50
RUN_TESTS = Tool(
    "run_tests",
    "Run the project's tests, all or those of one file. The user is asked first.",
    schema(path=text_argument("a test file, or nothing for all")),
)
_FAILED = re.compile(
    r"^(?:FAILED|ERROR) (\S{1,300})|^test (\S{1,200}) \.\.\. FAILED"
    r"|^\s{0,40}--- FAIL: (\S{1,200})|^not ok \d{1,6} - (.{1,200})",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Tests:
    """How the tests of a project are run."""

    arguments: tuple[str, ...]
    takes_path: bool


def runner_tools(
    root: Path, approve: Approve, timeout_s: float = TIMEOUT_S
) -> tuple[ChatTool, ...]:
    """Return what runs tests. `approve` is asked each time."""

    async def run(arguments: Mapping[str, Any]) -> ToolOutput:
        command = command_for(root, arguments.get("path", ""))
        asked = Approval("The model wants to run the project's tests.", shlex.join(command))
        if await approve(asked) == "no":
            raise ToolError("The user did not allow the tests to be run.", "Go on without.")
        return await run_tests(root, command, timeout_s)

    return (ChatTool(RUN_TESTS, run),)


async def run_tests(
    root: Path,
    command: Sequence[str],
    timeout_s: float = TIMEOUT_S,
    environment: Mapping[str, str] | None = None,
) -> ToolOutput:
    """Run tests that the user has allowed to be run; what they print comes after two lines of ours.

    Raises:
        ToolError: the program cannot be started.
    """
    ended = await run_program(
        command, root, timeout_s=timeout_s, max_bytes=MAX_BYTES, environment=environment
    )
    if ended.exit_code is None:
        how = f"It was ended after {timeout_s:.0f} s."
    else:
        how = f"It ended with {ended.exit_code}."
    shown = shlex.join(command)
    return ToolOutput(
        f"{shown}\n{how}\n{ended.output}",
        ok=ended.exit_code == 0,
        command=shown,
        exit_code=ended.exit_code,
        failed_tests=failed_tests(ended.output),
    )


def failed_tests(output: str) -> tuple[str, ...]:
    """Return the names of tests that failed, as pytest, cargo, go and TAP print them."""
    names = ("".join(filter(None, match.groups())) for match in _FAILED.finditer(output))
    return tuple(dict.fromkeys(names))[:MAX_FAILED]


def command_of(root: Path) -> Tests | None:
    """Return how a project's tests are run, as its files tell; None if they do not."""
    if any((root / name).is_file() for name in ("pytest.ini", "conftest.py", "tox.ini")):
        return _pytest(root)
    has_tests = any(any(folder.glob("test_*.py")) for folder in (root, root / "tests"))
    if has_tests or "[tool.pytest" in _text(root, "pyproject.toml"):
        return _pytest(root)
    if (root / "Cargo.toml").is_file():
        return Tests(("cargo", "test"), takes_path=False)
    if (root / "go.mod").is_file():
        return Tests(("go", "test", "./..."), takes_path=False)
    if _has_npm_test(root):
        return Tests(("npm", "test"), takes_path=False)
    return None


def command_for(root: Path, path: str = "") -> tuple[str, ...]:
    """Return what runs a project's tests, or those of one file.

    Raises:
        ToolError: it is not known, or there are no such tests.
    """
    found = command_of(root)
    if found is None:
        raise ToolError("It is not known how this project's tests are run.", "Ask the user.")
    if not path:
        return found.arguments
    if not found.takes_path:
        raise ToolError("The tests of one file cannot be run alone here.", "Leave out path.")
    file, colons, name = path.partition("::")
    place = inside(root, file)
    if (
        not (root / place).exists()
        or place.startswith("-")
        or not re.fullmatch(r"[\w.:\[\]-]{0,200}", name)
    ):
        raise ToolError(f"There are no tests at {short(path)}.", "Name a test file.")
    return (*found.arguments, "--", f"{place}{colons}{name}")


def _pytest(root: Path) -> Tests:
    folder = "Scripts" if sys.platform == "win32" else "bin"
    own = root / ".venv" / folder / "python"
    python = str(own) if own.is_file() else sys.executable
    return Tests((python, "-m", "pytest", "-q", "-x"), takes_path=True)


def _has_npm_test(root: Path) -> bool:
    try:
        package = json.loads(_text(root, "package.json") or "{}")
    except (ValueError, RecursionError):
        return False
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return isinstance(scripts, dict) and isinstance(scripts.get("test"), str)


def _text(root: Path, name: str) -> str:
    text = read(root, name)
    return "" if isinstance(text, Refusal) else text.text
