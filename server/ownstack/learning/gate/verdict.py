"""Whether an adapter may serve: a pure function of what each side said at the same cursors.

It must beat the plain model and its predecessor in exact match, by more than luck explains, and
its lines with their chances must be of more use; no language may be worse by more than luck.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ownstack.learning.gate.calibration import corrected, fit_correction
from ownstack.learning.gate.figures import Duel, duel, mean, quality, uses
from ownstack.learning.gate.outcomes import SIDES, Outcome, Side

LEAST_CURSORS = 40
"""With fewer even a good adapter could not be told from luck."""
LEAST_OF_LANGUAGE = 8
"""A language with fewer cursors tells nothing by itself."""
SURE: Mapping[Side, float] = {"base": 0.1, "predecessor": 0.25}
"""As often may luck alone look like this. Against a predecessor more often, since that has beaten
the plain model already, as its successor must: a wrong change costs little there."""
SURE_WORSE = 0.1
_WORDS: Mapping[Side, str] = {"base": "the plain model", "predecessor": "its predecessor"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an adapter's record is told."""

    standing: Literal["fit", "aside"]
    reason: str
    """In a sentence."""
    figures: Mapping[str, Any] = field(default_factory=dict)
    """Of JSON's types: cursors, sides, against, languages, hold_outs, calibration."""


def verdict(outcomes: Iterable[Outcome]) -> Verdict:
    """Judge a candidate by what it and its rivals said; cursors that not all answered count not."""
    sides = _paired(outcomes)
    mine = sides.get("candidate", [])
    rivals = [side for side in SIDES if side != "candidate" and side in sides]
    if len(mine) < LEAST_CURSORS or not rivals:
        reason = (
            f"There are only {len(mine)} lines to judge it by, which it did not learn from; "
            f"it takes {LEAST_CURSORS}."
        )
        return Verdict("aside", reason, {"cursors": len(mine)})
    figures = _figures(sides)
    problems = [problem for rival in rivals if (problem := _unbeaten(sides, rival))]
    problems += [problem for rival in rivals if (problem := _worse_language(sides, rival))]
    if problems:
        return Verdict("aside", problems[0], figures)
    return Verdict("fit", _success(sides, rivals), figures)


def _paired(outcomes: Iterable[Outcome]) -> dict[Side, list[Outcome]]:
    """Return each side's outcomes at the cursors that all sides answered, in one order."""
    found: dict[Side, dict[str, Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.side, {})[outcome.cursor] = outcome
    if not found:
        return {}
    shared = set.intersection(*(set(each) for each in found.values()))
    order = [cursor for cursor in next(iter(found.values())) if cursor in shared]
    return {side: [each[cursor] for cursor in order] for side, each in found.items()}


def _unbeaten(sides: Mapping[Side, Sequence[Outcome]], rival: Side) -> str:
    """Return in what the candidate does not beat a rival, "" if in nothing."""
    mine, theirs = sides["candidate"], sides[rival]
    against, words = duel(mine, theirs), _WORDS[rival]
    counts = f"{_right(mine)} against {_right(theirs)} of {len(mine)} lines exactly"
    if against.lost >= against.won:
        return f"It is no better than {words}: {counts}."
    if against.p_better > SURE[rival]:
        return (
            f"It may be no better than {words}: {counts}, "
            f"which luck alone would bring in {against.p_better:.0%} of cases."
        )
    use = mean(uses(mine, corrected(mine)))
    other = mean(uses(theirs, corrected(theirs)))
    if use <= other:
        return (
            f"It is right more often than {words} ({counts}), but knows less well when: "
            f"its lines with their chances are worth {use:.3f} against {other:.3f} a line."
        )
    return ""


def _worse_language(sides: Mapping[Side, Sequence[Outcome]], rival: Side) -> str:
    """Return which language is worse than a rival's by more than luck, "" if none is."""
    for language, against in _by_language(sides["candidate"], sides[rival]).items():
        n = sum(outcome.language == language for outcome in sides["candidate"])
        if n >= LEAST_OF_LANGUAGE and against.p_worse <= SURE_WORSE:
            return (
                f"It is worse than {_WORDS[rival]} in {language}: of {n} lines it lost "
                f"{against.lost} and won {against.won}."
            )
    return ""


def _success(sides: Mapping[Side, Sequence[Outcome]], rivals: Sequence[Side]) -> str:
    mine = sides["candidate"]
    theirs = " and ".join(f"{_right(sides[rival])} by {_WORDS[rival]}" for rival in rivals)
    return f"Of {len(mine)} lines it had not seen it wrote {_right(mine)} exactly, {theirs}."


def _figures(sides: Mapping[Side, Sequence[Outcome]]) -> dict[str, Any]:
    mine = sides["candidate"]
    rivals: list[Side] = [side for side in SIDES if side != "candidate" and side in sides]
    fitted = fit_correction(mine)
    return {
        "cursors": len(mine),
        "sides": {
            side: asdict(quality(outcomes, corrected(outcomes))) for side, outcomes in sides.items()
        },
        "against": {rival: _duel_figures(duel(mine, sides[rival])) for rival in rivals},
        "languages": _groups(sides, [outcome.language for outcome in mine]),
        "hold_outs": _groups(sides, [outcome.by for outcome in mine]),
        "calibration": None if fitted is None else asdict(fitted),
    }


def _groups(
    sides: Mapping[Side, Sequence[Outcome]], names: Sequence[str]
) -> dict[str, dict[str, int]]:
    """Return for each group of cursors how many there are, and how many each side got right."""
    found: dict[str, dict[str, int]] = {}
    for name in sorted(set(names)):
        inside = [at for at, each in enumerate(names) if each == name]
        found[name] = {"cursors": len(inside)}
        for side, outcomes in sides.items():
            found[name][side] = sum(outcomes[at].right for at in inside)
    return found


def _by_language(mine: Sequence[Outcome], theirs: Sequence[Outcome]) -> dict[str, Duel]:
    languages = sorted({outcome.language for outcome in mine})
    return {
        language: duel(
            [outcome for outcome in mine if outcome.language == language],
            [outcome for outcome in theirs if outcome.language == language],
        )
        for language in languages
    }


def _duel_figures(against: Duel) -> dict[str, float]:
    return {"won": against.won, "lost": against.lost, "p": against.p_better}


def _right(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.right for outcome in outcomes)
