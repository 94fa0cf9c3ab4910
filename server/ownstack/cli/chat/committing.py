"""`/commit`: a message for what is staged, shown, edited if need be, committed by a yes."""

from __future__ import annotations

import asyncio

from ownstack.actions import commit_message
from ownstack.cli.chat import asking
from ownstack.cli.chat.opening import Talk
from ownstack.cli.editing import edited
from ownstack.cli.interrupts import stoppable
from ownstack.cli.output import say, say_lines, say_meanwhile, warn
from ownstack.errors import UsageError


async def commit(talk: Talk, why: str) -> None:
    """Show a message for what is changed; commit what is staged, if the user says so."""
    if talk.engine is None:
        raise UsageError("Without a chat model no message is written.", "git commit, as ever.")
    root = talk.project.root
    what = await commit_message.changes(root)
    style = await commit_message.subjects(root)
    if what.holds_secrets:
        warn("What is changed seems to hold a secret; the model is not shown it.")
    say_meanwhile("Writing a message … Ctrl-C stops it.")
    session = talk.chat.session.id
    message = await stoppable(commit_message.written(talk.engine, what, style, why, session))
    if message is None:
        say_meanwhile("Stopped; nothing is committed.")
        return
    say_lines(message)
    if not what.is_staged:
        say("Nothing is staged, so nothing is committed: git add, then /commit again.")
        return
    if not asking.is_terminal():
        say_meanwhile("Nobody is there to say yes, so nothing is committed.")
        return
    await _decide(talk, message, what)


async def _decide(talk: Talk, message: str, what: commit_message.Changes) -> None:
    """Ask what becomes of a message until it is committed, or not."""
    root = talk.project.root
    hooks = await commit_message.hooks(root)
    if hooks:
        say(f"git runs hooks of this repository: {', '.join(hooks)}.")
    while True:
        answer = await asking.typed("Commit it? [y]es, [e]dit, [N]o: ")
        if answer in ("e", "edit"):
            message = await asyncio.to_thread(edited, message)
            if not message:
                break
            say_lines(message)
        elif answer in ("y", "yes"):
            said = await stoppable(commit_message.commit(root, message, what))
            say_lines("Stopped; git log tells whether it is committed." if said is None else said)
            return
        else:
            break
    say("Not committed.")
