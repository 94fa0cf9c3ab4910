"""A conversation written to a file: an archive to go on from, JSON, or Markdown to read."""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import cast

from ownstack.cli.chat import MODES
from ownstack.cli.chat.stored import opened_log
from ownstack.cli.output import say
from ownstack.cli.project import root_and_part
from ownstack.errors import FileError, UsageError, in_words
from ownstack.knowledge import Knowledge
from ownstack.memory.archive.archive import Mode
from ownstack.memory.archive.document import to_text
from ownstack.memory.log.export import to_json, to_markdown
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.session import SessionLog

ARCHIVES = (".yaml", ".yml")
_MODE = re.compile(r"(?:^|\s)--mode(?:=|\s{1,20}|$)(\S{0,40})\s*$")


async def run(arguments: argparse.Namespace) -> int:
    """Write what `--export` asks for."""
    name, file = arguments.export
    root, _part = root_and_part(arguments.path)
    with opened_log() as log:
        info = await asyncio.to_thread(log.sessions.find, name, str(root))
        session = await asyncio.to_thread(log.sessions.resume, info.id)
        knowledge = Knowledge(log, str(root))
        await write(knowledge, info, session, Path(file), arguments.mode or "")
    return 0


async def write(
    knowledge: Knowledge, info: SessionInfo, session: SessionLog, file: Path, mode: str
) -> None:
    """Write a conversation as the end of the file's name says; nothing is written over.

    Raises:
        UsageError: there is no such mode, or the file is no archive.
        FileError: it is there already, or cannot be written.
        ArchiveError: it is more than an archive may hold.
    """
    if mode and mode not in MODES:
        raise UsageError(f"A mode is one of {', '.join(MODES)}, not {mode}.")
    is_archive = file.suffix.lower() in ARCHIVES
    if mode and not is_archive:
        raise UsageError("--mode is for archives.", "Name a file that ends with .yaml.")
    if is_archive:
        archive = await knowledge.compress(session.id, cast(Mode, mode or "normal"))
        text = await asyncio.to_thread(to_text, archive)
    else:
        as_text = to_json if file.suffix.lower() == ".json" else to_markdown
        text = as_text(info, session.events)
    await asyncio.to_thread(write_new, file, text.encode("utf-8", "backslashreplace"))
    say(f"Written to {file}.")
    if is_archive:
        say("ownstack chat --continue FILE goes on from it, in any project.")


def write_new(file: Path, data: bytes) -> None:
    """Write a file that is not there; half of one is not left.

    Raises:
        FileError: it is there already, or cannot be written.
    """
    is_made = False
    try:
        with file.open("xb") as written:
            is_made = True
            written.write(data)
    except FileExistsError:
        raise FileError(f"{file} is there already.", "Name a file that is not.") from None
    except (OSError, ValueError) as error:
        if is_made:
            file.unlink(missing_ok=True)
        raise FileError(
            f"{file} cannot be written: {in_words(error)}.", "Name a place that has room for it."
        ) from error


def file_and_mode(argument: str) -> tuple[str, str]:
    """Return what `/export` is told: a file, and the mode behind it ("" if there is none).

    Raises:
        UsageError: --mode says nothing.
    """
    found = _MODE.search(argument)
    if found is None:
        return argument, ""
    if not found[1]:
        raise UsageError(f"--mode is one of {', '.join(MODES)}.")
    return argument[: found.start()].strip(), found[1]
