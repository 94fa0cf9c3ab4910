"""Asks git of a folder's past. Nothing that is configured there is run, no network is asked.

Only commits and what they hold are read, never the working tree, so no filters are run on files.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ownstack.files.reading import MAX_FILE_BYTES

TIMEOUT_S = 15.0
MAX_COMMITS = 1_000
MAX_BYTES = 64 * 1024 * 1024
"""Of texts of the past."""
_CONFIG = (
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"),
    # A partial clone would fetch what is missing.
    *("-c", "protocol.allow=never", "-c", "core.pager=cat", "-c", "color.ui=false"),
    *("-c", "log.showSignature=false", "-c", "diff.external=", "-c", "core.quotePath=false"),
)
_OF_ANOTHER = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_PAGER")
_TREES = ("--relative", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-z")
_LOG = (
    *("log", "--first-parent", "-m", "--numstat", "--no-renames", *_TREES),
    *(f"--max-count={MAX_COMMITS}", "--format=format:%x01%H %ct"),
)


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit, against the one before it on the way to HEAD."""

    name: str
    at: float
    """Seconds since 1970."""
    added: Mapping[str, int]
    """Lines, by the paths of files that it changed; they are relative to the folder."""


def commits(folder: Path) -> Iterator[Commit]:
    """Yield the newest commits, the newest first; none if git cannot tell."""
    header, added = "", dict[str, int]()
    with _git(folder, _LOG) as output:
        for token in _tokens(output):
            if token.startswith("\x01"):
                if header:
                    yield _commit(header, added)
                header, added = token[1:], {}
                # The first file of a commit stands behind it, on a line of its own.
                header, _, token = header.partition("\n")
            number, _, rest = token.lstrip("\n").partition("\t")
            _, _, path = rest.partition("\t")
            if path and number.isdecimal():
                added[path] = int(number)
        if header:
            yield _commit(header, added)


def by_change(folder: Path) -> dict[str, int]:
    """Return files' places by their last change, from 0 for the newest on, as far as known."""
    found = dict[str, int]()
    for commit in commits(folder):
        for path in commit.added:
            found.setdefault(path, len(found))
    return found


def renamed(folder: Path, before: str, after: str) -> dict[str, str]:
    """Return what files of one commit were called in an older one, if otherwise."""
    command = ("diff", "--name-status", "-M", "--diff-filter=R", *_TREES, before, after, "--")
    with _git(folder, command) as output:
        parts = list(_tokens(output))
    return {new: old for kind, old, new in zip(*[iter(parts)] * 3, strict=False) if kind[:1] == "R"}


def texts(folder: Path, commit: str, paths: Sequence[str]) -> dict[str, bytes]:
    """Return what files held in a commit; those that were not there are left out."""
    asked = [path for path in paths if "\n" not in path]
    given = "".join(f"{commit}:./{path}\n" for path in asked).encode("utf-8", "surrogateescape")
    found, left = dict[str, bytes](), MAX_BYTES
    with _git(folder, ("cat-file", "--batch"), given) as output:
        for path in asked:
            head = output.readline().split()
            if not head:
                break
            if len(head) != 3 or not head[2].isdigit():
                continue  # It is missing; its name may hold blanks.
            size = int(head[2])
            is_text = head[1] == b"blob" and size <= min(MAX_FILE_BYTES, left)
            data = _taken(output, size + 1, keep=is_text)
            if is_text:
                left -= size
                found[path] = data[:-1]
    return found


def _commit(header: str, added: dict[str, int]) -> Commit:
    name, _, at = header.partition(" ")
    return Commit(name, float(at) if at.isdecimal() else 0.0, added)


def _taken(output: IO[bytes], size: int, *, keep: bool) -> bytes:
    pieces = []
    while size > 0 and (piece := output.read(min(size, 65_536))):
        size -= len(piece)
        if keep:
            pieces.append(piece)
    return b"".join(pieces)


def _tokens(output: IO[bytes]) -> Iterator[str]:
    rest = b""
    while piece := output.read(65_536):
        *whole, rest = (rest + piece).split(b"\0")
        if len(rest) > MAX_FILE_BYTES:
            return
        yield from (os.fsdecode(part) for part in whole)
    yield os.fsdecode(rest)


@contextlib.contextmanager
def _git(folder: Path, arguments: Sequence[str], given: bytes = b"") -> Iterator[IO[bytes]]:
    """Run git, and end it when nobody reads it any more, or the time is over.

    What it says then, or if it cannot be started, is nothing.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        process = subprocess.Popen(
            ("git", *_CONFIG, *arguments),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        with open(os.devnull, "rb") as nothing:
            yield nothing
        return
    assert process.stdin is not None
    assert process.stdout is not None
    timer = threading.Timer(TIMEOUT_S, process.kill)
    feeder = threading.Thread(target=_give, args=(process.stdin, given), daemon=True)
    timer.start()
    feeder.start()
    try:
        yield process.stdout
    finally:
        timer.cancel()
        process.kill()
        process.stdout.close()
        process.wait()
        feeder.join()


def _give(stream: IO[bytes], given: bytes) -> None:
    with contextlib.suppress(OSError):
        stream.write(given)
    with contextlib.suppress(OSError):
        stream.close()
