"""`ownstack learn compare` and `report`: what was measured of adapters."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from ownstack.learning.gate.comparing import Row


def compare(arguments: argparse.Namespace) -> int:
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.gate.comparing import compare as rows_of
    from ownstack.paths import Home

    store = AdapterStore(Home.default())
    records = [store.find(name) for name in arguments.adapters] or store.all()
    rows = rows_of(records)
    if arguments.json:
        print_json({"adapters": rows})
    elif not rows:
        say("Nothing was learned yet. Begin with: ownstack learn FOLDER")
    else:
        headings = ("ADAPTER", "NAME", "LINES", "EXACT", "PLAIN", "BEFORE", "GAIN", "STANDING")
        print_table(headings, [_cells(row) for row in rows])
        say("EXACT: of lines it had not seen, with a 95 % interval. Each has its own lines.")
    return 0


def report(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn.standing import told
    from ownstack.errors import FileError, LearningError, in_words
    from ownstack.files.writing import write_whole
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.report.page import page
    from ownstack.learning.report.report import gather
    from ownstack.paths import Home

    home = Home.default()
    store = AdapterStore(home)
    records = store.all()
    if not records:
        raise LearningError("Nothing was learned yet.", "Begin with: ownstack learn FOLDER")
    record = store.find(arguments.adapter) if arguments.adapter else records[-1]
    file: Path = arguments.html or home.learning_folder / f"report-{record.id}.html"
    if file.exists() and not file.is_file():
        raise FileError(f"{file} is no regular file.", "Give another name, such as report.html.")
    try:
        html = page(gather(record, store.folder(record.id)))
        write_whole(file, html.encode("utf-8", "replace"), is_private=True)
    except OSError as error:
        raise FileError(f"{file} cannot be written: {in_words(error)}.") from error
    if arguments.json:
        print_json({"adapter": told(store, record), "html": str(file)})
    else:
        say(f"The report is in {file}.")
    if arguments.open:
        webbrowser.open(file.absolute().as_uri())
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    interval = "" if row.low is None or row.high is None else f" ({row.low:.0%} to {row.high:.0%})"
    return (
        row.record.id,
        row.record.name or "-",
        f"{row.cursors:,}",
        f"{_share(row.exact)}{interval}",
        _share(row.base),
        _share(row.predecessor),
        "-" if row.gain is None else f"{row.gain:+.0%}",
        row.record.standing,
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
