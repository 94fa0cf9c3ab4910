"""The verbs of `ownstack memory` that change something: each says what it did, and where."""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from ownstack.cli.memory.opening import opened_memory
from ownstack.cli.output import say
from ownstack.errors import UsageError, in_words
from ownstack.files.decoding import decode
from ownstack.files.opening import read_regular
from ownstack.memory.entries.project_memory import ProjectMemory

_MAX_BYTES = 65_536
"""Of what an editor is left with."""


def accept(arguments: argparse.Namespace) -> int:
    with opened_memory(arguments.path, changes=True) as memory:
        return _say(memory.accept(_named(arguments), arguments.into, arguments.conflict))


def reject(arguments: argparse.Namespace) -> int:
    with opened_memory(arguments.path, changes=True) as memory:
        return _say(memory.reject(_named(arguments)))


def edit(arguments: argparse.Namespace) -> int:
    with opened_memory(arguments.path, changes=True) as memory:
        name = _named(arguments)
        text = arguments.text
        if text is None:
            before = _text_of(memory, name)
            text = _edited(before)
            if text.split() == before.split():
                return _say([f"{name} is as it was."])
        return _say(memory.edit(name, text))


def add(arguments: argparse.Namespace) -> int:
    with opened_memory(arguments.path, changes=True) as memory:
        return _say(memory.add(arguments.text, arguments.into, arguments.conflict))


def validate(arguments: argparse.Namespace) -> int:
    with opened_memory(arguments.path, changes=True) as memory:
        return _say(memory.validate(_named(arguments)))


def _named(arguments: argparse.Namespace) -> str:
    # H and hexadecimal digits are written small.
    name: str = arguments.name.strip()
    return f"H{name[1:].lower()}" if name[:1] in "Hh" else name.upper()


def _text_of(memory: ProjectMemory, name: str) -> str:
    overview = memory.overview()
    texts = {entry.name: entry.text for entry in overview.entries}
    texts |= {proposal.name: proposal.text for proposal in overview.inbox}
    if name in texts:
        return texts[name]
    raise UsageError(f"There is no {name[:40]} to edit.", "`ownstack memory list` shows all.")


def _edited(text: str) -> str:
    """Return a text as the user's editor leaves it.

    Raises:
        UsageError: there is no editor, it failed, or what it left is no text.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not named.strip():
        raise UsageError("No editor is set.", "Set EDITOR, or give the new text.")
    with tempfile.TemporaryDirectory(prefix="ownstack-") as folder:
        file = Path(folder) / "entry.md"
        file.write_text(f"{text}\n", "utf-8")
        try:
            done = subprocess.run([*shlex.split(named), str(file)], check=False)
            left = read_regular(file, _MAX_BYTES)[0] if done.returncode == 0 else None
        except (OSError, ValueError) as error:
            raise UsageError(f"The editor {named!r} cannot be run: {in_words(error)}.") from error
    said = None if left is None else decode(left)
    if said is None:
        raise UsageError("The editor failed, or left no text, so nothing is changed.")
    return said


def _say(lines: list[str]) -> int:
    for line in lines:
        say(line)
    return 0
