"""A conversation in the terminal: one line in, one answer out, until the user has enough."""

from __future__ import annotations

import argparse

from ownstack.cli.chat import commands, lines, rendering
from ownstack.cli.chat.answering import answer
from ownstack.cli.chat.asking import is_terminal
from ownstack.cli.chat.opening import Talk, opened_talk
from ownstack.cli.interrupts import Interrupts
from ownstack.cli.output import say_meanwhile, warn
from ownstack.errors import OwnstackError, UsageError
from ownstack.paths import Home


async def run(arguments: argparse.Namespace) -> int:
    """Talk until the input ends; the exit status is 1 if a line that was piped in failed."""
    async with opened_talk(arguments, quiet=False) as talk:
        commands.say_where(talk)
        read: lines.Read = lines.read_line
        if is_terminal():
            say_meanwhile("/help lists commands; Ctrl-D ends.")
            read = lines.edited_lines(Home.default().input_history_file, talk.project)
        all_done = await converse(talk, read)
        # What was begun in the background is finished: the next time begins with it.
        await _settle(talk)
    return 0 if all_done or is_terminal() else 1


async def converse(talk: Talk, read: lines.Read) -> bool:
    """Answer lines and run commands; an error ends neither the conversation nor the program.

    Return whether no line failed. Of those that are piped in, one that did is told by its number.
    """
    all_done, number = True, 0
    while True:
        number += 1
        try:
            line = await read()
        except KeyboardInterrupt:
            say_meanwhile("Ctrl-D or /quit ends.")
            continue
        except UsageError as error:
            _tell(number, error)
            return False
        if line is None:
            return all_done
        if not line.strip():
            continue
        try:
            await _settle(talk)
            if line.startswith("/"):
                await commands.run(talk, line)
            else:
                await answer(talk, line)
        except commands.Quit:
            return all_done
        except OwnstackError as error:
            _tell(number, error)
            all_done = False


def _tell(number: int, error: OwnstackError) -> None:
    what = " ".join(str(error).split())
    warn(what if is_terminal() else f"line {number}: {what}")


async def _settle(talk: Talk) -> None:
    if talk.chat.is_compacting:
        say_meanwhile("Compacting … Ctrl-C stops it.")
    with Interrupts(talk.chat):
        rendering.print_compaction(await talk.chat.settle())
