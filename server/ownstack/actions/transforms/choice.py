"""Which transforms there are for a language, and what they would do at a place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ownstack.actions.catalogue import ACTIONS, ActionId, is_asked_for
from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, Transform
from ownstack.actions.transforms.ecmascript.templates import to_template
from ownstack.actions.transforms.import_order import organise_es, organise_java
from ownstack.actions.transforms.invert_if import invert_if
from ownstack.actions.transforms.python import invert_if as of_python
from ownstack.actions.transforms.python.f_strings import to_f_string
from ownstack.actions.transforms.python.members import sort_members
from ownstack.actions.transforms.python.organise import organise
from ownstack.actions.transforms.python.unused import remove_unused
from ownstack.actions.transforms.unused_imports import remove_unused_es, remove_unused_java
from ownstack.errors import EditError
from ownstack.syntax.matches import is_sound
from ownstack.text import Span

MAX_CHARS = 150_000
"""A longer file is left alone: looking at it would be felt at each key. About 4,000 lines."""

_PYTHON: Mapping[ActionId, Transform] = {
    "organiseImports": organise,
    "removeUnusedImports": remove_unused,
    "convertToFString": to_f_string,
    "sortMembers": sort_members,
    "invertIf": of_python.invert_if,
}
_ECMASCRIPT: Mapping[ActionId, Transform] = {
    "organiseImports": organise_es,
    "removeUnusedImports": remove_unused_es,
    "convertToTemplate": to_template,
    "invertIf": invert_if,
}
_JAVA: Mapping[ActionId, Transform] = {
    "organiseImports": organise_java,
    "removeUnusedImports": remove_unused_java,
    "invertIf": invert_if,
}
RULES: Mapping[str, Mapping[ActionId, Transform]] = {
    "python": _PYTHON,
    "ecmascript": _ECMASCRIPT,
    "java": _JAVA,
}
"""By what the table of languages says of each (`transforms`)."""


def changes(
    target: Target, selected: Span, only: tuple[str, ...] = (), *, exactly: bool = False
) -> Iterator[tuple[ActionId, Change]]:
    """Yield the transforms that would change something, and what.

    Cost: a parse of the file, kept for the next time, where there is something to look at; less
    than 20 ms for 2,000 lines, as much again for imports that nothing uses.

    Args:
        target: What the user looks at.
        selected: What is selected in it.
        only: Kinds that are wanted; () for all.
        exactly: Whether a kind means itself, and not those that begin with it.
    """
    for action, transform_ in _transforms(target).items():
        kind = ACTIONS[action].kind
        if kind in only if exactly else is_asked_for(kind, only):
            change = transform_(target, selected)
            if change is not None:
                yield action, change


def transform(action: str, target: Target, selected: Span) -> str:
    """Return the whole file with a transform done.

    Raises:
        EditError: there is nothing to do, or it cannot be done safely.
    """
    made = next((made for id, made in _transforms(target).items() if id == action), None)
    if made is None:
        if len(target.text) > MAX_CHARS:
            raise EditError(
                f"The file is longer than {MAX_CHARS:,} characters.",
                "Such files are not transformed without a model.",
            )
        raise EditError(
            "There is no such transform for files of this language.", "Ask for the actions again."
        )
    change = made(target, selected)
    if change is None:
        raise EditError(
            "There is nothing to change here.",
            "Either all is as it should be, or the file has errors, or it would not be safe.",
        )
    after, language = change.applied(target.text), target.language
    if language and is_sound(target.text, language) and not is_sound(after, language):
        raise EditError("The file would have errors afterwards.", "Nothing was changed.")
    return after


def _transforms(target: Target) -> Mapping[ActionId, Transform]:
    if target.language is None or len(target.text) > MAX_CHARS:
        return {}
    return RULES.get(target.language.transforms, {})
