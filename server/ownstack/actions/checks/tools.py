"""The formatter and the linter that a project is set up for. They read the draft from their input.

No file is written: what a tool says of the draft is compared with what it says of the file as it
is, and only what is new counts.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.actions.checks.check import Check, Checker, Draft
from ownstack.actions.target import Target
from ownstack.chat.tools.process import Ended, run_program
from ownstack.errors import ToolError
from ownstack.files.reading import Refusal, plain_lines, read
from ownstack.files.secret.detection import without_secrets
from ownstack.text import truncate

TIMEOUT_S = 20.0
_MAX_BYTES = 8_000_000
_MAX_SETTINGS_BYTES = 1_000_000
_SHOWN = 5
_SHOWN_LINES = 20
_EDITION = re.compile(r'^edition\s*=\s*"(\d{4})"', re.MULTILINE)
_CONFIG = ("js", "mjs", "cjs", "ts")

Found = tuple[str, str]
"""Code and message of a finding."""


@dataclass(frozen=True, slots=True)
class Program:
    """A tool of a project."""

    name: str
    arguments: tuple[str, ...]
    """With the program itself; it reads the text from its input."""


class Formatter:
    """The draft is formatted as the project's formatter would, if the file was before."""

    is_required = False

    def __init__(self, root: Path, program: Program) -> None:
        self._root = root
        self._program = program
        self._before: dict[str, bool] = {}

    @property
    def name(self) -> str:
        """See `Checker`."""
        return self._program.name

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        before = draft.wish.target.text
        try:
            if before not in self._before:
                self._before = {before: await self._formatted(before) == plain_lines(before)}
            if not self._before[before]:
                return Check(self.name, "skipped", "The file was not formatted by it before.")
            formatted = await self._formatted(draft.after)
        except ToolError as error:
            return Check(self.name, "skipped", error.what)
        after = plain_lines(draft.after)
        if formatted == after:
            return Check(self.name, "passed")
        changes = difflib.unified_diff(after.split("\n"), formatted.split("\n"), lineterm="", n=0)
        lines = [line for line in changes if not line.startswith(("---", "+++", "@@"))]
        shown = "\n".join(truncate(line, 200) for line in lines[:_SHOWN_LINES])
        shown = without_secrets(draft.wish.target.path, shown)
        return Check(self.name, "failed", f"It is to be formatted so:\n{shown}")

    async def _formatted(self, text: str) -> str:
        ended = await _run(self._root, self._program, text)
        if ended.exit_code != 0:
            raise ToolError(f"{self.name} cannot format the file.")
        return plain_lines(ended.output)


class Linter:
    """The project's linter finds nothing that it did not find before."""

    is_required = False

    def __init__(
        self, root: Path, program: Program, findings: Callable[[str], list[Found] | None]
    ) -> None:
        """`findings` reads what the program prints; None if it is no list of findings."""
        self._root = root
        self._program = program
        self._findings = findings
        self._before: dict[str, Counter[Found]] = {}

    @property
    def name(self) -> str:
        """See `Checker`."""
        return self._program.name

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        before = draft.wish.target.text
        try:
            if before not in self._before:
                self._before = {before: await self._found(before)}
            new = await self._found(draft.after) - self._before[before]
        except ToolError as error:
            return Check(self.name, "skipped", error.what)
        if not new:
            return Check(self.name, "passed")
        lines = [f"{code} {truncate(message, 200)}".strip() for code, message in new]
        return Check(self.name, "failed", without_secrets("", "\n".join(lines[:_SHOWN])))

    async def _found(self, text: str) -> Counter[Found]:
        ended = await _run(self._root, self._program, text)
        found = None if ended.exit_code not in (0, 1) else self._findings(ended.output)
        if found is None:
            raise ToolError(f"{self.name} does not say what it finds.")
        return Counter(found)


def tools_of(root: Path, target: Target) -> tuple[Checker, ...]:
    """Return the tools that a project is set up for, of those that are installed."""
    language = "" if target.language is None else target.language.id
    if language == "python":
        return tuple(_of_python(root, target.path))
    if target.language is not None and target.language.family == "javascript":
        return tuple(_of_scripts(root, target.path))
    if language == "go" and _has(root, "go.mod"):
        return _formatter(root, "gofmt", "gofmt")
    if language == "rust" and _has(root, "Cargo.toml"):
        edition = _EDITION.search(_text(root, "Cargo.toml"))
        year = edition[1] if edition else "2021"
        return _formatter(
            root, "rustfmt", "rustfmt", "--quiet", "--emit", "stdout", "--edition", year
        )
    return ()


def _of_python(root: Path, path: str) -> Iterator[Checker]:
    pyproject = _text(root, "pyproject.toml")
    named = ("-q", "--stdin-filename", path, "-")
    is_black = "[tool.black]" in pyproject
    if is_black:
        yield from _formatter(root, "black", "black", *named)
    ruff = _installed(root, "ruff")
    if ruff and ("[tool.ruff" in pyproject or _has(root, "ruff.toml", ".ruff.toml")):
        if not is_black:
            yield from _formatter(root, "ruff format", "ruff", "format", "--no-cache", *named)
        asked = ("check", "--no-fix", "--no-cache", "--output-format", "json", *named)
        yield Linter(root, Program("ruff", (ruff, *asked)), ruff_findings)


def _of_scripts(root: Path, path: str) -> Iterator[Checker]:
    package = _text(root, "package.json").replace(" ", "")
    endings = ("", ".json", ".yaml", ".yml", ".js", ".cjs", ".mjs", ".toml")
    settings = (*(f".prettierrc{end}" for end in endings),
                *(f"prettier.config.{end}" for end in _CONFIG))  # fmt: skip
    if '"prettier":{' in package or _has(root, *settings):
        yield from _formatter(
            root, "prettier", "prettier", "--log-level", "silent", "--stdin-filepath", path
        )
    eslint = _installed(root, "eslint")
    settings = (*(f".eslintrc{end}" for end in endings),
                *(f"eslint.config.{end}" for end in _CONFIG))  # fmt: skip
    if eslint and _has(root, *settings):
        asked = ("--format", "json", "--stdin", "--stdin-filename", path)
        yield Linter(root, Program("eslint", (eslint, *asked)), eslint_findings)


def _formatter(root: Path, name: str, program: str, *arguments: str) -> tuple[Checker, ...]:
    place = _installed(root, program)
    return (Formatter(root, Program(name, (place, *arguments))),) if place else ()


def ruff_findings(output: str) -> list[Found] | None:
    """Read ruff's JSON."""
    found = _list(output)
    if found is None:
        return None
    return [(str(item.get("code") or ""), str(item.get("message", ""))) for item in found]


def eslint_findings(output: str) -> list[Found] | None:
    """Read eslint's JSON."""
    files = _list(output)
    if files is None:
        return None
    lists = [file.get("messages") for file in files]
    messages = [m for found in lists if isinstance(found, list) for m in found
                if isinstance(m, dict)]  # fmt: skip
    return [(str(m.get("ruleId") or ""), str(m.get("message", ""))) for m in messages]


def _list(output: str) -> list[dict[str, object]] | None:
    start = output.find("[")
    try:
        found, _ = json.JSONDecoder().raw_decode(output, max(start, 0))
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(found, list) and all(isinstance(item, dict) for item in found)
    return found if is_list else None


async def _run(root: Path, program: Program, text: str) -> Ended:
    ended = await run_program(
        program.arguments,
        root,
        timeout_s=TIMEOUT_S,
        max_bytes=_MAX_BYTES,
        given=text.encode("utf-8", "replace"),
    )
    if ended.exit_code is None:
        raise ToolError(f"{program.name} takes longer than {TIMEOUT_S:.0f} s.")
    return ended


def _installed(root: Path, name: str) -> str:
    """Return a program: the project's own, else that on the path; "" if there is none."""
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    for folder in (f".venv/{scripts}", f"venv/{scripts}", "node_modules/.bin"):
        found = shutil.which(name, path=os.fspath(root / folder))
        if found:
            return found
    return shutil.which(name) or ""


def _has(root: Path, *names: str) -> bool:
    return any((root / name).is_file() for name in names)


def _text(root: Path, name: str) -> str:
    text = read(root, name, _MAX_SETTINGS_BYTES)
    return "" if isinstance(text, Refusal) else text.text
