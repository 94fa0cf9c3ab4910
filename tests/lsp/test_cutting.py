"""Large messages that are made small as they arrive."""

from __future__ import annotations

import json

import hypothesis.strategies as st
import pytest
from hypothesis import given

from ownstack.lsp.cutting import Cutter, heading

PIECES = st.sampled_from(
    ["a", " ", '"', "\\", "\n", "é", "中", "😀", "\ud83d", "\\u", "u0041", "/", "\x00", '\\"']
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)
LEAVES = st.one_of(TEXTS, st.integers(), st.none(), st.booleans())
MESSAGES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def cut(message: bytes, part: int, keep_chars: int) -> bytes:
    cutter = Cutter(keep_chars)
    for at in range(0, len(message), part):
        cutter.feed(message[at : at + part])
    assert cutter.n_bytes == len(message)
    assert not cutter.is_too_much
    return cutter.end()


def encoded(message: object, escaped: bool) -> bytes:
    text = json.dumps(message, ensure_ascii=escaped)
    return text.encode("utf-8", "surrogatepass") if escaped else text.encode("utf-8", "replace")


@given(MESSAGES, st.booleans(), st.integers(1, 9))
def test_what_is_short_stays_as_it_is(message: object, escaped: bool, part: int) -> None:
    """Wherever the parts end: in a character, an escape, between two."""
    data = encoded(message, escaped)

    assert cut(data, part, 1_000) == data


@given(TEXTS, TEXTS, st.booleans(), st.integers(1, 9), st.integers(0, 12))
def test_a_long_text_keeps_its_beginning(
    text: str, after: str, escaped: bool, part: int, keep_chars: int
) -> None:
    """It is still a text, longer than what may be kept; what comes after it is read as ever."""
    data = encoded([text, after[:keep_chars]], escaped)
    whole = json.loads(data)

    found = json.loads(cut(data, part, keep_chars))

    assert found[1] == whole[1]
    kept = found[0].removesuffix("\ud83d")  # Half of a pair, if it was cut between the two.
    assert whole[0].startswith(kept)
    assert found[0] == whole[0] or len(found[0]) > keep_chars


@pytest.mark.parametrize("text", ['"' * 90_000, "\\" * 90_001, '\\"' * 50_000, "\ud83d" * 9_000])
def test_texts_of_nothing_but_marks(text: str) -> None:
    """Quotes and backslashes, more than are looked at one by one."""
    data = encoded([text, "after"], True)

    assert json.loads(cut(data, 1_000, 200_000)) == [text, "after"]
    assert json.loads(cut(data, 1_000, 100))[1] == "after"


def test_what_is_left_is_bounded() -> None:
    """Of a message of many texts there may be too much; its head says what it was."""
    texts = [f"text {n}" for n in range(100_000)]
    request = {"jsonrpc": "2.0", "id": 7, "method": "ownstack/search", "params": {"x": texts}}
    cutter = Cutter(keep_bytes=200_000)

    cutter.feed(encoded(request, True))

    assert cutter.is_too_much
    assert len(cutter.end()) <= 200_000


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"id": 7, "method": "a/b", "params": {"id": 8}}, ("a/b", 7, "")),
        ({"id": "x", "method": "a/b"}, ("a/b", "x", "")),
        (
            {"method": "a/b", "params": {"textDocument": {"uri": "file:///x", "id": 3}}},
            ("a/b", None, "file:///x"),
        ),
        ({"result": []}, ("", None, "")),
    ],
)
def test_the_head_of_a_message(
    message: dict[str, object], expected: tuple[str, str | int | None, str]
) -> None:
    """As far as it can be told without reading all of it."""
    assert heading(json.dumps(message).encode()) == expected
