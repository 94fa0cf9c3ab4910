"""`ownstack archive`: what an archive of a conversation holds, and whether it is one."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ownstack.memory.archive.archive import Archive


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "archive",
        help="check the archive of a conversation",
        description="Archives are written by `ownstack chat --export ID FILE.yaml`, or /export in "
        "a chat, and gone on from by `ownstack chat --continue FILE.yaml`.",
    )
    verbs = command.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser("check", help="say what is in an archive, or what is wrong with it")
    check.add_argument("file", type=Path, metavar="FILE")
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.output import print_json
    from ownstack.memory.archive import document

    archive, now = document.read(arguments.file), time.time()
    if arguments.json:
        stale = [kept.decision.name for kept in archive.stale(now)]
        print_json({**_head(archive), "counts": _counts(archive), "stale": stale})
    else:
        _print(archive, now)
    return 0


def _print(archive: Archive, now: float) -> None:
    from ownstack.cli.output import print_table, say
    from ownstack.memory.archive.archive import PRIORITIES
    from ownstack.memory.facts.decisions import days_unvalidated

    say(f"{archive.title or 'Untitled'} · {archive.project.name} · {archive.mode}")
    counts = _counts(archive)
    rows = [
        (name, *(str(by[priority]) for priority in PRIORITIES), str(sum(by.values())))
        for name, by in counts.items()
    ]
    print_table(("SECTION", *(priority.upper() for priority in PRIORITIES), "ALL"), rows)
    head = _head(archive)
    say(f"{head['turns']} turns word for word; {head['events']} events; "
        f"{len(archive.lineage)} sessions, the last {archive.session[-8:]}.")  # fmt: skip
    for kept in archive.stale(now):
        days = days_unvalidated(kept.decision, now)
        say(f"{kept.decision.name} was not checked for {days:,.0f} days: ask whether it holds.")
    say("It is an archive as it should be. ownstack chat --continue FILE goes on from it.")


def _head(archive: Archive) -> dict[str, Any]:
    from ownstack.memory.archive.document import archive_id

    kept = archive.events or archive.turns
    return {
        "id": archive_id(archive),
        "mode": archive.mode,
        "title": archive.title,
        "project": archive.project.name,
        "lineage": list(archive.lineage),
        "turns": sum(event.kind == "user" for event in kept),
        "events": len(kept),
    }


def _counts(archive: Archive) -> dict[str, dict[str, int]]:
    """Return how many entries of each priority a section has."""
    from ownstack.memory.archive.archive import PRIORITIES

    sections = {
        "constraints": [item.priority for item in archive.constraints],
        "decisions": [item.priority for item in archive.decisions],
        "threads": [item.priority for item in archive.threads],
        "artifacts": [item.priority for item in archive.artifacts],
    }
    return {
        name: {priority: found.count(priority) for priority in PRIORITIES}
        for name, found in sections.items()
    }
