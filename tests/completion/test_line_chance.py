"""The chance of a line, of what is typed of it, and of what is left."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.line_chance import MIN_PART_CHARS, LineChance, line_tokens
from ownstack.engine.results import WrittenToken

LINE = "total.append(value_of(item))"
PIECES = ("total", ".append", "(", "value", "_of", "(item", "))")


def tokens(*logprobs: float, pieces: tuple[str, ...] = PIECES) -> tuple[WrittenToken, ...]:
    ends = [len("".join(pieces[: n + 1])) for n in range(len(pieces))]
    pairs = zip((*ends, ends[-1] + 1), logprobs, strict=True)
    return tuple(WrittenToken(end, logprob) for end, logprob in pairs)


SURE_AT_FIRST = LineChance(0.3, tokens(-0.01, -0.02, -0.01, -2.0, -0.3, -0.1, -0.1, -0.1), 0.8)


def test_a_beginning_is_likelier_than_the_whole() -> None:
    """It is right where the line is, and may be right where the line is wrong."""
    parts = [SURE_AT_FIRST.part(n) for n in range(len(LINE) + 1)]

    assert parts[0] == 1.0
    assert parts == sorted(parts, reverse=True)
    assert parts[-1] > SURE_AT_FIRST.whole
    assert SURE_AT_FIRST.part(5) == pytest.approx(0.3 + 0.7 * math.exp(0.8 * -0.01))


def test_a_token_that_is_begun_counts() -> None:
    """Half a name is no likelier than the name."""
    assert SURE_AT_FIRST.part(7) == SURE_AT_FIRST.part(12)
    assert SURE_AT_FIRST.part(14) == SURE_AT_FIRST.part(18)


def test_what_is_left_gets_likelier_as_it_is_typed() -> None:
    """The surprising part is typed: the rest follows from it."""
    rests = [SURE_AT_FIRST.rest(n) for n in range(len(LINE) + 1)]

    assert rests[0] == 0.3
    assert rests == sorted(rests)
    assert rests[18] > 0.6
    assert SURE_AT_FIRST.after(13).whole == SURE_AT_FIRST.rest(13)
    assert [token.end for token in SURE_AT_FIRST.after(13).tokens] == [5, 8, 13, 15, 16]


def test_the_sure_part_ends_where_the_chance_falls() -> None:
    """At the end of a token, after a whole name."""
    assert SURE_AT_FIRST.sure_part(LINE, 0.9) == "total.append("
    assert SURE_AT_FIRST.sure_part(LINE, 0.3) == "total.append(value_of(item"
    assert SURE_AT_FIRST.sure_part(LINE, 1.0) == ""
    assert LineChance(0.3).sure_part(LINE, 0.3) == ""


def test_no_part_ends_within_a_name() -> None:
    """A token may end there."""
    chance = LineChance(0.1, tokens(-0.01, -5.0, -0.1, pieces=("compute_", "total()")), 1.0)

    assert chance.sure_part("compute_total()", 0.5) == ""


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        (("name = cafe", "\u0301_total()"), "name = cafe\u0301_total()"),
        (("name = cafe\u0301", "_total()"), "name = cafe\u0301_total()"),
        (("name = \u0915", "\u093f\u0924()"), "name = \u0915\u093f\u0924()"),
        (("'is \U0001f469", "\u200d\U0001f4bb'"), "'is \U0001f469\u200d\U0001f4bb'"),
        (("'is \U0001f469\u200d", "\U0001f4bb'"), "'is \U0001f469\u200d\U0001f4bb'"),
        (("'is \U0001f44d", "\U0001f3fd'"), "'is \U0001f44d\U0001f3fd'"),
    ],
    ids=["before an accent", "after an accent", "vowel sign", "joiner", "joined", "skin tone"],
)
def test_no_part_ends_within_what_is_read_as_one(pieces: tuple[str, str], text: str) -> None:
    """Names of many languages have marks in them, and a sign may be several characters."""
    assert "".join(pieces) == text

    assert LineChance(0.1, tokens(-0.01, -5.0, -0.1, pieces=pieces), 1.0).sure_part(text, 0.5) == ""


def test_a_line_whose_blanks_were_mended() -> None:
    """Its parts are where they are shown, and as likely as before."""
    written = tuple(WrittenToken(t.end + 4, t.logprob) for t in SURE_AT_FIRST.tokens)
    wider = LineChance(0.3, (WrittenToken(4, 0.0), *written), 0.8)

    mended = wider.moved(-4)

    assert mended == SURE_AT_FIRST
    assert mended.sure_part(LINE, 0.9) == "total.append("
    assert SURE_AT_FIRST.moved(4).sure_part(f"    {LINE}", 0.9) == "    total.append("


def test_what_is_typed_at_once_is_no_part() -> None:
    """So short a part costs more to read than to type."""
    chance = LineChance(0.1, tokens(-0.01, -5.0, -0.1, pieces=("x =", " other")), 1.0)

    assert len("x =") < MIN_PART_CHARS
    assert chance.sure_part("x = other", 0.5) == ""


def test_without_tokens_nothing_is_known_of_parts() -> None:
    """As of echo's lines, and of engines that say nothing of their tokens."""
    chance = LineChance(0.4)

    assert (chance.part(3), chance.rest(3), chance.after(3).whole) == (0.4, 1.0, 1.0)


def test_the_tokens_of_the_first_line() -> None:
    """With the one that ends it, whatever comes after."""
    two_lines = (*tokens(*[-0.1] * 8), WrittenToken(len(LINE) + 9, -0.5))

    assert line_tokens(two_lines, LINE) == two_lines[:8]
    assert line_tokens(two_lines[:7], LINE) == two_lines[:7]
    assert line_tokens((), LINE) == ()


@given(
    st.floats(0, 1),
    st.lists(st.tuples(st.integers(1, 9), st.floats(-20, 0)), min_size=1, max_size=12),
    st.floats(0.1, 2),
    st.data(),
)
def test_chances_are_chances(
    whole: float, drawn: list[tuple[int, float]], beta: float, data: st.DataObject
) -> None:
    """Of any part and rest; what is typed and then judged is what is judged at once."""
    ends = [sum(length for length, _ in drawn[: n + 1]) for n in range(len(drawn))]
    written = tuple(
        WrittenToken(end, logprob) for end, (_, logprob) in zip(ends, drawn, strict=True)
    )
    chance = LineChance(whole, written, beta)
    n = data.draw(st.integers(0, ends[-1]))
    text = data.draw(st.text("ab_( \n", min_size=ends[-1], max_size=ends[-1]))
    least = data.draw(st.floats(0, 1))

    assert 0.0 <= chance.part(n) <= 1.0
    assert whole <= chance.rest(n) <= 1.0
    assert chance.after(n).whole == chance.rest(n)
    assert text.startswith(chance.sure_part(text, least))
