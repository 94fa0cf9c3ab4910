"""What a chat's commands do with project memory: show, accept, reject, remember."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ownstack.chat.learning import source_of
from ownstack.cli.memory.listing import print_overview
from ownstack.cli.output import say
from ownstack.errors import ContradictionError, UsageError
from ownstack.memory.entries.entry import as_written, cleaned
from ownstack.memory.entries.inbox import Proposal, place_of
from ownstack.memory.entries.project_memory import Choice, ProjectMemory, place_named

if TYPE_CHECKING:
    from ownstack.cli.chat.opening import Talk

_CHOICES: dict[str, Choice] = {"replace": "replace", "both": "both"}
_SHOWN = 12
"""Of each kind; `ownstack memory list` shows all."""


async def show(talk: Talk, _argument: str) -> None:
    """Print what waits and what is kept, in short."""
    overview = await asyncio.to_thread(talk.chat.memory.overview)
    print_overview(overview, limit=_SHOWN)


async def accept(talk: Talk, argument: str) -> None:
    """Keep a proposal: `/accept P001`, `/accept P001 conventions`, `/accept P001 replace`."""
    if not argument:
        raise UsageError("Say what to accept: /accept P001. /memory shows what waits.")
    name, *words = argument.split()
    choice: Choice = ""
    place = None
    for word in words:
        if word in _CHOICES:
            choice = _CHOICES[word]
        else:
            place = place_named(word)
    _say(await asyncio.to_thread(talk.chat.memory.accept, as_written(name), place, choice))


async def reject(talk: Talk, name: str) -> None:
    """Drop a proposal, an entry, a decision or a thread."""
    if not name:
        raise UsageError("Say what to reject: /reject P001. /memory shows what there is.")
    _say(await asyncio.to_thread(talk.chat.memory.reject, as_written(name)))


async def remember(talk: Talk, text: str) -> None:
    """Keep what the user says, at once."""
    if not text:
        raise UsageError("Say what to remember: /remember Colours are given as hex.")
    await asyncio.to_thread(_remember, talk.chat.memory, text, source_of(talk.chat.session))


def _remember(memory: ProjectMemory, text: str, source: str) -> None:
    try:
        _say(memory.add(text, source=source))
    except ContradictionError as error:
        words = cleaned(text)
        (waiting,) = memory.propose([Proposal("", words, place_of(words), 1.0, source)]) or (None,)
        if waiting is None:
            raise
        name = waiting.name
        say(f"{error.what} It waits as {name}: /accept {name} replace, or /accept {name} both.")


def _say(lines: list[str]) -> None:
    for line in lines:
        say(line)
