"""What became of suggestions: remembered, recorded, and learned from."""

from __future__ import annotations

from collections import Counter

from ownstack.completion.echo.preferences import MAX_HEAD_CHARS, Subject
from ownstack.completion.environment import Environment
from ownstack.completion.feedback.displayed import Display, DisplayedSuggestion, SuggestionOutcome
from ownstack.completion.feedback.rejection import Rejections
from ownstack.completion.feedback.signals import Kind, Offered, SignalLog
from ownstack.completion.feedback.survival import LAST_CHECK, Accepted, Survival, lines_left
from ownstack.completion.place import Place
from ownstack.document import Document


class Outcomes:
    """Knows what became of the suggestions of one window."""

    def __init__(self, environment: Environment, signals: SignalLog) -> None:
        self._documents, self._kept_lines = environment.documents, environment.kept
        self._signals = signals
        self._display = Display()
        self._rejections = Rejections()
        self._survival = Survival(self._documents, self._still_there, environment.later)
        self._counts: Counter[str] = Counter()

    @property
    def displayed(self) -> DisplayedSuggestion | None:
        return self._display.displayed

    def show(self, displayed: DisplayedSuggestion) -> None:
        """Take note that a suggestion is on the screen now."""
        self._note(self._display.show(displayed))
        self._counts["shown"] += 1
        self._offered(displayed)

    def _offered(self, displayed: DisplayedSuggestion) -> None:
        document = displayed.place.document
        self._signals.offered(
            Offered(
                displayed.id,
                document.language,
                displayed.source,
                displayed.model,
                displayed.text,
                displayed.confidence,
                # One among others is heard of only if it is taken, and who asks wants something.
                tells=not displayed.alternative and not displayed.invoked,
                subject=Subject(
                    displayed.text,
                    displayed.place.head[-MAX_HEAD_CHARS:],
                    document.uri,
                    displayed.found_in,
                ),
                shift=displayed.preference.shift,
            )
        )

    def continued(self, place: Place) -> str:
        """Return what is left of the shown text at `place`, "" if it does not go on there."""
        return self._display.continued(place)

    def after_accept(self, place: Place) -> bool:
        """Say whether a suggestion has just been taken here."""
        return self._display.after_accept(place)

    def refuses(self, place: Place, text: str) -> bool:
        """Say whether the user has turned `text` down here."""
        return self._rejections.refuses(place, text)

    def changed(self, document: Document) -> None:
        self._survival.changed(document)
        self._note(self._display.changed(document))

    def closed(self, uri: str) -> None:
        self._note(self._display.forget(uri))
        self._survival.closed(uri)

    def accepted(self, id: str) -> None:
        """Take note that the editor reports an acceptance."""
        displayed = self._display.accepted(id)
        if displayed is not None:
            self._note([(displayed, SuggestionOutcome.ACCEPTED)])

    def close(self) -> None:
        self._survival.close()

    def figures(self) -> dict[str, float]:
        """Return counts since the window was opened."""
        counts = self._counts
        figures = {
            "completions_shown": float(counts["shown"]),
            "accepted": float(counts[SuggestionOutcome.ACCEPTED]),
            "typed_through": float(counts[SuggestionOutcome.TYPED_THROUGH]),
            "partly_accepted": float(counts[SuggestionOutcome.PARTLY]),
            "rejected": float(counts[SuggestionOutcome.REJECTED]),
            "signals_in_memory": float(bool(self._signals.problem)),
        }
        if counts["shown"]:
            taken = counts[SuggestionOutcome.ACCEPTED] + counts[SuggestionOutcome.TYPED_THROUGH]
            figures["acceptance_rate"] = round(taken / counts["shown"], 4)
        return figures

    def _note(self, ended: list[tuple[DisplayedSuggestion, SuggestionOutcome]]) -> None:
        for displayed, outcome in ended:
            self._counts[outcome] += 1
            if outcome is SuggestionOutcome.LEFT:
                continue
            kinds: dict[SuggestionOutcome, Kind] = {
                SuggestionOutcome.ACCEPTED: "accepted",
                SuggestionOutcome.TYPED_THROUGH: "typed-through",
                SuggestionOutcome.PARTLY: "partly",
                SuggestionOutcome.REJECTED: "rejected",
            }
            if displayed.alternative:
                self._offered(displayed)  # Nobody knew until now that it was looked at.
            self._signals.event(displayed.id, kinds[outcome], float(len(displayed.typed)))
            if outcome is SuggestionOutcome.REJECTED:
                self._rejections.add(displayed.place, displayed.text)
            elif outcome in (SuggestionOutcome.ACCEPTED, SuggestionOutcome.TYPED_THROUGH):
                self._rejections.forgive(displayed.place, displayed.text)
                accepted = displayed.accepted_place.document
                self._survival.watch(displayed.id, accepted, displayed.place.offset, displayed.text)

    def _still_there(self, accepted: Accepted, kind: Kind, share: float) -> None:
        self._signals.event(accepted.id, kind, share)
        document = self._documents.get(accepted.uri)
        if kind == LAST_CHECK and share > 0 and document is not None:
            lines = lines_left(accepted.text, document.text, accepted.start)
            if lines:
                self._kept_lines(document, lines)
