"""Ranges of whole numbers in a schema: what the grammar lets through."""

from __future__ import annotations

import pytest

from ownstack.engine.llama.chat.call_grammar import schema_grammar
from ownstack.engine.llama.native.sampler import Grammar
from tests.support.native import model

pytestmark = pytest.mark.native


@pytest.mark.parametrize(
    ("limits", "good", "bad"),
    [
        ({"minimum": 1, "maximum": 5}, ["1", "5"], ["0", "6", "-1", "12"]),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, ["2"], ["1", "3"]),
        ({"minimum": -1, "maximum": 1}, ["-1", "0"], ["-2", "2"]),
        ({"minimum": 1}, ["1", "70"], ["0", "-1"]),
        ({"minimum": 0}, ["0", "70"], ["-1", "01"]),
        ({}, ["-5", "0", "70"], ["x"]),
        ({"minimum": 2.5}, ["3"], []),
    ],
)
def test_a_range(limits: dict[str, object], good: list[str], bad: list[str]) -> None:
    """Inside of an object's property, as anywhere in a schema."""
    grammar = schema_grammar(
        {
            "type": "object",
            "properties": {"minimum": {"type": "integer", **limits}},
            "required": ["minimum"],
        }
    )

    def fits(number: str) -> bool:
        rules = Grammar(model(), grammar)
        try:
            return rules.follow(model().tokenize(f'{{"minimum": {number}}}'))
        finally:
            rules.close()

    assert [number for number in good if not fits(number)] == []
    assert [number for number in bad if fits(number)] == []
