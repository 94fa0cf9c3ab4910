"""Server-sent events out of bytes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.engine.remote.events import (
    MAX_EVENT_BYTES,
    EventParser,
    EventTooLargeError,
    ServerEvent,
)


def parsed(*chunks: bytes) -> list[ServerEvent]:
    parser = EventParser()
    found = [event for chunk in chunks for event in parser.feed(chunk)]
    return found + parser.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"data: a\n\n", [ServerEvent("", "a")]),
        (b"data:a\r\n\r\ndata:b\r\r", [ServerEvent("", "a"), ServerEvent("", "b")]),
        (b"data: a\ndata: b\n\n", [ServerEvent("", "a\nb")]),
        (b"event: error\ndata: {}\n\n", [ServerEvent("error", "{}")]),
        (b": ping\n\nid: 3\nretry: 9\n\n", []),
        (b"event: lonely\n\ndata: a\n\n", [ServerEvent("", "a")]),
        (b"\xef\xbb\xbfdata: a\n\n", [ServerEvent("", "a")]),
        (b"data:  two\n\n", [ServerEvent("", " two")]),
        (b"data\n\n", [ServerEvent("", "")]),
        (b"data: \xff\n\n", [ServerEvent("", "\ufffd")]),
        (b"data: no end", [ServerEvent("", "no end")]),
        (b"garbage\n\n", []),
    ],
)
def test_events(text: bytes, expected: list[ServerEvent]) -> None:
    """As the standard has them; one that the end cuts short is still told."""
    assert parsed(text) == expected


@given(
    st.lists(st.sampled_from([b"data: x", b"event: e", b": c", b"", b"\xc3\xa9"]), max_size=20),
    st.sampled_from([b"\n", b"\r\n", b"\r"]),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_chunks_do_not_matter(lines: list[bytes], end: bytes, cuts: list[int]) -> None:
    """Wherever the network cuts."""
    text = b"".join(line + end for line in lines)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    chunks = [text[a:b] for a, b in pairwise(places)]

    assert parsed(*chunks) == parsed(text)


@pytest.mark.parametrize("text", [b"data: " + b"x" * 1_000, b"data: " + b"x" * 1_000 + b"\n"])
def test_an_event_without_end_is_refused(text: bytes) -> None:
    """A long line, or many of them."""
    with pytest.raises(EventTooLargeError):
        parsed(*[text] * (MAX_EVENT_BYTES // 1_000 + 2))
