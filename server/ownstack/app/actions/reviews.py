"""Reviews in one window: made by its model, shown as diagnostics until they are cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.actions.review import Finding, ReviewProgress, review
from ownstack.actions.subject import Subject, of_diff, of_target
from ownstack.actions.target import Target
from ownstack.app.actions.model import ActionModel
from ownstack.app.actions.place import Places, TextRange
from ownstack.files.secret.detection import without_secrets
from ownstack.memory import rules as project_rules
from ownstack.text import Span

if TYPE_CHECKING:
    from ownstack.app.session import Session

MAX_PUBLISHED = 1_000
"""Findings of one document that are shown."""
_WHOLE = TextRange((0, 0), (0, 0))


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and the document that it is about."""

    uri: str
    finding: Finding


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What came of a review."""

    found: list[Found]
    model: str
    reason: str
    """Why something may be missing, "" if nothing is."""


Publish = Callable[[str, Sequence[Found]], None]
"""Is given a document, and all that is found in it now."""
Hear = Callable[[ReviewProgress], None]


class Reviews:
    """Of one window."""

    def __init__(
        self, session: Session, places: Places, model: ActionModel, publish: Publish
    ) -> None:
        self._session = session
        self._places = places
        self._model = model
        self._publish = publish
        self._shown: dict[str, list[Found]] = {}
        """By what was reviewed."""

    async def of_document(self, uri: str, range: TextRange | None, hear: Hear) -> Reviewed:
        """Review a document, or what is selected of it.

        Raises:
            OwnstackError: it cannot be reviewed; why.
        """
        place = self._places.find(uri, range or _WHOLE)
        place.check_shown()
        selected = Span(0, 0) if range is None else place.selected
        whole = Span(0, len(place.text))
        target = Target(place.path, place.language, place.text, whole, selected)
        rules = await self._rules(place.folder)
        subject = await self._session.beside.run(partial(of_target, target, rules))
        return await self._reviewed(uri, place.folder, subject, lambda _: uri, hear)

    async def of_changes(self, root: Path, diff: str, hear: Hear) -> Reviewed:
        """Review what is changed in a folder; see `of_diff`.

        Raises:
            OwnstackError: it cannot be reviewed; why.
        """
        subject = await of_diff(root, diff, await self._rules(root))

        def uri(path: str) -> str:
            known = self._session.open_text(root / path)
            return (root / path).as_uri() if known is None else known.uri

        return await self._reviewed(root.as_uri(), root, subject, uri, hear)

    def clear(self, uri: str | None) -> None:
        """Show nothing any more, of one document or of all."""
        cleared = {each.uri for found in self._shown.values() for each in found}
        cleared &= cleared if uri is None else {uri}
        for subject, found in list(self._shown.items()):
            self._shown[subject] = [each for each in found if each.uri not in cleared]
        self._tell(cleared)

    async def _rules(self, root: Path | None) -> str:
        if root is None:
            return ""
        return await self._session.beside.run(
            lambda: without_secrets("", project_rules.read(root).text)
        )

    async def _reviewed(
        self,
        name: str,
        folder: Path | None,
        subject: Subject,
        uri: Callable[[str], str],
        hear: Hear,
    ) -> Reviewed:
        reasons = list(subject.left_out)

        def heard(progress: ReviewProgress) -> None:
            if progress.problem:
                reasons.append(progress.problem)
            hear(progress)

        engine = await self._model.engine(folder)
        findings = await review(engine, subject, heard)
        found = [Found(uri(finding.path), finding) for finding in findings]
        self._show(name, found)
        return Reviewed(found, engine.capabilities.model, " ".join(reasons))

    def _show(self, name: str, found: list[Found]) -> None:
        """Show them in place of what the last review of the same found."""
        before = self._shown.pop(name, [])
        self._shown[name] = found
        self._tell(each.uri for each in (*before, *found))

    def _tell(self, uris: Iterable[str]) -> None:
        for uri in dict.fromkeys(uris):
            here = [each for found in self._shown.values() for each in found if each.uri == uri]
            self._publish(uri, list(dict.fromkeys(here))[:MAX_PUBLISHED])
