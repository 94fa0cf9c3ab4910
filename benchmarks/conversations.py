"""`python -m benchmarks.conversations`: a long session, opened, added to, searched and deleted.

    python -m benchmarks.conversations [FOLDER] [--turns 10000] [--queries 100] [--json]

A log in a temporary folder. Its turns are made of paragraphs of FOLDER's Markdown and Python files
(with a seed, so that two runs say the same); each third turn uses a tool. A query is six words of
one thing that was said, in their order: it is found if that very event is among the eight results,
and others may hold the same paragraph, which counts as well.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bars import Figure, quantile, report
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog

FOLDER = Path(__file__).parents[1]
ROOT = "/project"
SEED = 8
MAX_FILES = 600
PIECES = 500


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.conversations", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, metavar="FOLDER")
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    paragraphs = paragraphs_of(arguments.folder)
    with tempfile.TemporaryDirectory(prefix="ownstack-conversations-") as folder:
        figures = measure(Path(folder), paragraphs, arguments.turns, arguments.queries)
    return report(figures, as_json=arguments.json, title=f"a session of {arguments.turns:,} turns")


def paragraphs_of(folder: Path) -> list[str]:
    """Return what turns are made of, in an order that does not change."""
    files = sorted([*folder.rglob("*.md"), *folder.rglob("*.py")])
    files = [file for file in files if not any(part.startswith(".") for part in file.parts)]
    texts = [file.read_text("utf-8", "replace") for file in files[:MAX_FILES]]
    return [part for text in texts for part in text.split("\n\n") if len(part) > 40]


def measure(folder: Path, paragraphs: Sequence[str], turns: int, queries: int) -> list[Figure]:
    """Make a session and do to it what windows do."""
    chance = random.Random(SEED)
    with opened(folder) as log:
        session = log.sessions.create(ROOT)
        said = fill(session, paragraphs, turns, chance)
    with opened(folder) as log:
        began = time.perf_counter()
        resumed = log.sessions.resume(session.id)
        open_s = time.perf_counter() - began
        began = time.perf_counter()
        log.recall.prepare()
        index_s = time.perf_counter() - began
        pieces = [seconds * 1000 for seconds in stream(resumed)]
    with opened(folder) as log:
        began = time.perf_counter()
        log.recall.search(said[0], ROOT)
        first_s = time.perf_counter() - began
        times, found = search(log, said, queries, chance)
        began = time.perf_counter()
        log.sessions.delete(session.id)
        delete_s = time.perf_counter() - began
    return [
        Figure("open", open_s, "s", limit=1.0, detail={"events": len(resumed.events)}),
        Figure("recall, median", quantile(times, 0.5), "ms", limit=50.0),
        Figure("recall, 95 %", quantile(times, 0.95), "ms", limit=50.0),
        Figure("recall, first in a process", first_s * 1000, "ms"),
        Figure("found by six of its words", found, "", ">="),
        Figure("a piece of an answer, median", quantile(pieces, 0.5), "ms"),
        Figure("a piece of an answer, 95 %", quantile(pieces, 0.95), "ms"),
        Figure("index made anew", index_s, "s"),
        Figure("delete", delete_s, "s"),
    ]


@contextmanager
def opened(folder: Path) -> Iterator[ConversationLog]:
    """Open the log as a process does that was just started."""
    log = ConversationLog.open(folder / "log" / "log.sqlite", folder / "recall" / "recall.sqlite")
    try:
        yield log
    finally:
        log.close()


def fill(
    session: SessionLog, paragraphs: Sequence[str], turns: int, chance: random.Random
) -> list[str]:
    """Write the turns; return what was said in them."""
    said = []
    for turn in range(1, turns + 1):
        stamp = events.Stamp(session.id, turn, 1_700_000_000.0 + turn)
        question = chance.choice(paragraphs)[:600]
        answer = "\n\n".join(chance.choice(paragraphs)[:1500] for _ in range(2))
        made = [events.user(stamp, question), events.assistant(stamp, answer)]
        if turn % 3 == 0:
            call, result = f"c{turn}", chance.choice(paragraphs)[:2000]
            made.append(events.tool_call(stamp, call, "read", '{"path": "a.py"}'))
            made.append(events.tool_result(stamp, call, "read", result))
        session.submit(*made)
        said.append(question)
    session.refresh()
    return said


def stream(session: SessionLog) -> Iterator[float]:
    """Write an answer, and yield the seconds that each piece waits for the disk."""
    answer = session.answer(session.begin_turn())
    for number in range(PIECES):
        began = time.perf_counter()
        answer.submit(f"{number} ").result()
        yield time.perf_counter() - began
    answer.finish().result()


def search(
    log: ConversationLog, said: Sequence[str], queries: int, chance: random.Random
) -> tuple[list[float], float]:
    """Return how long queries took in ms, and the share that found what it was made of."""
    times, found = [], 0
    for _ in range(queries):
        text = chance.choice(said)
        words = text.split()
        start = chance.randrange(max(1, len(words) - 6))
        query = " ".join(words[start : start + 6])
        began = time.perf_counter()
        hits = log.recall.search(query, ROOT)
        times.append((time.perf_counter() - began) * 1000)
        found += any(query in " ".join(hit.text.split()) for hit in hits)
    return times, found / max(1, queries)


if __name__ == "__main__":
    sys.exit(main())
