"""`python -m benchmarks.faults`: what is shown at random cursors must not break a text."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Figure, report
from benchmarks.faults.copies import UNITS, copied, reindented, with_text
from benchmarks.faults.judging import fault, sound
from benchmarks.infilling.__main__ import gather
from benchmarks.infilling.__main__ import parser as infilling_parser
from benchmarks.infilling.cursors import draw_spot
from benchmarks.infilling.index import Index
from benchmarks.infilling.networks import open_engine
from benchmarks.infilling.sources import ProjectFiles
from ownstack.completion.completer import Completer
from ownstack.completion.environment import Environment
from ownstack.completion.extent import Extent
from ownstack.completion.feedback.signals import SignalLog
from ownstack.completion.place import auto_closed
from ownstack.completion.postprocess.trim import trim
from ownstack.completion.suggestion import CompletionRequest
from ownstack.document import Document, Documents
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.settings import CompletionSettings

SETTINGS = CompletionSettings(prefetch=False, deadline_ms=10_000)
KINDS = ("in a line", "line start", "closed by the editor", "end of the text")
BUILTIN = Path("server/ownstack/builtin/ownstack-builtin.gguf")


@dataclass(frozen=True)
class Cursor:
    """A place that is asked at."""

    kind: str
    variant: str
    document: Document
    offset: int
    truth: str
    otherwise: tuple[str, ...]
    """The text without the cursor's line, and with one that does nothing."""


@dataclass
class Tally:
    cursors: int = 0
    shown: int = 0
    exact: int = 0
    faults: int = 0
    refused: int = 0
    why: Counter[str] = field(default_factory=Counter)


def main(argv: Sequence[str] | None = None) -> int:
    made = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=__doc__)
    made.add_argument("--split", choices=["dev", "test"], default="dev")
    made.add_argument("--only", action="append", default=[], metavar="NAME")
    made.add_argument("--positions", type=int, default=100, help="per language")
    made.add_argument("--seed", type=int, default=5)
    made.add_argument("--builtin", action="store_true", help="with the built-in network too")
    made.add_argument("--show", type=int, default=0, metavar="N", help="print so many faults")
    made.add_argument("--json", action="store_true")
    options = made.parse_args(argv)
    base = infilling_parser().parse_args(["--split", options.split])
    base.only = options.only
    projects, _ = gather(base)
    home = Path(tempfile.mkdtemp(prefix="ownstack-faults-"))
    os.environ["OWNSTACK_HOME"] = str(home)
    try:
        tallies = asyncio.run(measure(projects, options, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return conclude(tallies, options)


async def measure(
    projects: Sequence[ProjectFiles], options: argparse.Namespace, home: Path
) -> dict[str, Tally]:
    """Ask at all cursors; return the counts by kind and by variant."""
    tallies: dict[str, Tally] = {}
    native = NativeThread()
    engine: Engine | None = None
    if options.builtin:
        engine = await open_engine(BUILTIN.resolve(), native, home / "cache", "auto")
    try:
        for project in projects:
            share = options.positions // sum(
                other.language == project.language for other in projects
            )
            rng = random.Random(f"{options.seed}/{project.name}")
            spots = list(drawn(project, share, rng))
            whole = {"": project}
            for name, unit in UNITS.items():
                folder = home / "copies" / name / project.name.replace("/", "__")
                whole[name] = copied(project, unit, folder)
            for name, copy in whole.items():
                cursors = [
                    cursor for spot in spots for cursor in varied(project, copy, name, *spot)
                ]
                await ask(copy, cursors, engine, home, tallies, options.show)
    finally:
        if engine is not None:
            await engine.close()
        native.close()
    return tallies


def drawn(project: ProjectFiles, wanted: int, rng: random.Random) -> Iterator[tuple[str, int, int]]:
    """Draw path, line and column of cursors."""
    found, taken = 0, set()
    for _ in range(wanted * 200):
        if found == wanted or not project.drawn:
            return
        path = rng.choice(project.drawn)
        spot = draw_spot(project.documents[path].text, rng)
        if spot is None or (path, spot.line) in taken:
            continue
        taken.add((path, spot.line))
        line = project.documents[path].text.split("\n")[spot.line]
        found += 1
        yield path, spot.line, len(line.rstrip()) - len(spot.truth)


def varied(
    project: ProjectFiles, copy: ProjectFiles, name: str, path: str, line: int, column: int
) -> Iterator[Cursor]:
    """Yield the cursors of every kind at one place of a project or a copy of it."""
    document = copy.documents.get(path)
    if document is None:
        return
    texts = {name or "as it is": document.text}
    if not name:
        for other, unit in UNITS.items():
            texts[f"{other}, this file"] = reindented(document.text, unit)
    original = project.documents[path].text.split("\n")[line]
    behind = len(original.lstrip()) - max(0, column - (len(original) - len(original.lstrip())))
    for variant, text in texts.items():
        if not sound(text, document):
            continue
        for kind in KINDS:
            cursor = _cursor(kind, variant, document, text, line, behind)
            if cursor is not None:
                yield cursor


def _cursor(
    kind: str, variant: str, document: Document, text: str, number: int, behind: int
) -> Cursor | None:
    lines = text.split("\n")
    line = lines[number].rstrip()
    start = sum(len(line) + 1 for line in lines[:number])
    indent = len(line) - len(line.lstrip())
    column = indent if kind == "line start" else max(indent, len(lines[number]) - behind)
    head, truth, rest = line[:column], line[column:], ""
    if kind == "closed by the editor":
        rest = auto_closed(head)
        if not rest:
            return None
    below = "" if kind == "end of the text" else "\n" + "\n".join(lines[number + 1 :])
    made = text[:start] + head + rest + below
    nothing = line[:indent] + ("pass" if document.language == "python" else "")
    otherwise = (text[:start] + below, text[:start] + nothing + below)
    return Cursor(kind, variant, with_text(document, made), start + column, truth, otherwise)


async def ask(
    project: ProjectFiles,
    cursors: Sequence[Cursor],
    engine: Engine | None,
    home: Path,
    tallies: dict[str, Tally],
    show: int,
) -> None:
    """Ask at each cursor as typing asks, and judge what is shown."""
    index = await Index.of(project.root, home / "echo" / str(abs(hash(str(project.root)))))
    log = SignalLog(home / "signals.sqlite")
    documents = Documents()
    completer = Completer(
        Environment(documents, lambda: SETTINGS, folders=lambda: (project.root,)),
        engine=lambda: engine,
        signals=log,
        echo=index.echo(),
    )
    for cursor in cursors:
        documents.open(cursor.document)
        answer = await completer.complete(CompletionRequest(cursor.document, cursor.offset))
        shown = answer.suggestion
        documents.close(cursor.document.uri)
        completer.closed(cursor.document.uri)
        counts = [
            tallies.setdefault(name, Tally()) for name in (cursor.kind, cursor.variant, "all")
        ]
        refused = _refused(cursor)
        wrong, exact = "", False
        if shown is not None:
            text = cursor.document.text
            made = text[: shown.span.start] + shown.text + text[shown.span.end :]
            end = made.find("\n", shown.span.start + len(shown.text))
            wrong = fault(made, len(made) if end < 0 else end, cursor.document, cursor.otherwise)
            start = text.rfind("\n", 0, cursor.offset) + 1
            if shown.text[:1].isspace() and not text[start : cursor.offset].strip():
                # The cursor is where the line begins that was there.
                wrong = wrong or "indentation: deeper than the line stood"
            wanted = text[start : cursor.offset] + cursor.truth
            exact = made[start:].partition("\n")[0].rstrip() == wanted
            if exact and "\n" not in shown.text:
                wrong = ""  # The line that was there is right, whatever follows is missing.
            if wrong and show > tallies["all"].faults:
                head, rest = text[start : cursor.offset], text[cursor.offset :].partition("\n")[0]
                say(f"{wrong} | {cursor.kind}, {cursor.variant}, {cursor.document.path}")
                say(f"  {head!r} ¦ {shown.text!r} ¦ {rest!r}; true: {cursor.truth!r}")
        for tally in counts:
            tally.cursors += 1
            tally.shown += shown is not None
            tally.exact += exact
            tally.faults += bool(wrong)
            tally.refused += refused
            tally.why[wrong.partition(":")[0]] += bool(wrong)
    await completer.close()
    log.close()
    index.close()


def _refused(cursor: Cursor) -> bool:
    """Say whether the true line would not be shown as it is."""
    trimmed = trim(
        cursor.truth,
        complete=True,
        document=cursor.document,
        offset=cursor.offset,
        extent=Extent(1, None, "line"),
    )
    return trimmed.dropped == "it would break the syntax"


def conclude(tallies: dict[str, Tally], options: argparse.Namespace) -> int:
    if not tallies:
        say("nothing was measured")
        return 2
    if options.json:
        print(json.dumps({name: vars(tally) for name, tally in tallies.items()}, indent=2))
        return 0
    print(f"{'':28} {'cursors':>8} {'shown':>7} {'exact':>7} {'faults':>7} {'refused':>8}")
    for name, tally in tallies.items():
        print(
            f"{name:28} {tally.cursors:8} {tally.shown:7} {tally.exact:7} {tally.faults:7}"
            f" {tally.refused:8}   {dict(tally.why) if tally.faults else ''}"
        )
    figures = [Figure("suggestions that break a text", tallies["all"].faults, "", limit=0)]
    return 1 if report(figures, as_json=False, title="faults") else 0


def say(what: str) -> None:
    print(f"faults: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
