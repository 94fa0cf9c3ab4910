"""Asks the user before something is done that a model wants: on a terminal, or it is not done."""

from __future__ import annotations

import sys

from ownstack.chat.tools.tool import Answer, Approval
from ownstack.cli.output import say, say_lines, say_meanwhile

_ANSWERS: dict[str, Answer] = {"y": "once", "yes": "once", "a": "always", "always": "always"}


def is_terminal() -> bool:
    """Say whether somebody sits there who can edit a line."""
    both = (sys.stdin, sys.stdout)
    return all(stream is not None and stream.isatty() for stream in both)


async def approve(asked: Approval) -> Answer:
    """Return what the user says to something; no word is a no."""
    if not is_terminal():
        say_meanwhile(f"{asked.title} Nobody is there to allow it.")
        return "no"
    say(f"\n{asked.title}")
    say_lines(asked.detail)
    choices = "[y]es, [a]lways, [N]o" if asked.can_be_always else "[y]es, [N]o"
    answer = _ANSWERS.get(await typed(f"Allow it? {choices}: "), "no")
    return "once" if answer == "always" and not asked.can_be_always else answer


async def typed(question: str) -> str:
    """Return what a user types at a question, in small letters; "no" at Ctrl-C."""
    from prompt_toolkit import PromptSession

    session: PromptSession[str] = PromptSession()
    try:
        answer = await session.prompt_async(question)
    except (EOFError, KeyboardInterrupt):
        return "no"
    return answer.strip().lower()
