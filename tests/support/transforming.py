"""Transforms of texts with a cursor: `$0` is where it stands; two of them enclose a selection."""

from ownstack.actions.target import Target, target_of
from ownstack.actions.transforms.choice import changes
from ownstack.languages import language_of
from ownstack.text import Span


def at_cursor(marked: str, path: str = "a.py") -> Target:
    """Return what an action works on, for a text with `$0` in it, or with none."""
    text = marked.replace("$0", "")
    places, rest = [], marked
    while "$0" in rest:
        head, _, rest = rest.partition("$0")
        places.append((places[-1] if places else 0) + len(head))
    places = places or [0]
    return target_of(text, path, language_of("", path, text), Span(places[0], places[-1]))


def transformed(action: str, marked: str, path: str = "a.py") -> str | None:
    """Return the text with a transform done, None if it is not offered."""
    target = at_cursor(marked, path)
    made = dict(changes(target, target.selected))
    change = made.get(action)  # type: ignore[call-overload]
    return None if change is None else change.applied(target.text)
