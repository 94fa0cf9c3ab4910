"""When nothing is suggested, and what is said about it."""

import dataclasses

import pytest

from ownstack.completion.eligibility import MAX_LINE_CHARS, refusal
from ownstack.completion.place import Place
from ownstack.completion.suggestion import Trigger
from ownstack.settings import CompletionSettings
from tests.support.completing import at

LONG = "x = '" + "a" * MAX_LINE_CHARS
MINIFIED = ("f(a);" * 200 + "\n") * 20


@pytest.mark.parametrize(
    ("marked", "path", "settings", "word"),
    [
        ("x$0", "a.py", CompletionSettings(enabled=False), "switched off"),
        ("x$0", "a.py", CompletionSettings(languages={"python": False}), "python"),
        ("x$0", "a.py", CompletionSettings(languages={"*": False}), "python"),
        ("x$0", "src/gen/a.py", CompletionSettings(exclude=("gen/",)), "excluded"),
        ("x$0", "src/a.py", CompletionSettings(exclude=("*", "!*.h")), "excluded"),
        ("x$0", "config/.env", CompletionSettings(exclude=()), "secrets"),
        ("x$0", "id_rsa", CompletionSettings(), "secrets"),
        (LONG + "$0\n", "a.py", CompletionSettings(), "longer than"),
        (MINIFIED + "$0\n", "a.js", CompletionSettings(), "minified"),
        ("x$0", "jquery.min.js", CompletionSettings(), "minified"),
        ("a\0b\nc$0", "a.py", CompletionSettings(), "binary"),
        ("na$0me", "a.py", CompletionSettings(), "inside a word"),
    ],
)
def test_refusals(marked: str, path: str, settings: CompletionSettings, word: str) -> None:
    """Each "no" names its reason."""
    place = at(marked)
    place = Place(dataclasses.replace(place.document, path=path), place.offset)

    assert word in refusal(place, Trigger.AUTOMATIC, settings)


@pytest.mark.parametrize(
    ("marked", "settings"),
    [
        ("name$0", CompletionSettings()),
        ("$0", CompletionSettings()),
        ("x = $0)", CompletionSettings()),
        ("x$0", CompletionSettings(languages={"*": False, "python": True})),
        ("x$0", CompletionSettings(exclude=("[", "!", "", "other/"))),
        ("x$0", CompletionSettings(exclude=("*", "!*.py"))),
    ],
)
def test_nothing_against_it(marked: str, settings: CompletionSettings) -> None:
    """Ordinary places pass, whatever the patterns look like."""
    assert refusal(at(marked), Trigger.AUTOMATIC, settings) == ""


def test_who_asks_may_be_inside_a_word() -> None:
    """Only automatic requests are held back by the moment."""
    assert refusal(at("na$0me"), Trigger.INVOKED, CompletionSettings()) == ""


@pytest.mark.parametrize("offset", [-1, 99])
def test_a_cursor_outside_the_text(offset: int) -> None:
    """An impossible cursor is answered, not raised at."""
    place = Place(at("abc$0").document, offset)

    assert "outside" in refusal(place, Trigger.AUTOMATIC, CompletionSettings())
