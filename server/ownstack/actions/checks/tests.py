"""The project's own tests of what an edit touches, run on a copy of the project that has it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.checks.dependencies import link_dependencies
from ownstack.chat.places import inside
from ownstack.chat.tools.testing import command_for, command_of, run_tests
from ownstack.chat.tools.tool import ToolOutput
from ownstack.errors import OwnstackError, ToolError, in_words
from ownstack.extract.classify import FLAG_TEST, flags_of
from ownstack.files.listing import look
from ownstack.files.reading import Refusal, read
from ownstack.files.scan import Entry
from ownstack.files.secret.detection import without_secrets

log = logging.getLogger(__name__)

TIMEOUT_S = 120.0
MAX_FILES, MAX_BYTES = 10_000, 100_000_000
"""Of a project that is copied."""
MAX_FILE_BYTES = 10_000_000
MAX_TEST_FILES = 5
_MAX_READ = 2_000
"""Test files that are looked into for names."""
_SHOWN_CHARS, _LOOKED_AT_CHARS = 2_000, 8_000
_COPY = re.compile(r"\S{0,200}ownstack-tests-\w{1,20}[/\\]project[/\\]?")
_TELLING = re.compile(r"[>E] {3,}\S")
"""A line of pytest that says what fails, and how."""
_NO_TESTS = 5
"""How pytest ends that has found none."""


class ProjectTests:
    """Tests that name what the edit touches pass, or fail no more than they did."""

    name = "tests"
    is_required = False

    def __init__(self, root: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._root = root
        self._timeout_s = timeout_s
        self._before: tuple[str, ToolOutput] | None = None

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        try:
            return await self._checked(draft)
        except (OwnstackError, OSError, shutil.Error) as error:
            return Check(self.name, "skipped", in_words(error))

    async def _checked(self, draft: Draft) -> Check:
        place = inside(self._root, draft.wish.target.path)
        listed = await asyncio.to_thread(look, self._root)
        entries = listed.checked(holds_files=True)
        found = await asyncio.to_thread(self._command, draft, entries)
        if not found:
            return Check(self.name, "skipped", "No test names what is edited.")
        after = await self._run(found, entries, place, draft.after)
        if after.exit_code is None:
            why = f"They take longer than {self._timeout_s:.0f} s."
            return Check(self.name, "failed" if draft.wish.is_mending else "skipped", why)
        if after.exit_code == _NO_TESTS:
            return Check(self.name, "skipped", "No test is found in them.")
        if after.ok:
            return Check(self.name, "passed")
        if not draft.wish.is_mending:
            text = draft.wish.target.text
            if self._before is None or self._before[0] != text:
                self._before = text, await self._run(found, entries, place, text)
            before = self._before[1]
            if not before.ok and before.failed_tests == after.failed_tests:
                return Check(self.name, "skipped", "They fail without the edit, too.")
        return Check(self.name, "failed", _tail(after.text))

    def _command(self, draft: Draft, entries: Mapping[str, Entry]) -> tuple[str, ...]:
        """Return what runs the tests that touch the target; () if there are none."""
        known = command_of(self._root)
        if known is None:
            raise ToolError("It is not known how this project's tests are run.")
        if not known.takes_path:
            return command_for(self._root)
        files = self._test_files(draft, entries)
        if not files:
            return ()
        first, *others = files
        return (*command_for(self._root, first), *others)

    def _test_files(self, draft: Draft, entries: Mapping[str, Entry]) -> list[str]:
        target = draft.wish.target
        if flags_of(target.path, generated=False) & FLAG_TEST:
            return [target.path]
        symbol = target.symbol
        stem = target.path.rpartition("/")[2].partition(".")[0]
        names = [] if symbol is None else list(dict.fromkeys(symbol.qualified.split(".")[::-1]))
        ending = target.path.rpartition(".")[2]
        texts: dict[str, str] = {}
        for path in entries:
            is_test = flags_of(path, generated=False) & FLAG_TEST and path.endswith(f".{ending}")
            if is_test and len(texts) < _MAX_READ and path.rpartition("/")[2] != "conftest.py":
                text = read(self._root, path)
                texts[path] = "" if isinstance(text, Refusal) else text.text
        for name in (*names, stem):
            word = re.compile(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])")  # also in `test_name`
            found = [path for path, text in texts.items() if word.search(text)]
            if found:
                return sorted(found, key=lambda path: (stem not in path, path))[:MAX_TEST_FILES]
        return []

    async def _run(
        self, command: Sequence[str], entries: Mapping[str, Entry], place: str, text: str
    ) -> ToolOutput:
        """Run tests in a copy of the project in which one file has another text."""
        async with _folder() as folder:
            shadow = folder / "project"
            await _to_its_end(partial(_copy, self._root, shadow, entries))
            (shadow / place).parent.mkdir(parents=True, exist_ok=True)
            (shadow / place).write_bytes(text.encode("utf-8", "surrogatepass"))
            return await run_tests(shadow, command, self._timeout_s, _environment(shadow))


@contextlib.asynccontextmanager
async def _folder() -> AsyncIterator[Path]:
    """Give a folder that is gone afterwards, with whatever tests have left in it."""
    made = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="ownstack-tests-"))
    try:
        yield made
    finally:
        await _to_its_end(partial(_remove, made))


async def _to_its_end(work: Callable[[], None]) -> None:
    """Do something beside the loop; being cancelled waits for its end, so that nothing follows."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _remove(folder: Path) -> None:
    """Remove a folder, also what a test has made read-only in it; it says so if that fails."""

    def retry(function: Callable[[str], object], path: str, _error: object) -> None:
        for place in (os.path.dirname(path), path):
            if place.startswith(str(folder)) and not os.path.islink(place):
                os.chmod(place, 0o700)
        function(path) if function in (os.unlink, os.rmdir) else shutil.rmtree(path)

    try:
        shutil.rmtree(folder, onerror=retry)
    except OSError as error:
        log.warning("A copy of the project is left at %s: %s", folder, error)


def _copy(root: Path, shadow: Path, entries: Mapping[str, Entry]) -> None:
    """Copy the files that git does not ignore, without links, and link the packages they need.

    Raises:
        ToolError: there is too much of it.
    """
    files = [path for path in entries if path and not path.endswith("/")]
    if len(files) > MAX_FILES:
        raise ToolError(f"The project has more than {MAX_FILES:,} files; it is not copied.")
    left = MAX_BYTES
    shadow.mkdir()
    for path in files:
        source = root / path
        if source.is_symlink() or not source.is_file():
            continue
        size = source.stat().st_size
        if size > MAX_FILE_BYTES:
            continue
        left -= size
        if left < 0:
            raise ToolError("The project is too large to be copied.")
        (shadow / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, shadow / path)
    link_dependencies(root, shadow, files)


def _environment(shadow: Path) -> dict[str, str]:
    """Return an environment in which Python takes the copy before what is installed."""
    folders = [str(shadow), *(str(shadow / name) for name in ("src",) if (shadow / name).is_dir())]
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([*folders, *([known] if known else [])])
    return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


def _tail(output: str) -> str:
    """Return what tests print of what failed, without the command and where the copy was.

    Of pytest, the line that fails and what it says of it; of others the end.
    """
    lines = output.split("\n")[2:]
    told = [line[1:].strip() for line in lines if _TELLING.match(line)]
    shown = "\n".join(told or lines)[-_LOOKED_AT_CHARS:]
    return without_secrets("", _COPY.sub("", shown))[-_SHOWN_CHARS:].strip()
