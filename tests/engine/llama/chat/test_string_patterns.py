"""Patterns of strings as grammars."""

from __future__ import annotations

import json

import pytest

from ownstack.engine.llama.chat import string_patterns
from tests.engine.llama.chat.test_schema_grammar import fits

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        ("^[a-z]+$", ["abc"], ["", "aB"]),
        (r"^\d{2,3}-\w*$", ["12-", "123-a_9"], ["1-", "1234-"]),
        (r'^a"\\$', ['a"\\'], ["a"]),
        ("^(?:ab|c)?d$", ["abd", "cd", "d"], ["ad", "abcd"]),
        ("^a|b$", ["axx", "xxb", "b"], []),
        ("b", ["b", "abc"], []),
        ("^.{2}$", ["ab", "é\n", '""'], ["a", "abc"]),
        (r"^[^a\"]$", ["b", "é"], ["a", '"']),
        (r"^[\]\-^$]+$", ["]-^$"], ["a"]),
        ("^$", [""], ["a"]),
        ("^a{2,}?$", ["aaa"], ["a"]),
        (r"^é\.\$$", ["é.$"], ["ex$"]),
    ],
)
def test_what_fits(pattern: str, good: list[str], bad: list[str]) -> None:
    """Between quotes, as JSON writes it."""
    schema = {"type": "string", "pattern": pattern}

    def some(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    assert [text for text in good if not fits(schema, some(text))] == []
    assert [text for text in bad if fits(schema, some(text))] == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (r"\bx", "cannot say"),
        (r"(a)\1", "cannot say"),
        ("(?=a)", "cannot say"),
        ("(?i)a", "cannot say"),
        ("a^b", "cannot say"),
        ("[a", "does not close"),
        (r"[\"]", "in a set"),
        ("*a", "repeats nothing"),
        ("a**", "cannot say|may be nothing"),
        ("(a*)*", "may be nothing"),
        ("(a|)+", "may be nothing"),
        ("(a", "does not close"),
        ("a)", "does not open"),
        ("a{3,2}", "repeats something"),
        ("a{99999999999999}", "repeats something"),
        ("((a{100}){100}){100}", "too large"),
        ("(" * 99 + ")" * 99, "too deep"),
        ("a\\", "cannot say"),
    ],
)
def test_what_a_grammar_cannot_say(pattern: str, said: str) -> None:
    """It is refused in words."""
    with pytest.raises(ValueError, match=said):
        string_patterns.rule(pattern)
