"""Has what a model writes weighed against what echo came upon at the same cursor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ownstack.completion.echo.query import query_at
from ownstack.completion.echo.scoring import ScoredCandidate, by_evidence
from ownstack.completion.feedback.own_calibration import Correction
from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place
from ownstack.completion.sources.weighing import WeighedLine, Weights, chance_alone, weigh
from ownstack.completion.sources.weights import weights_for
from ownstack.engine.results import Capabilities, Generated, ScoredLine

CANDIDATES = 3
"""So many of echo's lines a model scores beside its own."""
LEAST_SHARE = 0.02
"""Of echo's choice; what is less likely than that is worth no look of a model."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What a model's answer at one cursor is weighed against."""

    place: Place
    echoed: Sequence[ScoredCandidate]
    """What echo came upon there, the likeliest first."""
    weights: Weights

    @property
    def candidates(self) -> tuple[str, ...]:
        """What the model may score, and what may well be what it writes.

        Nobody sees one of them that was not checked, so they need no last checks here.
        """
        likeliest = [each.text for each in self.echoed if each.share >= LEAST_SHARE]
        return tuple(text for text in likeliest if text)[:CANDIDATES]

    def lines(self, answer: Generated) -> list[WeighedLine]:
        """Return the model's line and echo's, the best first; none if nothing tells of its chance.

        Engines elsewhere do not always say how likely they find what they write.
        """
        if not _tells(answer):
            return []
        line, scored = first_line(answer.text), shown_lines(answer.scored)
        # Made here, not with the key: most answers are overtaken before they are weighed.
        query = query_at(self.place.document, self.place.offset)
        lines = weigh(query, self.echoed, line, answer.tokens, scored, self.weights)
        return [
            replace(each, chance=_corrected(each.chance, answer)) if each.written else each
            for each in lines
        ]


class LineWeigher:
    """Weighs for one engine."""

    def __init__(self, capabilities: Capabilities) -> None:
        self._weights = weights_for(capabilities.parameters)

    def beside(self, place: Place, echoed: Sequence[ScoredCandidate]) -> Weighing:
        """Return what an answer at `place` will be weighed against, by its evidence alone."""
        return Weighing(place, tuple(by_evidence(echoed)), self._weights)

    def alone(self, answer: Generated) -> LineChance | None:
        """Return the chance of an answer's first line that has text, by the model alone.

        None if the engine does not say how likely it found what it wrote.
        """
        text = answer.text
        begins = len(text) - len(text.lstrip())
        if not _tells(answer) or begins == len(text):
            return None
        line = text[:begins] + first_line(text[begins:])
        return _corrected(chance_alone(line, answer.tokens, self._weights), answer)


def first_line(text: str) -> str:
    return text.partition("\n")[0].rstrip()


def shown_lines(scored: Sequence[ScoredLine]) -> list[ScoredLine]:
    """Return what was scored as it is shown: blanks at its end make no other line of it."""
    found: dict[str, ScoredLine] = {}
    for line in scored:
        text = line.text.rstrip()
        known = found.setdefault(text, replace(line, text=text))
        if line.found and not known.found:
            found[text] = replace(known, found=True)
    return list(found.values())


def _corrected(chance: LineChance, answer: Generated) -> LineChance:
    """Return a chance as it is with the adapters that served.

    How lines are weighed was fitted on plain models; what the gate saw of an adapter corrects it.
    """
    measured = answer.usage.correction
    if measured is None:
        return chance
    return replace(chance, whole=Correction(*measured).adjusted(chance.whole))


def _tells(answer: Generated) -> bool:
    """Whether an engine says how likely it found what it wrote. What is no number tells nothing."""
    logprobs = [token.logprob for token in answer.tokens]
    return bool(logprobs) and all(logprob <= 0.0 for logprob in logprobs)
