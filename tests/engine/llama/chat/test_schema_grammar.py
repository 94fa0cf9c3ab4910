"""Schemas as grammars: what of JSON they let through, and which cannot be used."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.engine.llama.chat.schema_grammar import schema_grammar
from ownstack.engine.llama.native.sampler import Grammar
from ownstack.errors import EngineError
from ownstack.terminal import visible
from tests.support.native import model

pytestmark = pytest.mark.native

NAMES = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["root", "", "r0", "char", '"', "\\", "a\\b", '\\"', "\x00", "é😀", "$char", "*"]
    ),
)
VALUES = st.one_of(NAMES, st.none(), st.booleans(), st.integers(), st.floats())
COUNTS = st.integers(-1, 3000)
PATTERNS = st.one_of(
    st.text(max_size=8),
    st.text('^$()[]{}|*+?\\.,-ad1"', max_size=12),
    st.from_regex(r"\^?([a-z.]|\[[^\]\\]{1,3}\]|\([ab|]{1,4}\))([*+?]|\{[0-9]{1,2}\})?\$?"),
)
FORMATS = st.sampled_from(["date", "time", "uuid", "date-time", "odd"])
REFERENCES = st.sampled_from(["#", "#/$defs/a", "#/$defs/b", "https://x/y", "#/none"])
with_all = st.fixed_dictionaries
LEAVES = st.one_of(
    st.booleans(),
    st.just({}),
    with_all({"enum": st.lists(VALUES, max_size=3)}),
    with_all({"const": VALUES}),
    with_all({"pattern": PATTERNS}),
    with_all({"type": st.sampled_from(["null", "boolean", "number", "value", 3])}),
    with_all(
        {"type": st.just("string")},
        optional={"minLength": COUNTS, "maxLength": COUNTS, "format": FORMATS},
    ),
    with_all(
        {"type": st.just("integer")}, optional={"minimum": COUNTS, "exclusiveMaximum": COUNTS}
    ),
    with_all({"$ref": REFERENCES}),
)


def _branches(parts: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    some = st.lists(parts, max_size=3)
    of_objects = {
        "type": st.sampled_from(["object", ["object", "null"]]),
        "properties": st.dictionaries(NAMES, parts, max_size=3),
        "required": st.lists(NAMES, max_size=2),
        "additionalProperties": parts,
        "anyOf": some,
        "allOf": some,
    }
    of_arrays = {"minItems": COUNTS, "maxItems": COUNTS, "prefixItems": some}
    return st.one_of(
        with_all({}, optional=of_objects),
        with_all({"items": parts}, optional=of_arrays),
        with_all({"$defs": with_all({"a": parts, "b": parts})}, optional={"oneOf": some}),
    )


SCHEMAS = st.recursive(LEAVES, _branches, max_leaves=8)


def fits(schema: object, text: str) -> bool:
    """Whether a grammar lets a text through, which need not be the whole."""
    rules = Grammar(model(), schema_grammar(schema))
    try:
        return rules.follow(model().tokenize(text))
    finally:
        rules.close()


@pytest.mark.slow
@settings(deadline=None, max_examples=400)
@given(SCHEMAS)
def test_any_schema(schema: object) -> None:
    """Either llama.cpp takes its grammar, or one error says what is wrong, and shows no grammar."""
    grammar, said = "", ""
    try:
        grammar = schema_grammar(schema)
    except EngineError as error:
        said = str(error)
    if grammar:
        Grammar(model(), grammar).close()
    else:
        assert said.startswith("The JSON schema cannot be used")
        assert "::=" not in said
        assert visible(said) == said


@settings(deadline=None, max_examples=100)
@given(NAMES, NAMES)
def test_any_name_and_value(name: str, value: str) -> None:
    """Quotes, backslashes, control characters and letters of all languages stay what they are."""
    schema = {"properties": {name: {"enum": [value]}}, "required": [name]}

    assert fits(schema, json.dumps({name: value}, ensure_ascii=False))
    assert not fits(schema, json.dumps({name: value + "x"}, ensure_ascii=False))


def test_half_a_pair() -> None:
    """A surrogate, which no UTF-8 has, is written as JSON escapes it."""
    assert fits({"enum": ["\ud800"]}, '"\\ud800"')


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"enum": []}, "used: enum is empty"),
        ({"properties": {"sort": {"enum": []}}}, 'at "sort": enum is empty'),
        ({"properties": {"a": {"items": {"enum": []}}}}, 'at "a/items": enum is empty'),
        ({"properties": {"a\x1b[2J": {"type": "odd"}}}, "odd is no type of JSON"),
        ({"type": ["null", {}]}, "{} is no type of JSON"),
        ({"properties": {"a": False}}, 'at "a": it allows no value'),
        ({"anyOf": [False]}, "anyOf allows no value"),
        ({"anyOf": {}}, "anyOf is no list"),
        ({"properties": []}, "properties are no object"),
        ({"items": 3}, 'at "items": it is no schema'),
        ("x", "it is no schema"),
        ({"const": float("inf")}, "is no JSON"),
        ({"type": "array", "minItems": 3, "maxItems": 2}, "minItems and maxItems leave nothing"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "no number is in its range"),
        ({"$ref": "http://example.org/schema"}, "http://example.org/schema is not in it"),
        ({"$ref": "#/nowhere"}, "#/nowhere is not in it"),
        ({"$ref": 3}, "$ref is no text"),
        ({"$ref": "#"}, "refers to itself"),
        ({"anyOf": [{"type": "null"}, {"$ref": "#"}]}, "refers to itself"),
        ({"allOf": [{"$ref": "#"}]}, "too deep"),
        ({"pattern": r"a\b"}, "which a grammar cannot say"),
        ({"properties": {"a": {"pattern": "["}}}, 'at "a": its pattern has'),
    ],
)
def test_a_schema_that_cannot_be_used(schema: object, said: str) -> None:
    """Which part of it, and why."""
    with pytest.raises(EngineError) as told:
        schema_grammar(schema)

    assert said in str(told.value)
    assert str(told.value).isprintable()


def test_a_schema_that_unfolds_without_end() -> None:
    """It is given up in time: each level doubles what the level below says."""
    levels = {
        f"n{n}": {"anyOf": [{"allOf": [{"$ref": f"#/$defs/n{n + 1}"}]}] * 2} for n in range(60)
    }

    with pytest.raises(EngineError, match=r"too (deep|large)"):
        schema_grammar({"$ref": "#/$defs/n0", "$defs": {**levels, "n60": {}}})


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"minimum": 1, "maximum": 5}, ["1", "5"], ["0", "6", "-1", "12"]),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 3}, ["2"], ["1", "3"]),
        ({"minimum": -1, "maximum": 1}, ["-1", "0"], ["-2", "2"]),
        ({"minimum": 1}, ["1", "70"], ["0", "-1"]),
        ({"minimum": 0}, ["0", "70"], ["-1", "01"]),
        ({}, ["-5", "0", "70"], ["x", "05"]),
        ({"minimum": 2.5}, ["3"], []),
    ],
)
def test_a_range(schema: dict[str, object], good: list[str], bad: list[str]) -> None:
    """Inside of an object's property, as anywhere in a schema."""
    whole = {"properties": {"minimum": {"type": "integer", **schema}}, "required": ["minimum"]}

    def some(number: str) -> str:
        return f'{{"minimum": {number}}}'

    assert [number for number in good if not fits(whole, some(number))] == []
    assert [number for number in bad if fits(whole, some(number))] == []


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        (
            {"properties": {"a": {}, "b": True}, "additionalProperties": {"type": "null"}},
            ['{"a": 1, "b": "x", "c": null, "d": null}', '{"b":[]}', "{}", '{"c": null}'],
            ['{"a": 1 "b"', '{"c": 1', '{"a": 1, }'],
        ),
        (
            {"properties": {"a": {}, "b": {}, "c": {}}, "required": ["b"]},
            ['{"b": 1, "c": 2}', '{"b": 1, "a": 2, "c": 3}', '{"b": 1}'],
            ["{}", '{"a"', '{"b": 1, "d"'],
        ),
        ({"properties": {"": {"type": "null"}}}, ['{"": null}'], ["null"]),
        ({"type": "object"}, ['{"a": {"b": [1, {}]}}'], ["1", '{"a"}']),
        ({"required": ["a"]}, ['{"a": 1, "z": 2}'], ["{}"]),
        (
            {"$defs": {"string": {"properties": {"next": {"$ref": "#/$defs/string"}}}},
             "items": {"$ref": "#/$defs/string"}},
            ['[{"next": {"next": {}}}]', "[]"],
            ["{", '["x"]'],
        ),
        ({"items": {"type": "null"}, "minItems": 2, "maxItems": 3},
         ["[null, null]", "[null,null,null]"], ["[null]", "[]", "[null,null,null,null]"]),
        ({"items": {"type": "null"}, "maxItems": 0}, ["[]"], ["[null]"]),
        ({"prefixItems": [{"const": 1}, {"const": "x"}]}, ['[1, "x"]'], ["[1]", '["x"]']),
        ({"type": ["string", "null"], "minLength": 1}, ['"a"', "null"], ['""', "1"]),
        ({"type": ["string", "null"], "enum": ["a", None]}, ['"a"', "null"], ['"b"']),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"required": ["a"]}]},
         ['{"a": 1}'], ["{}", '{"a": 2}']),
        ({"properties": {"a": {"const": 1}, "b": {"const": 2}},
          "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
         ['{"a": 1}', '{"b": 2}'], ["{}"]),
        ({"type": "string"}, ['"a\\n\\u00e9"', '"é"'], ['"a\n', '"\\x']),
        ({"type": "string", "maxLength": 2}, ['""', '"ab"'], ['"abc']),
        ({"format": "date"}, ['"2026-02-28"'], ['"2026-13']),
        ({"type": "number"}, ["1.5e-3", "-0"], ["01", ".5"]),
        ({"const": {"a": [1]}}, ['{"a": [1]}'], ['{"a": [2']),
    ],
)  # fmt: skip
def test_what_fits(schema: dict[str, object], good: list[str], bad: list[str]) -> None:
    """JSON of the schema, and nothing that could not become some."""
    assert [text for text in good if not fits(schema, text)] == []
    assert [text for text in bad if fits(schema, text)] == []
