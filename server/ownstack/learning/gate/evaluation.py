"""Asks a model at cursors, with each side's adapters, just as completion would ask it.

That is: the part of the file that completion shows such a model first, its path before it, the rest
of the line as the likeliest tokens say it, cleaned as what is shown is, and the chance that
completion gives such a line. Other files' text and echo's lines, which are the same whatever
adapters serve, are left out. Sides take turns at each cursor, so that a comparison that is broken
off is one of the same cursors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ownstack.completion.context.widths import widths
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.deadline import LINE_TOKENS
from ownstack.completion.extent import Extent
from ownstack.completion.place import Place
from ownstack.completion.postprocess.trim import UNFINISHED, trim
from ownstack.completion.sources.line_weigher import LineWeigher, first_line
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import InfillRequest, Priority
from ownstack.engine.results import Finish, Generated
from ownstack.files.notebook.text import code_path
from ownstack.learning.gate.cursors import Cursor
from ownstack.learning.gate.outcomes import SIDES, Outcome, OutcomeLog, Side

MAX_PROMPT_TOKENS = 1_024
"""Enough to judge by where a model could read more at once."""

_LINE = Extent(1, None, "line")


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to go on, and who hears of it."""

    until_s: float = float("inf")
    """On the clock of `time.monotonic`; no cursor is begun after that."""
    is_stopped: Callable[[], bool] = lambda: False
    """Asked before each answer."""
    progress: Callable[[int, int], None] = lambda done, total: None
    """Hears of how many cursors all sides have answered."""


def prompt_tokens(engine: Engine) -> int:
    """Return how long completion's first prompt for such a model is, on such a machine."""
    room, prefill = engine.capabilities.prompt_budget_tokens, engine.speed().prefill
    return min(MAX_PROMPT_TOKENS, widths(room, prefill)[0] if prefill else room)


async def evaluate(
    engine: Engine,
    sides: Mapping[Side, str],
    cursors: Sequence[Cursor],
    log: OutcomeLog,
    pace: Pace,
) -> None:
    """Ask each side at each cursor that the log does not know yet.

    `sides`: side → the project that the engine is told, by which it chooses adapters.

    Raises:
        OwnstackError: the engine failed.
        OSError: the log cannot be written.
    """
    weigher = LineWeigher(engine.capabilities)
    for done, cursor in enumerate(cursors):
        pace.progress(done, len(cursors))
        key = cursor.key
        missing = [side for side in SIDES if side in sides and (key, side) not in log.outcomes]
        if missing and time.monotonic() >= pace.until_s:
            return
        place = cursor.place()
        request = _request(place, TokenCounts(engine.count), log.prompt_tokens)
        for side in missing:
            if pace.is_stopped():
                return
            asked_s = time.perf_counter()
            generation = engine.infill(replace(request, project=sides[side]))
            try:
                answer = await generation.result()
            finally:
                generation.cancel()
            if answer.finish is Finish.CANCELLED:
                return
            text, chance = shown(place, answer, weigher)
            taken_ms = (time.perf_counter() - asked_s) * 1e3
            is_right = text == cursor.truth
            log.add(Outcome(key, side, cursor.language, cursor.by, is_right, chance, taken_ms))
    pace.progress(len(cursors), len(cursors))


def shown(place: Place, answer: Generated, weigher: LineWeigher) -> tuple[str, float]:
    """Return the line that completion would make of an answer, and the chance it gives it.

    A line that only lacks others below it counts: completion asks for those then.
    """
    complete = answer.finish in (Finish.END, Finish.STOP)
    trimmed = trim(
        answer.text, complete=complete, document=place.document, offset=place.offset, extent=_LINE
    )
    text = first_line(answer.text) if trimmed.dropped == UNFINISHED else trimmed.text.rstrip()
    told = next((line for line in weigher.beside(place, ()).lines(answer) if line.written), None)
    return (text, told.chance.whole) if text and told is not None else (text, 0.0)


def _request(place: Place, counts: TokenCounts, tokens: int) -> InfillRequest:
    # Windows and counts of their own: nothing in them is left of the cursor before, so that all
    # sides are shown the same, whatever was asked before.
    window = Windows().cut(place, tokens, counts)
    return InfillRequest(
        window.prefix,
        window.suffix,
        path=code_path(place.document.path, place.document.language),
        max_tokens=LINE_TOKENS,
        max_lines=1,
        priority=Priority.COMPLETION,
    )
