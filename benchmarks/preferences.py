"""What echo gains by what was kept and turned down: `python -m benchmarks.preferences FOLDER …`.

Each folder is a project. Some of its files are held out and written again, line by line, as by
somebody who takes a suggestion that is exactly the rest of the line and types on past any other:
the rest of the project is in echo's store, the document ends at the cursor. At some cursors of
each line echo is asked; what it shows of its own accord is kept or turned down. With and without
that memory, the same candidates are ordered and judged: exact lines, Brier score of the chances,
what is shown and how much of that is right. A Brier score is better if it is lower.

The same file may be written twice (`--twice`): that is the case that learning is for at its most.
"""

from __future__ import annotations

import argparse
import random
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ownstack.completion.echo import Echo
from ownstack.completion.echo.preferences import (
    NOTHING_LEARNED,
    Outcome,
    Preference,
    Preferences,
    Subject,
    preferred,
    traits,
)
from ownstack.completion.echo.query import EchoQuery, query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.echo.store import Store
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.document import Document
from ownstack.languages import language_of

HELD_OUT = 12
"""Files of each project that are written again."""
CURSORS = 2
"""Of a line."""
MIN_CHARS, MAX_CHARS = 2_000, 30_000


@dataclass(slots=True)
class Score:
    """Of one way to judge."""

    asked: int = 0
    exact: int = 0
    brier: float = 0.0
    shown: int = 0
    shown_right: int = 0

    def count(self, first: ScoredCandidate | None, truth: str) -> bool | None:
        """Count an answer; returns whether what was shown is right, None if nothing was."""
        self.asked += 1
        if first is None or not first.text:
            return None
        right, chance = first.text == truth, first.chance
        self.exact += right
        self.brier += (right - chance) ** 2
        if chance < THRESHOLDS["normal"]:
            return None
        self.shown += 1
        self.shown_right += right
        return right

    def line(self, name: str) -> str:
        shown = max(1, self.shown)
        return (
            f"{name:9} asked {self.asked:6}  exact {self.exact / self.asked:.2%}"
            f"  Brier {self.brier / self.asked:.4f}  shown {self.shown / self.asked:.1%}"
            f"  of these right {self.shown_right / shown:.2%}"
        )


@dataclass(slots=True)
class Writer:
    """Somebody who writes, and what was learned of them."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    learned: Preferences = field(default_factory=Preferences)
    without: Score = field(default_factory=Score)
    with_it: Score = field(default_factory=Score)
    better: int = 0
    worse: int = 0
    seconds: float = 0.0

    def ask(self, query: EchoQuery, found: Sequence[ScoredCandidate], truth: str) -> None:
        """Answer one cursor in both ways, and learn from what was shown."""
        uri = query.own.uri

        def known(scored: ScoredCandidate) -> bytes:
            found_in = scored.candidate.occurrences[0].found_in
            return traits(Subject(scored.text, query.head, uri, found_in), self.key)

        def of(scored: ScoredCandidate) -> Preference:
            held = known(scored)
            return self.learned.of(held, 0.0) if held else NOTHING_LEARNED

        began = time.thread_time()
        weighed = preferred(found, of)
        self.seconds += time.thread_time() - began
        before = self.without.exact
        self.without.count(found[0] if found else None, truth)
        was = self.without.exact > before
        before, first = self.with_it.exact, weighed[0] if weighed else None
        right = self.with_it.count(first, truth)
        now = self.with_it.exact > before
        self.better += now and not was
        self.worse += was and not now
        if right is not None and first is not None:
            promised = first.preference.without(first.chance)
            self.learned.learn(Outcome(known(first), promised, right, 0.0))

    def report(self, name: str) -> None:
        print(name)
        print(" ", self.without.line("without"))
        print(" ", self.with_it.line("with"))
        each = 1e6 * self.seconds / max(1, self.without.asked)
        print(f"  better {self.better}, worse {self.worse}; {each:.0f} µs a key", flush=True)


def held_out(folder: Path, draw: random.Random) -> list[Path]:
    """Return files of a project in a random order."""
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file()
        and language_of("", file.name) is not None
        and MIN_CHARS <= file.stat().st_size <= MAX_CHARS
    ]
    draw.shuffle(files)
    return files[:HELD_OUT]


def cursors(text: str, draw: random.Random) -> Iterator[tuple[int, str]]:
    """Yield offsets in the lines of a text, in order, and the rest of the line at each."""
    start = 0
    for line in text.split("\n"):
        begins, ends = len(line) - len(line.lstrip()), len(line.rstrip())
        places = range(begins, ends)
        for at in sorted(draw.sample(places, min(CURSORS, len(places)))):
            yield start + at, line[at:ends]
        start += len(line) + 1


def write_again(folder: Path, writer: Writer, seed: int, *, times: int, until_s: float) -> None:
    """Write the files that are held out of one project again."""
    draw = random.Random(f"{folder.name} {seed}")
    with tempfile.TemporaryDirectory() as cache:
        store = Store(folder, Path(cache))
        store.refresh()
        echo = Echo(lambda: [store.view])
        for file in held_out(folder, draw) * times:
            text = file.read_text("utf-8", "replace").replace("\r\n", "\n")
            path = file.relative_to(folder).as_posix()
            language = language_of("", file.name, text)
            assert language is not None
            for offset, truth in cursors(text, draw):
                if time.process_time() > until_s:
                    return
                document = Document(file.as_uri(), path, language.id, 1, text[:offset])
                query = query_at(document, offset)
                writer.ask(query, echo.examine(query, document, []), truth)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path, help="projects")
    parser.add_argument("--seconds", type=float, default=60.0, help="of a processor, each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--twice", action="store_true", help="write every file two times")
    options = parser.parse_args()
    together = Writer()
    for folder in options.folders:
        writer = Writer()
        write_again(
            folder.resolve(),
            writer,
            options.seed,
            times=2 if options.twice else 1,
            until_s=time.process_time() + options.seconds,
        )
        writer.report(folder.name)
        for name in ("without", "with_it"):
            total, own = getattr(together, name), getattr(writer, name)
            for count in ("asked", "exact", "brier", "shown", "shown_right"):
                setattr(total, count, getattr(total, count) + getattr(own, count))
        together.better += writer.better
        together.worse += writer.worse
        together.seconds += writer.seconds
    together.report("together")


if __name__ == "__main__":
    main()
