"""Positions: our one converter against a slow, obvious one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.text import (
    Edit,
    LineIndex,
    Span,
    apply_edit,
    apply_edits,
    blanks_of,
    descending,
    fenced,
    reindented,
    truncate,
    utf16_length,
)

# What breaks naive converters: astral characters, joined emoji, every kind of "line" break.
PIECES = [
    "a",
    "é",
    "€",
    "😀",
    "👩\u200d💻",
    "\n",
    "\r\n",
    "\r",
    "\f",
    "\u2028",
    "\u0085",
    "\t",
    "\x00",
]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def slow_lines(text: str) -> list[tuple[int, int]]:
    """(start, end without line break) of each line, found character by character."""
    lines, start, at = [], 0, 0
    while at < len(text):
        width = 2 if text[at : at + 2] == "\r\n" else 1
        if text[at] in "\r\n":
            lines.append((start, at))
            start = at + width
        at += width
    return [*lines, (start, len(text))]


@given(texts)
def test_lines_end_where_the_protocol_says(text: str) -> None:
    """Only LF, CRLF and a lone CR end a line."""
    index = LineIndex(text)

    spans = [index.line_span(line) for line in range(index.n_lines)]

    assert [(span.start, span.end) for span in spans] == slow_lines(text)


@given(texts, st.data())
def test_a_position_is_the_utf16_distance_from_its_line_start(text: str, data: st.DataObject):
    """The column counts UTF-16 code units, as every editor's does."""
    offset = data.draw(st.integers(0, len(text)))
    index = LineIndex(text)

    line, column = index.position(offset)

    start = index.line_span(line).start
    assert start <= offset
    assert column == len(text[start:offset].encode("utf-16-le")) // 2


@given(texts, st.data())
def test_offset_undoes_position(text: str, data: st.DataObject) -> None:
    """Going there and back is the identity, except inside a line break, which has no column."""
    offset = data.draw(st.integers(0, len(text)))
    index = LineIndex(text)

    line, column = index.position(offset)

    assert index.offset(line, column) == min(offset, index.line_span(line).end)


@given(texts, st.data())
def test_bytes_agree_with_the_encoder(text: str, data: st.DataObject) -> None:
    """A byte offset is the length of the text before it in UTF-8, both ways."""
    offset = data.draw(st.integers(0, len(text)))
    index = LineIndex(text)

    assert index.byte(offset) == len(text[:offset].encode())
    assert index.offset_of_byte(index.byte(offset)) == offset


@given(texts, st.integers(-3, 60), st.integers(-3, 60))
def test_any_position_is_clamped_into_the_text(text: str, line: int, column: int) -> None:
    """A position outside the text is never an error."""
    assert 0 <= LineIndex(text).offset(line, column) <= len(text)


@given(texts, st.integers(-3, 200))
def test_any_byte_is_clamped_into_the_text(text: str, byte: int) -> None:
    """A byte inside a character means that character; one outside the text its nearer end."""
    offset = LineIndex(text).offset_of_byte(byte)

    assert 0 <= offset <= len(text)
    assert len(text[:offset].encode()) <= max(byte, 0)


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("a\x0cb\nc", 1, 0, 4),
        ("a\u2028b\nc", 1, 0, 4),
        ("😀x", 0, 1, 0),
        ("😀x", 0, 2, 1),
        ("ab\r\ncd", 0, 99, 2),
        ("ab\rcd", 1, 1, 4),
        ("ab", 7, 0, 2),
    ],
)
def test_places_that_other_converters_get_wrong(
    text: str, line: int, column: int, expected: int
) -> None:
    """Form feeds, half surrogate pairs, columns past the end."""
    assert LineIndex(text).offset(line, column) == expected


def test_edits_replace_exactly_their_span() -> None:
    """What is outside the span stays."""
    assert apply_edit("one two", Edit(Span(4, 7), "2")) == "one 2"


@given(texts)
def test_utf16_length_is_the_encoders(text: str) -> None:
    """Surrogate pairs count twice."""
    assert utf16_length(text) == len(text.encode("utf-16-le")) // 2


def test_truncation_says_that_it_happened() -> None:
    """A cut text ends in an ellipsis and keeps to the limit."""
    assert truncate("abcdef", 4) == "abc…"
    assert truncate("abcd", 4) == "abcd"


@given(st.text(max_size=20), st.lists(st.tuples(st.integers(0), st.integers(0), st.text())))
def test_edits_together_mean_what_they_mean_one_by_one(
    text: str, drawn: list[tuple[int, int, str]]
) -> None:
    """In whatever order they stand, touching each other or at one place."""
    made, one_by_one = list[Edit](), text
    for start, end, new in drawn:
        start, end = sorted((start % (len(one_by_one) + 1), end % (len(one_by_one) + 1)))
        made.append(Edit(Span(start, end), new))
        one_by_one = apply_edit(one_by_one, made[-1])

    assert apply_edits(text, made) == one_by_one


def test_a_replacement_everywhere_is_one_run() -> None:
    """An editor sends them from the end to the beginning: the text is copied once."""
    everywhere = [Edit(Span(at, at + 1), "xy") for at in range(90, 0, -10)]

    assert list(descending(everywhere)) == [everywhere]
    assert len(list(descending(everywhere[::-1]))) == len(everywhere)


def test_nothing_in_a_text_closes_its_fence() -> None:
    assert fenced("a\n") == "```\na\n```"
    assert fenced("```\na\n````") == "`````\n```\na\n````\n`````"


@pytest.mark.parametrize(
    ("line", "blanks"), [("", ""), ("a", ""), ("  \ta ", "  \t"), ("\f a", ""), (" \n", " ")]
)
def test_a_line_begins_with_blanks_and_tabs_only(line: str, blanks: str) -> None:
    """A form feed and a line end are none."""
    assert blanks_of(line) == blanks


@pytest.mark.parametrize(
    ("line", "moved"),
    [("    a", "\ta"), ("      a", "\t  a"), ("  a", "  a"), ("     ", "     "), ("", "")],
)
def test_a_line_moves_with_the_indentation_that_it_begins_with(line: str, moved: str) -> None:
    """What lies further out, or is blank, has nothing to move."""
    assert reindented(line, "    ", "\t") == moved
