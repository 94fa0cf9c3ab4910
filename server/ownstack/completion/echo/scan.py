"""Which files of a folder are text that somebody wrote, and reading one of them.

Depth is walked breadth first, so that a cap keeps what is near the top. Links are not followed:
they may lead outside or back.
"""

from __future__ import annotations

import logging
import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pathspec

from ownstack.completion.echo.segment import Source
from ownstack.completion.gate import is_generated
from ownstack.completion.secret import secret_path

log = logging.getLogger(__name__)

MAX_FILE_BYTES = 512 * 1024
MAX_ENTRIES = 200_000
MAX_IGNORE_BYTES = 256 * 1024
_SNIFF_BYTES = 8_192
_MAX_LINE_BYTES = 20_000
"""A longer line was not written by hand; a file of such lines is data."""

_SKIPPED_FOLDERS = frozenset(
    (
        *(".git", ".hg", ".svn", ".jj", "node_modules", "bower_components", "site-packages"),
        *("__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".ruff_cache"),
        *(".pytest_cache", ".gradle", ".idea", ".next", ".nuxt", ".terraform"),
    )
)
_SKIPPED_FILES = re.compile(
    r"""(?ix) \. (?: png | jpe?g | gif | webp | ico | svg | pdf | zip | gz | xz | zst | bz2 | 7z
    | tar | jar | whl | so | dll | dylib | exe | o | a | lib | pyc | class | wasm | woff2? | ttf
    | otf | mp[34] | mov | ogg | wav | db | sqlite3? | parquet | npy | npz | gguf | safetensors
    | bin | map | csv | tsv | ipynb | lock | snap | min\.js | min\.css ) $
    | ^(?: package-lock\.json | pnpm-lock\.yaml | go\.sum | npm-shrinkwrap\.json )$"""
)

Stamp = tuple[int, int]
"""Modification time in nanoseconds, size in bytes."""


class Ignored:
    """The `.gitignore` files of the folders above a path; the deepest rule that matches decides."""

    def __init__(self, rules: tuple[tuple[str, pathspec.GitIgnoreSpec], ...] = ()) -> None:
        self._rules = rules

    def below(self, folder: str, relative: str) -> Ignored:
        """Return the rules that hold in a folder; `relative` names it, "" or ending in `/`."""
        file = os.path.join(folder, ".gitignore")
        try:
            with open(file, "rb") as opened:
                lines = opened.read(MAX_IGNORE_BYTES).decode("utf-8", "replace").splitlines()
            rules = pathspec.GitIgnoreSpec.from_lines(lines)
        except FileNotFoundError:
            return self
        except (OSError, ValueError) as error:
            log.debug("no ignore rules from %s: %s", file, error)
            return self
        return Ignored(((relative, rules), *self._rules))

    def match(self, relative: str) -> bool:
        """Say whether a path is ignored; that of a folder ends in `/`."""
        for folder, rules in self._rules:
            verdict = rules.check_file(relative[len(folder) :]).include
            if verdict is not None:
                return verdict
        return False


def scan(folder: Path) -> Iterator[tuple[str, Stamp]]:
    """Yield path and stamp of every file that may be read. Never raises.

    Paths are relative to `folder`, with `/`.
    """
    waiting = deque([("", Ignored())])
    left = MAX_ENTRIES
    while waiting and left > 0:
        relative, above = waiting.popleft()
        here = os.path.join(folder, relative) if relative else str(folder)
        ignored = above.below(here, relative)
        try:
            with os.scandir(here) as entries:
                found = sorted(entries, key=lambda entry: entry.name)[:left]
        except OSError as error:
            log.debug("cannot list %s: %s", here, error)
            continue
        left -= len(found)
        for entry in found:
            name = relative + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _SKIPPED_FOLDERS and not ignored.match(name + "/"):
                        waiting.append((name + "/", ignored))
                elif entry.is_file(follow_symlinks=False) and not _SKIPPED_FILES.search(entry.name):
                    status = entry.stat(follow_symlinks=False)
                    fits = 0 < status.st_size <= MAX_FILE_BYTES
                    if fits and not secret_path(name) and not ignored.match(name):
                        yield name, (status.st_mtime_ns, status.st_size)
            except (OSError, ValueError) as error:
                log.debug("cannot look at %s: %s", name, error)


def accepts(folder: Path, relative: str) -> bool:
    """Say whether `scan` would yield this path, if it exists; for a single file that changed."""
    parts = relative.split("/")
    if _SKIPPED_FILES.search(parts[-1]) or not _SKIPPED_FOLDERS.isdisjoint(parts[:-1]):
        return False
    if secret_path(relative):
        return False
    ignored, here = Ignored(), ""
    for part in parts[:-1]:
        ignored = ignored.below(os.path.join(folder, here), here)
        here += part + "/"
        if ignored.match(here) or os.path.islink(os.path.join(folder, here[:-1])):
            return False
    ignored = ignored.below(os.path.join(folder, here), here)
    return not ignored.match(relative) and not os.path.islink(os.path.join(folder, relative))


def read(folder: Path, relative: str) -> Source | None:
    """Read a file as text with plain line ends; None if it cannot be read or is not such a text."""
    try:
        with open(os.path.join(folder, relative), "rb") as file:
            status = os.fstat(file.fileno())
            if status.st_size > MAX_FILE_BYTES:
                return None
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        log.debug("cannot read %s: %s", relative, error)
        return None
    stamp = (status.st_mtime_ns, status.st_size)
    if len(data) > MAX_FILE_BYTES or b"\0" in data[:_SNIFF_BYTES]:
        return None
    text = data.decode("utf-8-sig", "replace")
    if text.count("\ufffd") * 100 > len(text) or is_generated(relative, text):
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if max(map(len, text.split("\n"))) > _MAX_LINE_BYTES:
        return None
    return Source(relative, stamp, text.encode("utf-8", "replace"))
