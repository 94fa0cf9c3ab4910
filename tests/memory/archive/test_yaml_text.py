"""YAML that is read is what JSON could say, whatever a text tries."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.errors import ArchiveError
from ownstack.memory.archive import yaml_text

LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + "d: [*c, *c]\n"
TEXTS = st.text() | st.text(" \n\t:-#|>'\"\\é\u2028\x85\ufeff\x00\u202e😀~0.1e+<=&*!%@`{}[],?") | (
    st.sampled_from(["yes", "on", "1e5", "0o17", "010", "12:30", "2026-01-01", "<<", "=", "null",
                     "~", "", "1.", "+.5", ".5", "-.5", "1_000", "0x1f", ".inf", ".nan", "True"])
)  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.slow
@given(VALUES)
@settings(max_examples=400, deadline=None)
def test_what_is_written_is_read_again(value: object) -> None:
    text = yaml_text.dump(value)

    assert json.dumps(yaml_text.load(text)) == json.dumps(value)
    assert not set(text) & set("\x1b\u202e\u2028\x85\ufeff\x00")


@pytest.mark.slow
@pytest.mark.parametrize("loader", ["CSafeLoader", "SafeLoader"])
@given(text=st.text("a1 \n\t:-#|>'\"{}[],?&*!%@<\x00é", max_size=60))
@settings(max_examples=300, deadline=None)
def test_nonsense_is_a_value_or_an_error_with_its_line(loader: str, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_text, "_LOADER", getattr(yaml_text.yaml, loader))
        try:
            said = json.dumps(yaml_text.load(text))
        except ArchiveError as error:
            said = str(error)
        assert said.startswith(("This is no archive: ", *'{["0123456789-tfn'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LAUGHS, "line 1: anchors (&a) are not read"),
        ("a: 1\nb: *a\n", "line 2: aliases (*a) are not read"),
        ("a: !!python/object/apply:os.system ['id']", "line 1: tags (tag:yaml.org,2002:python"),
        ("a: ! 1", "line 1: tags (!) are not read"),
        ("a:\n  b: 1\n  b: 2\n", "line 3: the key 'b' is there twice"),
        ("<<: {a: 1}", "merge keys (<<) are not read"),
        ("a: 1\n---\na: 2\n", "line 2: it holds a second document"),
        ("? [1, 2]\n: 3\n", "a key is a text"),
        ("a: " + "[" * 500, "it nests deeper than 40"),
        ("a: " + "[" * 50_000, "nest"),
        ("- " * 5_000, "it nests deeper than 40"),
        ("a: [1, 2\nb: 3", "it is no YAML"),
        ("\tx: 1", "it is no YAML"),
        ("a: \x01", "it is no YAML"),
        ("a: 1.0e+999", "a number is too large"),
    ],
)
def test_what_an_archive_has_no_use_for(text: str, message: str) -> None:
    with pytest.raises(ArchiveError) as raised:
        yaml_text.load(text)
    assert message in str(raised.value)


def test_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "MAX_NODES", 1_000)
    monkeypatch.setattr(yaml_text, "MAX_BYTES", 10_000)
    assert len(yaml_text.load("[" + "1, " * 900 + "1]")) == 901
    for text in ("[" + "1, " * 1_200 + "1]", "a" * 10_001):
        with pytest.raises(ArchiveError, match="at most"):
            yaml_text.load(text)


def test_plain_words_are_what_json_has() -> None:
    read = yaml_text.load("[yes, 0o17, 012, 12:30, 2026-01-01, 1_000, true, null, ~, 12, -3.5, .5]")
    assert read == [
        *("yes", "0o17", "012", "12:30", "2026-01-01", "1_000"),
        *(True, None, None, 12, -3.5, 0.5),
    ]


def test_the_line_of_a_value() -> None:
    text = "a: 1\nb:\n  - x\n  - c: 2\n"
    assert yaml_text.line_of(text, ("b", 1, "c")) == 4
    assert yaml_text.line_of(text, ("b", 0)) == 3
    assert yaml_text.line_of(text, ("b", 1, "missing")) == 4
