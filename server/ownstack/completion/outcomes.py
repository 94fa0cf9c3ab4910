"""What became of suggestions: remembered, recorded, and learned from."""

from __future__ import annotations

from collections import Counter

from ownstack.completion.place import Place
from ownstack.completion.rejection import Rejections
from ownstack.completion.showing import End, Showing, Shown
from ownstack.completion.signals import Kind, Offered, SignalLog
from ownstack.completion.survival import CallLater, Survival, call_later
from ownstack.document import Document, Documents


class Outcomes:
    """Those of one window."""

    def __init__(
        self, documents: Documents, signals: SignalLog, later: CallLater = call_later
    ) -> None:
        self._signals = signals
        self._showing = Showing()
        self._rejections = Rejections()
        self._survival = Survival(documents, self._kept, later)
        self._counts: Counter[str] = Counter()

    @property
    def shown(self) -> Shown | None:
        return self._showing.shown

    def show(self, shown: Shown) -> None:
        """Take note that a suggestion is on the screen now."""
        self._note(self._showing.show(shown))
        self._counts["shown"] += 1
        language = shown.place.document.language
        self._signals.offered(
            Offered(shown.id, language, shown.source, shown.model, shown.text, shown.confidence)
        )

    def continued(self, place: Place) -> str:
        """Return what is left of the shown text at `place`, "" if it does not go on there."""
        return self._showing.continued(place)

    def after_accept(self, place: Place) -> bool:
        """Say whether a suggestion has just been taken here."""
        return self._showing.after_accept(place)

    def refuses(self, place: Place, text: str) -> bool:
        """Say whether the user has turned `text` down here."""
        return self._rejections.refuses(place, text)

    def changed(self, document: Document) -> None:
        self._survival.changed(document)
        self._note(self._showing.changed(document))

    def closed(self, uri: str) -> None:
        self._note(self._showing.forget(uri))
        self._survival.closed(uri)

    def accepted(self, id: str) -> None:
        """Take note that the editor reports an acceptance."""
        shown = self._showing.accepted(id)
        if shown is not None:
            self._note([(shown, End.ACCEPTED)])

    def close(self) -> None:
        self._survival.close()

    def figures(self) -> dict[str, float]:
        """Return counts since the window was opened."""
        counts = self._counts
        figures = {
            "completions_shown": float(counts["shown"]),
            "accepted": float(counts[End.ACCEPTED]),
            "typed_through": float(counts[End.TYPED_THROUGH]),
            "partly_accepted": float(counts[End.PARTLY]),
            "rejected": float(counts[End.REJECTED]),
            "signals_in_memory": float(bool(self._signals.problem)),
        }
        if counts["shown"]:
            taken = counts[End.ACCEPTED] + counts[End.TYPED_THROUGH]
            figures["acceptance_rate"] = round(taken / counts["shown"], 4)
        return figures

    def _note(self, ended: list[tuple[Shown, End]]) -> None:
        for shown, end in ended:
            self._counts[end] += 1
            if end is End.LEFT:
                continue
            kinds: dict[End, Kind] = {
                End.ACCEPTED: "accepted",
                End.TYPED_THROUGH: "typed-through",
                End.PARTLY: "partly",
                End.REJECTED: "rejected",
            }
            self._signals.event(shown.id, kinds[end], float(len(shown.typed)))
            if end is End.REJECTED:
                self._rejections.add(shown.place, shown.text)
            elif end in (End.ACCEPTED, End.TYPED_THROUGH):
                self._rejections.forgive(shown.place, shown.text)
                accepted = shown.accepted_place.document
                self._survival.watch(shown.id, accepted, shown.place.offset, shown.text)

    def _kept(self, id: str, kind: Kind, share: float) -> None:
        self._signals.event(id, kind, share)
