"""What a query file finds in a text that has no errors, as characters of it."""

from __future__ import annotations

import functools

from ownstack.languages import Language
from ownstack.syntax.captures import is_dangerous
from ownstack.syntax.parsing import EFFORT_REQUEST
from ownstack.syntax.trees import parse, parse_whole
from ownstack.text import Span

Places = dict[str, Span]
"""What one pattern captured, by names; of a name that occurs twice, the first."""


_EFFORT = 4 * EFFORT_REQUEST
"""Some 40 ms at worst: it is asked for rarely, and what is found is kept."""


class _TooLongError(Exception):
    """It takes too long to parse, at least now."""


def matches_in(text: str, language: Language, file: str) -> tuple[Places, ...] | None:
    """Return what each match of the patterns of a file captured, in the order of the text.

    None for a text with errors, and for one that takes too long to parse. What was found last is
    kept: several ask for the same.
    """
    try:
        return _matches_in(text, language, file)
    except _TooLongError:
        return None


@functools.lru_cache(maxsize=2)
def _matches_in(text: str, language: Language, file: str) -> tuple[Places, ...] | None:
    if is_dangerous(text, language):
        return None
    tree = parse(text, language, effort=_EFFORT)
    if tree is None:
        raise _TooLongError
    if tree.errors() != 0:
        return None
    alone, matches = tree.matches(file)
    found = [{name: node} for name, nodes in alone.items() for node in nodes]
    found += [{name: nodes[0] for name, nodes in captures.items()} for _, _, captures in matches]
    to_character = tree.index.offset_of_byte
    places = [
        {
            name: Span(to_character(node.start_byte), to_character(node.end_byte))
            for name, node in nodes.items()
        }
        for nodes in found
    ]
    places.sort(key=lambda captured: min(span.start for span in captured.values()))
    return tuple(places)


def is_sound(text: str, language: Language) -> bool:
    """Say whether a text can be parsed, and has no errors."""
    if is_dangerous(text, language):
        return False
    tree = parse_whole(text, language)
    return tree is not None and tree.errors() == 0
