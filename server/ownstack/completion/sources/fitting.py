"""From a line that was found to one that may be shown: sure enough for its reader, and trimmed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ownstack.completion.echo import LineSuggestion
from ownstack.completion.echo.preferences import why_shown
from ownstack.completion.environment import Environment
from ownstack.completion.extent import Extent
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.line_chance import LineChance
from ownstack.completion.place import Place
from ownstack.completion.postprocess.trim import UNFINISHED, Trimmed, trim
from ownstack.completion.request import Reply, SourceRequest
from ownstack.completion.request_extents import RequestExtents
from ownstack.settings import CompletionSettings, Eagerness

THRESHOLDS: dict[Eagerness, float] = {"shy": 0.75, "normal": 0.4, "eager": 0.2}
"""A suggestion that nobody asked for is shown from this chance on, that it is exactly right."""
LIKELY = 0.1
"""From this chance on, another line is offered beside the first that nobody asked for."""
LIKELY_ASKED = 0.25
"""Who asks gets others from this share of the first's chance on."""
OTHERS = 2

LineSource = Literal["echo", "model"]
_WHOSE: dict[LineSource, str] = {"echo": "What was written before", "model": "The network's line"}


def least_chance(
    request: SourceRequest, source: LineSource, settings: CompletionSettings, own: OwnCalibration
) -> float:
    """Return the chance, as a source tells it, from which on its suggestion is shown.

    Who asks is shown anything.
    """
    if request.invoked:
        return 0.0
    return own.least(source, request.model_of(source), THRESHOLDS[settings.eagerness])


def sure_enough(text: str, chance: LineChance | None, least: float) -> Reply:
    """Return what a model wrote if it is likely enough, else as much of its line as is.

    Of several lines, the first decides. Without a chance it is shown: nothing speaks against it.
    """
    if chance is None or chance.whole >= least:
        return Reply(text, "model", "model", None if chance is None else chance.whole)
    part = "" if "\n" in text else chance.sure_part(text, least)
    if part:
        return Reply(part, "model", "model", chance.part(len(part)))
    return Reply("", source="model", confidence=chance.whole, reason=unsure(chance.whole, least))


class LineFitter:
    """Makes one window's lines fit their places."""

    def __init__(
        self, environment: Environment, extents: RequestExtents, own: OwnCalibration
    ) -> None:
        self._settings = environment.settings
        self._extents = extents
        self._own = own

    def fitted(
        self,
        request: SourceRequest,
        line: LineSuggestion,
        least: float | None,
        maker: LineSource = "echo",
    ) -> Reply:
        """Return a line as it may be shown, or why it is not.

        `least`: the chance from which on it is shown; without one, what the user has set.
        """
        needed = least
        if needed is None:
            needed = least_chance(request, maker, self._settings(), self._own)
        learned = line.preference
        if line.confidence < needed:
            why = unsure(line.confidence, needed)
            return Reply("", confidence=line.confidence, reason=why, preference=learned)
        # Several lines only if they are sure, and where a block may be written.
        wanted = self._extents.of(request) if line.more else Extent(1, None, "line")
        lines = (line.text, *line.more)[: wanted.max_lines]
        trimmed, confidence = _trimmed(request.place, lines, wanted), line.confidence
        if trimmed.dropped == UNFINISHED and line.closing and self._multiline():
            confidence *= line.closing_chance
            if confidence < needed:
                why = unsure(confidence, needed)
                return Reply("", confidence=confidence, reason=why, preference=learned)
            lines = (line.text, *line.closing)
            trimmed = _trimmed(request.place, lines, Extent(len(lines), None, "statement"))
        if not trimmed.text:
            return Reply("", reason=f"{_WHOSE[maker]} does not fit: {trimmed.dropped}.")
        if line.nearest is not None and least is None:
            request.trace.origin = line.nearest.origin
        if least is None and learned.without(confidence) < needed:
            request.trace.learned = why_shown(learned)
        found_in = line.nearest.found_in if line.nearest is not None else ""
        return Reply(trimmed.text, maker, maker, confidence, preference=learned, found_in=found_in)

    def _multiline(self) -> bool:
        return self._settings().multiline != "never"


def unsure(chance: float, needed: float) -> str:
    """Say why something that was found is not shown."""
    return (
        f"Not sure enough: {chance:.2f} of {needed:.2f} needed (`ownstack.completion.eagerness`)."
    )


def held_back(request: SourceRequest, reply: Reply, settings: CompletionSettings) -> str:
    """Say so, after a blank, if a reply is empty only for what was learned; "" if not."""
    if reply.confidence is None or request.invoked:
        return ""
    promised = reply.preference.without(reply.confidence)
    if reply.text or promised < THRESHOLDS[settings.eagerness]:
        return ""
    return (
        " It would be shown but for what you turned down before"
        " (`ownstack.completion.learnFromOutcomes`)."
    )


def likely(request: SourceRequest, first: Reply) -> float:
    """Return the chance from which on something is offered beside the first."""
    if not request.invoked:
        return LIKELY
    return min(LIKELY, LIKELY_ASKED * (first.confidence or LIKELY))


def _trimmed(place: Place, lines: Sequence[str], wanted: Extent) -> Trimmed:
    return trim(
        "\n".join(lines),
        complete=True,
        document=place.document,
        offset=place.offset,
        extent=wanted,
    )
