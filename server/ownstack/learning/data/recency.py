"""What of a project is newest: what its files held before that, by git, else by their times."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.files.reading import as_text
from ownstack.learning.data import repository

SHARE = 0.1
"""Of all lines, so many are held out for being the newest,"""
MAX_SHARE = 0.15
"""and at most so many: a commit that is larger than that is not divided."""
RECENT_SHARE = 0.4
"""Files that were changed while so many lines were added weigh more."""
MIN_FILES = 10
_APART_S = 3_600.0
"""Files that were written within so much time tell nothing: they were unpacked, or copied."""
_MAX_UNSAVED = 500


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is now."""

    n_lines: int
    modified: float
    """Seconds since 1970, as the disk has it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What is newest, and what was before."""

    before: Mapping[str, str | None] = field(default_factory=dict)
    """Of files that were changed since: what they held. None: they were not there."""
    recent: frozenset[str] = frozenset()
    """Files that were changed lately, those in `before` and others."""


def past(project: Path, files: Mapping[str, File]) -> Past:
    """Return what the newest tenth of a project's lines came after.

    Cost: at most some seconds of git.
    """
    if len(files) < MIN_FILES:
        return Past()
    return _by_git(project, files) or _by_times(files)


def _by_git(project: Path, files: Mapping[str, File]) -> Past | None:
    total = sum(file.n_lines for file in files.values())
    changed, recent = dict[str, None](), dict[str, None]()
    """Sets that keep their order, the newest first."""
    added, head, cut, is_cut = 0, "", "", False
    head_at = 0.0
    for commit in repository.commits(project):
        if not head:
            head, head_at = commit.name, commit.at
        count = sum(number for path, number in commit.added.items() if path in files)
        # The cut is the commit before the first one that does not fit: what it holds is older.
        if not is_cut and (added >= SHARE * total or added + count > MAX_SHARE * total):
            cut, is_cut = commit.name, True
        added += count
        if is_cut and added > RECENT_SHARE * total and recent:
            break
        touched = dict.fromkeys(path for path in commit.added if path in files)
        recent |= touched
        if not is_cut:
            changed |= touched
    if not head:
        return None
    if not is_cut:
        # All that is known is new: then it is not known what came before.
        cut, changed = head, {}
    unsaved = [path for path, file in files.items() if file.modified > head_at]
    unsaved.sort(key=lambda path: -files[path].modified)
    changed = dict.fromkeys(unsaved[:_MAX_UNSAVED]) | changed
    names = repository.renamed(project, cut, head) if cut != head else {}
    held = repository.texts(project, cut, [names.get(path, path) for path in changed])
    before = dict[str, str | None]()
    for path in changed:
        data = held.get(names.get(path, path))
        text = None if data is None else as_text(path, data)
        before[path] = text if isinstance(text, str) else None
    return Past(before, frozenset(recent))


def _by_times(files: Mapping[str, File]) -> Past:
    """Hold the newest files out as wholes, if their times tell anything."""
    ordered = sorted(files, key=lambda path: (-files[path].modified, path))
    total = sum(file.n_lines for file in files.values())
    newest, n_lines = list[str](), 0
    for path in ordered:
        if n_lines >= SHARE * total or n_lines + files[path].n_lines > MAX_SHARE * total:
            break
        newest.append(path)
        n_lines += files[path].n_lines
    middle = statistics.median(file.modified for file in files.values())
    if not newest or files[newest[-1]].modified - middle < _APART_S:
        return Past()
    recent = frozenset(ordered[: round(len(ordered) * RECENT_SHARE)])
    return Past(dict.fromkeys(newest), recent)
