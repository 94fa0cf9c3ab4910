"""What a user types: edited on a terminal, with a history and completion; else read by lines."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.chat.commands import COMMANDS
from ownstack.errors import UsageError
from ownstack.files.decoding import decode
from ownstack.paths import private_folder

if TYPE_CHECKING:
    from ownstack.chat.retrieval import Project

MAX_BYTES = 4_000_000
"""Of one line that is piped in."""
MAX_OFFERED = 40
Read = Callable[[], Awaitable[str | None]]
"""Gives what is typed next, None at the end. Raises KeyboardInterrupt on Ctrl-C."""


async def read_line() -> str | None:
    """Read a line from a pipe.

    Raises:
        UsageError: it is too long, or no text.
    """
    if sys.stdin is None:
        return None
    data = await asyncio.to_thread(sys.stdin.buffer.readline, MAX_BYTES + 1)
    if not data:
        return None
    if len(data) > MAX_BYTES:
        raise UsageError(f"A line is longer than {MAX_BYTES / 1e6:.0f} MB.")
    text = decode(data)
    if text is None:
        raise UsageError("What is piped in is no text.")
    return text.rstrip("\r\n")


def edited_lines(history: Path, project: Project) -> Read:
    """Return what reads lines on a terminal; the arrow keys give back what was typed before."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import FileHistory, History, InMemoryHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    class Names(Completer):
        """Offers commands, and files after an @."""

        def get_completions(
            self, document: Document, complete_event: CompleteEvent
        ) -> Iterable[Completion]:
            for text, begun in offers(document.text_before_cursor, project):
                yield Completion(text, start_position=-len(begun))

    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _begin_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    kept: History
    try:
        private_folder(history.parent)
        history.touch(mode=0o600)
        kept = FileHistory(str(history))
    except OSError:  # A disk that takes nothing costs the history, not the conversation.
        kept = InMemoryHistory()
    session: PromptSession[str] = PromptSession(
        "> ",
        history=kept,
        key_bindings=keys,
        completer=Names(),
        complete_while_typing=False,
        prompt_continuation="  ",
    )

    async def read() -> str | None:
        try:
            return await session.prompt_async()
        except EOFError:
            return None

    return read


def offers(before: str, project: Project) -> list[tuple[str, str]]:
    """Return what a text may go on with, each with the part of it that is typed already."""
    word = before.split()[-1] if before and not before[-1].isspace() else ""
    if word.startswith("/") and word == before:
        return [(name, word) for name in COMMANDS if name.startswith(word)]
    snapshot = project.snapshot()
    if not word.startswith("@") or snapshot is None:
        return []
    begun = word[1:].lower()
    fitting = [file.path for file in snapshot.files() if begun in file.path.lower()]
    fitting.sort(key=lambda path: (not path.lower().startswith(begun), len(path), path))
    return [(f"@{path}", word) for path in fitting[:MAX_OFFERED]]
