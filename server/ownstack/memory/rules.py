"""Rules of a project, as its files say them: read from disk, bounded, and never from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ownstack.files.decoding import decode
from ownstack.files.reading import content_hash
from ownstack.memory.inside import read_inside

NAMES = ("AGENTS.md", "CLAUDE.md", ".ownstack/rules.md")
"""Where rules stand, in the order in which a model reads them."""
MAX_BYTES = 32_768
"""Of one file. They are shown in every prompt, and no compaction makes them shorter."""
_HEAD = "Rules of this project, by its own files:"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the files of a project say, and which of them said it."""

    files: tuple[tuple[str, str], ...] = ()
    """Path in the project and hash of the content."""
    text: str = ""
    """As a model is shown it, "" if there are none."""
    problems: tuple[str, ...] = ()
    """What was left out and why, in sentences for a person."""


def read(root: Path) -> Rules:
    """Read the rules of a project. Never raises; what says the same as another is read once."""
    files: dict[str, str] = {}
    texts: list[str] = []
    problems: list[str] = []
    for name in NAMES:
        found = read_inside(root, name, MAX_BYTES)
        if isinstance(found, str):
            problems.extend([found] if found else [])
            continue
        data, whole = found
        text, hash = (decode(data) or "").strip(), content_hash(data).hex()
        if not text:
            continue
        if not whole:
            problems.append(f"{name} is longer than {MAX_BYTES:,} bytes; the rest is not read.")
        if hash not in files.values():
            texts.append(f"## {name}\n{text}")
            files[name] = hash
    return Rules(
        tuple(files.items()), "\n\n".join([_HEAD, *texts]) if texts else "", tuple(problems)
    )
