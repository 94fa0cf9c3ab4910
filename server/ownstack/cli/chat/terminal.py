"""A conversation in the terminal: one line in, one answer out, until the user has enough."""

from __future__ import annotations

import argparse

from ownstack.chat.index_answer import NAME as INDEX
from ownstack.chat.tool_loop import Step
from ownstack.cli.chat import commands, lines, rendering
from ownstack.cli.chat.asking import is_terminal
from ownstack.cli.chat.opening import Talk, opened_talk
from ownstack.cli.interrupts import Interrupts
from ownstack.cli.output import Stream, say_meanwhile, warn
from ownstack.errors import OwnstackError, UsageError
from ownstack.paths import Home


async def run(arguments: argparse.Namespace) -> int:
    """Talk until the input ends."""
    async with opened_talk(arguments, quiet=False) as talk:
        commands.say_where(talk)
        read: lines.Read = lines.read_line
        if is_terminal():
            say_meanwhile("/help lists commands; Ctrl-D ends.")
            read = lines.edited_lines(Home.default().input_history_file, talk.project)
        await converse(talk, read)
        # What was begun in the background is finished: the next time begins with it.
        await _settle(talk)
    return 0


async def converse(talk: Talk, read: lines.Read) -> None:
    """Answer lines and run commands; an error ends neither the conversation nor the program."""
    while True:
        try:
            line = await read()
        except KeyboardInterrupt:
            say_meanwhile("Ctrl-D or /quit ends.")
            continue
        except UsageError as error:
            warn(str(error))
            return
        if line is None:
            return
        if not line.strip():
            continue
        try:
            await _settle(talk)
            if line.startswith("/"):
                await commands.run(talk, line)
            else:
                await answer(talk, line)
        except commands.Quit:
            return
        except OwnstackError as error:
            warn(" ".join(str(error).split()))


async def answer(talk: Talk, question: str) -> None:
    """Print an answer while it comes, then its sources and what it cost."""
    out = Stream()

    def show(text: str, is_reasoning: bool) -> None:
        out.write(text, aside=is_reasoning)

    def show_step(step: Step) -> None:
        if step.state != "runs":
            out.note(rendering.step_line(step))

    talk.chat.show_step = show_step
    with Interrupts(talk.chat):
        try:
            said = await talk.chat.ask(question, show)
        finally:
            out.end()
    rendering.print_compaction(said.compacted)
    if said.model != INDEX:  # Its answer is nothing but places.
        rendering.print_citations(said.citations)
    rendering.print_answer_end(talk.chat, said)
    rendering.print_proposals(talk.edits.pending)


async def _settle(talk: Talk) -> None:
    if talk.chat.is_compacting:
        say_meanwhile("Compacting … Ctrl-C stops it.")
    with Interrupts(talk.chat):
        rendering.print_compaction(await talk.chat.settle())
