"""Transforms of texts with a cursor: `$0` is where it stands; two of them enclose a selection."""

from ownstack.actions.catalogue import ACTIONS
from ownstack.actions.target import Target, target_of
from ownstack.actions.transforms.choice import changes
from ownstack.languages import language_of
from ownstack.text import Span


def without_cursor(marked: str) -> tuple[str, Span]:
    """Return a text, and what is selected in it."""
    places, rest = [], marked
    while "$0" in rest:
        head, _, rest = rest.partition("$0")
        places.append((places[-1] if places else 0) + len(head))
    places = places or [0]
    return marked.replace("$0", ""), Span(places[0], places[-1])


def at_cursor(marked: str, path: str = "a.py") -> Target:
    """Return what an action works on, for a text with `$0` in it, or with none."""
    text, selected = without_cursor(marked)
    return target_of(text, path, language_of("", path, text), selected)


def transformed(action: str, marked: str, path: str = "a.py") -> str | None:
    """Return the text with a transform done, None if it is not offered."""
    text, selected = without_cursor(marked)
    target = Target(path, language_of("", path, text), text, selected, selected)
    kind = ACTIONS[action].kind  # type: ignore[index]
    made = dict(changes(target, target.selected, (kind,), exactly=True))
    change = made.get(action)  # type: ignore[call-overload]
    return None if change is None else change.applied(target.text)
