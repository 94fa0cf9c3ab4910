"""What a project remembers, as tables: the inbox, the files, the log's decisions, open threads."""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from typing import Any

from ownstack.cli.memory.opening import opened_memory
from ownstack.cli.output import print_json, print_table, say, warn
from ownstack.memory.entries.entry import Entry
from ownstack.memory.entries.project_memory import Overview
from ownstack.memory.facts.decisions import Decision, days_unvalidated, is_stale

Row = tuple[str, ...]
_HEADINGS = ("NAME", "WHERE", "TIER", "CHECKED", "SOURCE", "TEXT")


def run(arguments: argparse.Namespace) -> int:
    """Print what `list` asks for."""
    with opened_memory(arguments.path, changes=False) as memory:
        overview = memory.overview()
    if arguments.json:
        print_json(_as_json(overview, time.time()))
    else:
        print_overview(overview)
    return 0


def print_overview(overview: Overview, limit: int | None = None) -> None:
    """Print all of it, or so many of each kind."""
    now = time.time()
    inbox: list[Row] = [
        (one.name, f"inbox, for {one.place}", f"{one.tier:.2g}", _age(now - one.made), one.source,
         one.text)
        for one in overview.inbox
    ]  # fmt: skip
    kept = [_entry_row(entry, now) for entry in overview.entries]
    decided = [_decision_row(decision, now) for decision in overview.decisions]
    opened: list[Row] = [
        (one.name, "open", "", _age(now - one.opened), f"conversation {one.session[-8:]}", one.text)
        for one in overview.threads
    ]
    rows = [row for kind in (inbox, kept, decided, opened) for row in kind[:limit]]
    if rows:
        print_table(_HEADINGS, rows)
        hidden = sum(map(len, (inbox, kept, decided, opened))) - len(rows)
        if hidden:
            say(f"{hidden} more: ownstack memory list")
    else:
        say("Nothing is kept of this project yet. `ownstack memory add TEXT` keeps something.")
    for stale in _stale(overview, now):
        days = days_unvalidated(stale, now)
        say(f"{stale.name} was not checked for {days:.0f} days. If it still holds: "
            f"ownstack memory validate {stale.name}")  # fmt: skip
    for problem in overview.problems:
        warn(problem)


def _entry_row(entry: Entry, now: float) -> Row:
    checked = "" if entry.validated is None else _age(now - entry.as_decision(now).last_validated)
    return (
        *(entry.name, f"{entry.place}.md", f"{entry.tier:.2g}", checked, entry.source),
        entry.text,
    )


def _decision_row(decision: Decision, now: float) -> Row:
    against = ", ".join(decision.conflicts_with)
    where = f"log, against {against}" if decision.status == "disputed" else "log"
    checked = _age(now - decision.last_validated)
    source = f"conversation {decision.session[-8:]}"
    return (decision.name, where, f"{decision.tier:.2g}", checked, source, decision.text)


def _stale(overview: Overview, now: float) -> list[Decision]:
    kept = [entry.as_decision(now) for entry in overview.entries]
    return [one for one in (*kept, *overview.decisions) if is_stale(one, now)]


def _age(seconds: float) -> str:
    days = max(0, int(seconds // 86_400))
    return "today" if days == 0 else f"{days} d ago"


def _as_json(overview: Overview, now: float) -> dict[str, Any]:
    stale = {one.name for one in _stale(overview, now)}
    return {
        "inbox": [asdict(one) for one in overview.inbox],
        "entries": [
            {
                **asdict(entry),
                "validated": None if entry.validated is None else entry.validated.isoformat(),
                "stale": entry.name in stale,
            }
            for entry in overview.entries
        ],
        "decisions": [
            {**asdict(decision), "stale": decision.name in stale} for decision in overview.decisions
        ],
        "threads": [asdict(thread) for thread in overview.threads],
        "problems": overview.problems,
    }
