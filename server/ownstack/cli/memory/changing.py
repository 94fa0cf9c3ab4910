"""The verbs of `ownstack memory` that change something: each says what it did, and where."""

from __future__ import annotations

import argparse

from ownstack.cli.editing import edited
from ownstack.cli.memory.opening import opened_memory
from ownstack.cli.output import say
from ownstack.errors import UsageError
from ownstack.memory.entries.entry import as_written
from ownstack.memory.entries.project_memory import ProjectMemory


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
            text = edited(before)
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
    return as_written(arguments.name)


def _text_of(memory: ProjectMemory, name: str) -> str:
    overview = memory.overview()
    texts = {entry.name: entry.text for entry in overview.entries}
    texts |= {proposal.name: proposal.text for proposal in overview.inbox}
    if name in texts:
        return texts[name]
    raise UsageError(f"There is no {name[:40]} to edit.", "`ownstack memory list` shows all.")


def _say(lines: list[str]) -> int:
    for line in lines:
        say(line)
    return 0
