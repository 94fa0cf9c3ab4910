"""The lines after an echoed line, as long as the occurrences agree on them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ownstack.completion.echo.following import MAX_REST_CHARS, NEAR_BYTES
from ownstack.completion.echo.logistic import logistic
from ownstack.completion.echo.occurrence import Occurrence
from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.echo.renaming import names_of, rename
from ownstack.completion.lexing.blanks import indent_unit, translated
from ownstack.completion.lexing.brackets import brackets
from ownstack.files.secret.detection import secret_text
from ownstack.text import blanks_of

MAX_LINES = 12
BLOCK_SURE = 0.7
"""Lines are added while the chance that all of them are right stays above this."""
MAX_OCCURRENCES = 12
_READ_BYTES = 4_000

STEP = (-5.028, 0.559, 3.531, 0.84, 0.124)
"""A bias, and the weights of a step's signals: match, share, occurrences, lines before.

Made by `python -m training.echo_calibration`."""


@dataclass(frozen=True, slots=True)
class Step:
    """One more line, and what speaks for it."""

    line: str
    signals: tuple[float, ...]

    def chance(self, weights: Sequence[float] = STEP) -> float:
        """Return how likely the line is right if all before it were (a logistic model)."""
        return logistic(weights, self.signals)


def sure_lines(query: EchoQuery, occurrences: Sequence[Occurrence], confidence: float) -> list[str]:
    """Return the lines that follow, while all of them together are likely enough."""
    lines: list[str] = []
    if confidence < BLOCK_SURE:
        return lines
    for step in steps(query, occurrences):
        confidence *= step.chance()
        if confidence < BLOCK_SURE:
            break
        lines.append(step.line)
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def closing_lines(
    query: EchoQuery, occurrences: Sequence[Occurrence], text: str
) -> tuple[tuple[str, ...], float]:
    """Return the lines up to where everything is closed that `text` opens, and their chance.

    Without lines if it opens nothing, or they are not found.
    """
    read = brackets(text, query.language, query.frames)
    frames = read.frames[read.n_outside :]
    if not frames:
        return (), 1.0
    lines: list[str] = []
    chance = 1.0
    for step in steps(query, occurrences):
        chance *= step.chance()
        lines.append(step.line)
        read = brackets(f"{step.line}\n", query.language, frames)
        frames = read.frames
        if not frames or (read.n_outside == 0 and not read.open):
            return tuple(lines), chance
    return (), 1.0


def steps(query: EchoQuery, occurrences: Sequence[Occurrence]) -> Iterator[Step]:
    """Yield the line that most occurrences go on with, then what those say next, and so on.

    `occurrences`: where the echoed line was found. It ends where one leaves its indentation, or
    where the text goes on that stands below the cursor.
    """
    alive = [
        (occurrence, _lines(query, occurrence)) for occurrence in occurrences[:MAX_OCCURRENCES]
    ]
    for number in range(MAX_LINES):
        said = Counter(lines[number] for _, lines in alive if number < len(lines))
        if not said:
            return
        line, votes = said.most_common(1)[0]
        if line.strip() and line.strip().encode("utf-8", "replace") == query.below:
            return
        share = votes / len(alive)
        alive = [
            (occurrence, rest) for occurrence, rest in alive if rest[number : number + 1] == [line]
        ]
        match = max(occurrence.match for occurrence, _ in alive)
        signals = (math.log(match), share, math.log(len(alive)), math.log1p(number))
        yield Step(line, signals)


def _lines(query: EchoQuery, occurrence: Occurrence) -> list[str]:
    """Return the lines after an occurrence with the indentation and the names of the cursor's."""
    source, end = occurrence.source, occurrence.end
    before = source.read(end - NEAR_BYTES, end).rpartition(b"\0")[2]
    near = before.decode("utf-8", "replace")
    after = source.read(end, end + _READ_BYTES).partition(b"\0")[0]
    lines_there = after.decode("utf-8", "replace").split("\n")
    # The occurrence may be inside of the blanks that its line begins with.
    there, here = blanks_of(near.rpartition("\n")[2] + lines_there[0]), blanks_of(query.head)
    unit = indent_unit(near + "\n".join(lines_there)) or query.unit
    names = names_of(query, occurrence) if occurrence.renamed else {}
    lines: list[str] = []
    # The last one may have been cut off.
    for line in lines_there[1:-1][:MAX_LINES]:
        bare = line.rstrip()
        if bare and not bare.startswith(there):
            break
        if len(bare) > MAX_REST_CHARS or "\ufffd" in bare:
            break
        if occurrence.scope != "own" and secret_text(bare, occurrence.path):
            break
        deeper = blanks_of(bare)[len(there) :]
        ours = here + translated(deeper, unit, query.unit) + bare.lstrip(" \t") if bare else ""
        lines.append(rename(ours, names) if names else ours)
    return lines
