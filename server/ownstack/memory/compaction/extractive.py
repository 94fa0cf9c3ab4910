"""A summary without a model: sentences that were said, chosen by rule and quoted as they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from ownstack.memory import mentions
from ownstack.memory.compaction.summary import HEADINGS, Summary
from ownstack.memory.events import Event
from ownstack.memory.handles import short

_LINE_CHARS = 160
_MAX_HINTS = 60
_MAX_PER_HEADING = 160
_FOCUSED = 2.0
"""What a word of the focus adds to the worth of a sentence."""
_PER_TOKEN = 0.05
_PER_LINE = 0.15
"""How much less a quotation is worth for each of its tokens, and for each better one of its kind:
so neither a long sentence nor many of one heading push out all others."""
_WORD = re.compile(r"\w+")
_ASKED = "Done"
"""Where stands what the user asked for, turn by turn."""


@dataclass(frozen=True, slots=True)
class _Quote:
    heading: str
    text: str
    worth: float
    place: int


def extract(
    events: Sequence[Event],
    budget: int,
    count: Callable[[str], int],
    *,
    focus: str = "",
    said: Sequence[tuple[str, str]] = (),
    kept: Collection[str] = (),
) -> Summary:
    """Return a summary of at most `budget` tokens; those lines in `said` are its first.

    What is worth more comes first: the goal, then what the user asked to keep to, what was decided,
    asked, tried in vain. Newer counts a little more than older, long and many of one heading a
    little less. What the events named in `kept` say stands elsewhere word for word.
    """
    quotes = _ranked(_quotes(events, focus, kept), count)
    left = budget
    lines: list[tuple[str, str, int]] = []
    begun: set[str] = set()
    seen: set[str] = set()
    for heading, text in said:
        left -= _cost(heading, text, begun, count)
        begun.add(heading)
        seen.add(text.casefold())
        lines.append((heading, text, -1))
    for quote in quotes:
        key = quote.text.casefold()
        cost = _cost(quote.heading, quote.text, begun, count)
        if key in seen or cost > left:
            continue
        seen.add(key)
        left -= cost
        begun.add(quote.heading)
        lines.append((quote.heading, quote.text, quote.place))
        if left < 6:
            break
    hints = _hints(events, left - count("## Look-up hints\n- "), count, seen)
    if hints:
        lines.append(("Look-up hints", hints, len(events)))
    lines.sort(key=lambda line: (HEADINGS.index(line[0]), line[2]))
    return Summary(tuple((heading, text) for heading, text, _ in lines))


def _cost(heading: str, text: str, begun: set[str], count: Callable[[str], int]) -> int:
    return count(f"- {text}\n" if heading in begun else f"## {heading}\n- {text}\n")


def _ranked(quotes: Sequence[_Quote], count: Callable[[str], int]) -> list[_Quote]:
    """Return quotes by worth: less what they take of the budget, and others of their heading."""
    before: Counter[str] = Counter()
    worth: list[tuple[float, _Quote]] = []
    for quote in sorted(quotes, key=lambda quote: -quote.worth):
        if before[quote.heading] == _MAX_PER_HEADING:
            continue  # Counting tokens of all sentences of ten thousand turns takes seconds.
        less = count(quote.text) * _PER_TOKEN + before[quote.heading] * _PER_LINE
        before[quote.heading] += 1
        worth.append((quote.worth - less, quote))
    return [quote for _, quote in sorted(worth, key=lambda pair: -pair[0])]


def _quotes(events: Sequence[Event], focus: str, kept: Collection[str]) -> list[_Quote]:
    """Return what may be quoted, each with its worth."""
    wanted = set(_WORD.findall(focus.casefold()))
    made: list[_Quote] = []
    last = max(1, len(events) - 1)
    has_goal = False
    unanswered = _unanswered(events)
    for place, event in enumerate(events):
        if event.kind not in {"user", "assistant"}:
            continue
        for number, sentence in enumerate(mentions.sentences(event.text)):
            quote = short(sentence, _LINE_CHARS)
            heading, worth = _judged(
                event, sentence, number, goal=not has_goal, is_open=event.id in unanswered
            )
            has_goal = has_goal or heading == "Goal"
            if not heading or (event.id in kept and heading != "Goal"):
                continue
            if wanted:
                worth += _FOCUSED * len(wanted.intersection(_WORD.findall(quote.casefold())))
            made.append(_Quote(heading, quote, worth + place / last, place))
    return made


def _judged(
    event: Event, sentence: str, number: int, *, goal: bool, is_open: bool
) -> tuple[str, float]:
    """Return the heading that a sentence belongs under, "" for none, and its worth."""
    if event.kind == "user":
        if goal:
            return "Goal", 20.0
        if mentions.is_constraint(sentence):
            return "Constraints", 6.0
        if mentions.is_decision(sentence):
            return "Decisions", 5.5
        if mentions.is_dead_end(sentence):
            return "Dead ends", 4.5
        if mentions.is_question(sentence):
            return "In progress", 5.0 if is_open else 3.5
        return (_ASKED, 3.5) if number == 0 else ("", 0.0)
    if mentions.is_decision(sentence):
        return "Decisions", 3.0
    if mentions.is_done(sentence):
        return "Done", 2.5
    return "", 0.0


def _unanswered(events: Sequence[Event]) -> frozenset[str]:
    """Return messages of the user that the assistant said nothing to."""
    waiting = ""
    found: set[str] = set()
    for event in events:
        if event.kind == "user":
            waiting = event.id
            found.add(waiting)
        elif event.kind == "assistant" and event.text:
            found.discard(waiting)
    return frozenset(found)


def _hints(
    events: Sequence[Event], budget: int, count: Callable[[str], int], seen: set[str]
) -> str:
    """Return names that were set as code, the most frequent first."""
    names: Counter[str] = Counter()
    for event in events:
        if event.kind in {"user", "assistant"}:
            names.update(set(_names(event)))
    chosen: list[str] = []
    for name, _ in names.most_common(_MAX_HINTS):
        cost = count(f", {name}")
        if cost <= budget and name.casefold() not in seen:
            budget -= cost
            chosen.append(name)
    return ", ".join(chosen)


def _names(event: Event) -> Iterator[str]:
    for name in mentions.code(event.text):
        if len(name) <= 60:
            yield short(name, 60)
