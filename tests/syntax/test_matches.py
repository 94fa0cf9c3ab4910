"""What queries find is given as characters, and only of texts without errors."""

import pytest

from ownstack.languages import language_of
from ownstack.syntax.matches import is_sound, matches_in

TYPESCRIPT = language_of("typescript", "a.ts")
PYTHON = language_of("python", "a.py")


def test_places_are_characters_in_the_order_of_the_text() -> None:
    assert TYPESCRIPT is not None
    text = "/* é\U0001f600 */ x = 'ü' + y;"

    found = matches_in(text, TYPESCRIPT, "rewrites.scm")

    assert found is not None
    said = [
        {name: text[span.start : span.end] for name, span in places.items()} for places in found
    ]
    assert said == [
        {"comment": "/* é\U0001f600 */"},
        {"string": "'ü'"},
        {"binary": "'ü' + y", "left": "'ü'", "right": "y"},
    ]


@pytest.mark.parametrize("text", ["x = (", "\0", "x" * 60_000])
def test_of_errors_and_of_what_parsers_must_not_see_nothing_is_found(text: str) -> None:
    assert TYPESCRIPT is not None

    assert matches_in(text, TYPESCRIPT, "rewrites.scm") is None
    assert not is_sound(text, TYPESCRIPT)


def test_a_language_without_the_file_has_no_matches() -> None:
    assert PYTHON is not None

    assert matches_in("x = 1\n", PYTHON, "rewrites.scm") == ()
    assert is_sound("x = 1\n", PYTHON)
