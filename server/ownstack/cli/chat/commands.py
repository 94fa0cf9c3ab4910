"""The commands of a chat: lines that begin with a slash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ownstack.cli.chat import committing, exporting, memory, rendering, testing
from ownstack.cli.chat.listing import print_lineage, print_sessions
from ownstack.cli.chat.opening import Talk
from ownstack.cli.chat.stored import short, used
from ownstack.cli.editing import edited
from ownstack.cli.interrupts import Interrupts
from ownstack.cli.output import print_table, say, say_lines, say_meanwhile, warn
from ownstack.errors import UsageError
from ownstack.memory.conversation import MASKING, text_of
from ownstack.memory.log.export import to_markdown
from ownstack.memory.recollection import recollect

Run = Callable[[Talk, str], Awaitable[None]]


class Quit(Exception):
    """The user ends the conversation."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, and how it is described."""

    run: Run
    argument: str
    help: str


async def run(talk: Talk, line: str) -> None:
    """Run a line that begins with a slash.

    Raises:
        Quit: that is what it says.
        UsageError: there is no such command.
        OwnstackError: it failed.
    """
    name, _, argument = line.strip().partition(" ")
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f"There is no command {name[:40]}.", "/help lists them.")
    await command.run(talk, argument.strip())


async def _help(_talk: Talk, _argument: str) -> None:
    rows = [(f"{name} {command.argument}", command.help) for name, command in COMMANDS.items()]
    print_table(("COMMAND", "DOES"), rows)
    say("@path, @path:10-40 and @symbol show that code. Alt+Enter begins a line, Ctrl-C stops.")


async def _compact(talk: Talk, focus: str) -> None:
    if talk.engine is None:
        raise UsageError("Without a chat model there is no window, so nothing is compacted.")
    say_meanwhile("Compacting … Ctrl-C stops it.")
    with Interrupts(talk.chat):
        outcome = await talk.chat.compact(focus)
    rendering.print_compaction(outcome)


async def _context(talk: Talk, _argument: str) -> None:
    await asyncio.to_thread(rendering.print_context, talk.chat)
    await asyncio.to_thread(print_lineage, talk.log.sessions, talk.chat.session)


async def _undo(talk: Talk, _argument: str) -> None:
    undone = await talk.chat.undo()
    if undone is None:
        say("No compaction is there to take back.")
        return
    what = "What was hidden" if text_of(undone.data, "method") == MASKING else "What was summed up"
    segments = talk.chat.segments
    size = "" if segments is None else f": {segments.total:,} tokens"
    say(f"{what} is shown to the model again{size}.")


async def _summary(talk: Talk, argument: str) -> None:
    checkpoint = talk.chat.conversation.checkpoint
    if argument == "edit":
        before = "" if checkpoint is None else checkpoint.summary
        after = await asyncio.to_thread(edited, before) if before else ""
        if before and after == before:
            say("Nothing was changed.")
            return
        await talk.chat.edit_summary(after)
        await _context(talk, "")
    elif argument:
        raise UsageError(f"/summary {argument[:40]} is not known.", "/summary, or /summary edit.")
    elif checkpoint is None:
        say("Nothing is summed up yet; /compact does it.")
    else:
        say_lines("\n\n".join(filter(None, (checkpoint.summary, checkpoint.ledger))))


async def _pin(talk: Talk, text: str) -> None:
    pinned = await talk.chat.pin(text)
    say(f"Stays word for word: {' '.join(pinned.split())[:160]}")


async def _unpin(talk: Talk, _argument: str) -> None:
    count = await talk.chat.unpin()
    say(f"{count} pinned texts may be summed up again." if count else "Nothing is pinned.")


async def _clear(talk: Talk, _argument: str) -> None:
    for problem in await talk.chat.clear():
        warn(problem)
    say("The model is shown nothing of what was before. It is still in the log: /recall finds it.")


async def _resume(talk: Talk, name: str) -> None:
    sessions = talk.log.sessions
    if not name:
        print_sessions(used(await asyncio.to_thread(sessions.list, talk.root)))
        return
    info = await asyncio.to_thread(sessions.find, name, talk.root)
    if info.id == talk.chat.session.id:
        say("That is the conversation that is open.")
        return
    await talk.switch(await asyncio.to_thread(sessions.resume, info.id))
    say_where(talk)


async def _recall(talk: Talk, query: str) -> None:
    if not query:
        raise UsageError("Say what to recall: /recall retries")
    session = talk.chat.session
    found = await asyncio.to_thread(recollect, talk.log, session, talk.root, query)
    rendering.print_recollection(found, short)
    if talk.log.recall.problem:
        warn(talk.log.recall.problem)


async def _diff(talk: Talk, _argument: str) -> None:
    waiting = talk.edits.pending
    if not waiting:
        say("No edit is proposed.")
    for number, proposal in enumerate(waiting, 1):
        say(f"[{number}] {proposal.title}")
        say_lines(proposal.diff)


async def _apply(talk: Talk, argument: str) -> None:
    written = await talk.edits.apply(_numbers(argument))
    say(f"Applied: {', '.join(written.paths)}. /restore takes it back.")


async def _refuse(talk: Talk, argument: str) -> None:
    refused = await talk.edits.refuse(_numbers(argument))
    say(f"Refused: {', '.join(proposal.path for proposal in refused)}.")


async def _restore(talk: Talk, _argument: str) -> None:
    written = await talk.edits.restore()
    say(f"As before: {', '.join(written.paths)}.")


async def _tools(talk: Talk, _argument: str) -> None:
    tools = () if talk.chat.window is None else talk.chat.window.tools
    if not tools:
        say("The model has no tools here: what helps is found before it answers. --tools on gives "
            "it some.")  # fmt: skip
    for tool in tools:
        say(f"{tool.name}  {tool.description}")


def _numbers(argument: str) -> tuple[int, ...]:
    words = argument.replace(",", " ").split()
    if not all(word.isdecimal() and len(word) < 6 for word in words):
        raise UsageError(f"{argument[:40]} is no number of an edit.", "/diff shows them.")
    return tuple(map(int, words))


async def _rename(talk: Talk, title: str) -> None:
    if not title:
        raise UsageError("Say what to call it: /rename TITLE")
    await asyncio.to_thread(talk.log.sessions.rename, talk.chat.session.id, title)


async def _export(talk: Talk, argument: str) -> None:
    name, mode = exporting.file_and_mode(argument)
    session = talk.chat.session
    known = await asyncio.to_thread(talk.log.sessions.list, talk.root)
    info = next((info for info in known if info.id == session.id), session.info)
    if not name and mode:
        raise UsageError("Name a file: /export FILE.yaml --mode normal")
    if not name:
        say_lines(to_markdown(info, session.events))
        return
    file = Path(name).expanduser()
    await exporting.write(talk.knowledge, info, session, file, mode)


async def _take(talk: Talk, name: str) -> None:
    for note in await asyncio.to_thread(talk.chat.decisions.take_over, name):
        say(note)


async def _quit(_talk: Talk, _argument: str) -> None:
    raise Quit


def say_where(talk: Talk) -> None:
    """Say which conversation is open, with which model, and what was said last."""
    chat = talk.chat
    model = "no model"
    if chat.window is not None:
        name, size = chat.window.engine.capabilities.model, chat.window.limits.window
        model = f"{name}, window {size:,} tokens"
    where = f"conversation {short(chat.session.id)}"
    say_meanwhile(f"{talk.project.root.name} · {model} · {where}")
    said = [event for event in chat.conversation.events if event.kind in ("user", "assistant")]
    for event in said[-2:]:
        words = " ".join(event.text[:2_000].split())
        ended = " (cut off)" if text_of(event.data, "finish") == "interrupted" else ""
        say_meanwhile(f"  {'you' if event.kind == 'user' else 'it'}: {words[:160]}{ended}")


COMMANDS: Mapping[str, Command] = {
    "/help": Command(_help, "", "lists commands"),
    "/compact": Command(_compact, "[FOCUS]", "sums up what is old; FOCUS is kept in more detail"),
    "/context": Command(_context, "", "shows what fills the model's window"),
    "/undo": Command(_undo, "", "takes the newest compaction back"),
    "/summary": Command(_summary, "[edit]", "shows what stands for the beginning, or edits it"),
    "/pin": Command(_pin, "[TEXT]", "keeps TEXT, or the summary, word for word"),
    "/unpin": Command(_unpin, "", "lets go of what is pinned"),
    "/clear": Command(_clear, "", "has the model forget; the log does not"),
    "/resume": Command(_resume, "[ID]", "goes on with another conversation, or lists them"),
    "/recall": Command(_recall, "QUERY", "finds what was said and decided about this project"),
    "/memory": Command(memory.show, "", "shows the inbox, and what the project's files keep"),
    "/accept": Command(memory.accept, "NAME", "keeps a proposal in the project's files"),
    "/reject": Command(memory.reject, "NAME", "drops a proposal, an entry, a decision or a thread"),
    "/remember": Command(memory.remember, "TEXT", "keeps TEXT in the project's files"),
    "/tools": Command(_tools, "", "lists what the model may look things up with"),
    "/diff": Command(_diff, "", "shows the edits that are proposed"),
    "/apply": Command(_apply, "[N]", "applies the edits that are proposed, or the Nth"),
    "/refuse": Command(_refuse, "[N]", "refuses the edits that are proposed, or the Nth"),
    "/restore": Command(_restore, "", "gives files back as they were before the newest edits"),
    "/test": Command(testing.test, "[COMMAND]", "runs tests, and has the model mend what fails"),
    "/commit": Command(
        committing.commit,
        "[WHY]",
        "writes a message for what is staged, and commits it if you say so",
    ),
    "/rename": Command(_rename, "TITLE", "gives the conversation a title"),
    "/export": Command(
        _export,
        "[FILE]",
        "writes Markdown, JSON, or FILE.yaml to go on from; --mode lossless, normal, partial",
    ),
    "/take": Command(_take, "[NAME]", "notes what was held back, or another project's decision"),
    "/quit": Command(_quit, "", "ends; --continue goes on another day"),
}
