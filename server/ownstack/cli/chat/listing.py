"""The conversations about a project, as a list."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime

from ownstack.cli.chat.stored import opened_log, short, used
from ownstack.cli.output import print_json, print_table, say
from ownstack.cli.project import root_and_part
from ownstack.memory.log.rows import SessionInfo
from ownstack.memory.log.session import SessionLog
from ownstack.memory.log.sessions import Sessions


def run(arguments: argparse.Namespace) -> int:
    """Print what `--list` asks for."""
    root, _part = root_and_part(arguments.path)
    with opened_log() as log:
        sessions = used(log.sessions.list(str(root)))
    if arguments.json:
        print_json([{"id": info.id, "title": info.title, "turns": info.turns,
                     "created": info.created, "updated": info.updated,
                     "parent": info.parent}
                    for info in sessions])  # fmt: skip
    else:
        print_sessions(sessions)
    return 0


def print_sessions(sessions: Sequence[SessionInfo]) -> None:
    """Print sessions as a table, by names that `--resume` takes."""
    if not sessions:
        say("There is no conversation about this project.")
        return
    rows = [
        (
            short(info.id),
            datetime.fromtimestamp(info.updated).strftime("%Y-%m-%d %H:%M"),
            str(info.turns),
            short(info.parent),
            info.title,
        )
        for info in sessions
    ]
    print_table(("ID", "LAST", "TURNS", "FROM", "TITLE"), rows)


def print_lineage(sessions: Sessions, session: SessionLog) -> None:
    """Print which conversations this one goes on from, the oldest first; nothing if it is new."""
    chain = sessions.lineage(session.id)[:-1]
    parent = session.info.parent
    names = [f"{short(info.id)} ({info.title or 'untitled'})" for info in chain]
    if parent and not chain:
        names = [f"{short(parent)} (not in this log)"]
    if names:
        say(f"It goes on from {', then '.join(names)}.")
