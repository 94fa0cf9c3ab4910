"""An answer as it grows, and what ends it."""

import pytest

from ownstack.engine.llama.decoding.output import OutputBuffer
from ownstack.engine.results import Finish, WrittenToken


def feed(output: OutputBuffer, *pieces: bytes | str) -> list[str]:
    return [output.feed(p.encode() if isinstance(p, str) else p) for p in pieces]


def test_half_a_character_is_never_shown() -> None:
    """The bytes of one emoji come in four tokens and are shown as one."""
    output = OutputBuffer()

    shown = feed(output, *(bytes([byte]) for byte in "a🙂".encode()))

    assert shown == ["a", "", "", "", "🙂"]


def test_half_a_character_at_the_end_is_dropped() -> None:
    """An answer cut by its length ends with whole characters."""
    output = OutputBuffer()
    feed(output, b"a\xf0\x9f")

    output.close(Finish.LENGTH)

    assert output.text == "a"


def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    """A model may write anything; the editor gets text."""
    output = OutputBuffer()
    feed(output, b"a\xffb")

    assert output.text == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize(
    ("max_lines", "pieces", "text"),
    [
        (1, ["a", "b\nc", "d"], "ab"),
        (1, ["\n"], ""),
        (2, ["a\n", "b", "\n", "c"], "a\nb"),
        (2, ["a\nb\nc\nd"], "a\nb"),
        (1, ["a\r", "\nb"], "a"),
    ],
)
def test_lines(max_lines: int, pieces: list[str], text: str) -> None:
    """The line end that would begin one line too many ends the answer, and is not part of it."""
    output = OutputBuffer(max_lines=max_lines)
    shown = feed(output, *pieces)

    assert (text, Finish.LINES) == (output.text, output.finish)
    assert text == "".join(shown)


@pytest.mark.parametrize(
    ("pieces", "text", "finish"),
    [
        (["a\n", "    b\n", "c"], "a\n    b", Finish.INDENT),
        (["a\n", "\n", "  c"], "a", Finish.INDENT),
        (["a\n", "\n", "    c\n", "d"], "a\n\n    c", Finish.INDENT),
        (["a\n\tb\nc"], "a\n\tb", Finish.INDENT),
        (["a\n", "  ", "  b"], "a\n    b", None),
        (["  a\n    b"], "  a\n    b", None),
    ],
)
def test_indentation(pieces: list[str], text: str, finish: Finish | None) -> None:
    """A line further left than the block ends the answer before it; blank lines do not count."""
    output = OutputBuffer(max_lines=9, min_indent=4)
    shown = feed(output, *pieces)

    assert (text, finish) == (output.text, output.finish)
    assert text == "".join(shown)


def test_nothing_shown_is_taken_back() -> None:
    """A line end is shown only once the line after it is known to stay."""
    output = OutputBuffer(max_lines=9, min_indent=4)

    assert feed(output, "a\n", "  ", "  ", "b") == ["a", "", "", "\n    b"]


def test_stop_texts() -> None:
    """A stop text may come in pieces; nothing of it is shown."""
    output = OutputBuffer(stop=("</end>",))

    shown = feed(output, "a<", "b", "</e", "nd>", "c")

    assert shown == ["a", "<b", "", "", ""]
    assert (output.text, output.finish) == ("a<b", Finish.STOP)


def test_the_models_own_end_shows_what_was_held() -> None:
    """The beginning of a stop text that did not become one is text."""
    output = OutputBuffer(stop=("</end>",))
    feed(output, "a</e")

    output.close(Finish.END)

    assert (output.text, output.finish) == ("a</e", Finish.END)


def test_the_first_line_is_due() -> None:
    """The answer goes on to the end of the line it is in."""
    output = OutputBuffer(max_lines=9)
    feed(output, "a\nb")
    output.end_with_line()
    assert output.finish is None

    feed(output, "c\nd")

    assert (output.text, output.finish) == ("a\nbc", Finish.DEADLINE)


def test_the_first_line_is_due_at_a_line_end() -> None:
    """A line that has just ended is the last."""
    output = OutputBuffer(max_lines=9, min_indent=0)
    feed(output, "a\n")

    output.end_with_line()

    assert (output.text, output.finish) == ("a", Finish.DEADLINE)


def test_mean_logprob_counts_the_end() -> None:
    """That the model wanted to end there is part of how sure it was."""
    output = OutputBuffer()
    output.feed(b"a", -1.0)
    output.feed(b"b", -2.0)
    output.close(Finish.END, -3.0)

    assert output.mean_logprob == pytest.approx(-2.0)


def test_tokens_end_where_their_text_does() -> None:
    """Counted in whole characters, and in the text as it was before the cut."""
    output = OutputBuffer(max_lines=1)
    output.feed(b"\xc3", -1.0)
    output.feed(b"\xa9x", -2.0)
    output.feed(b")\n  y", -3.0)

    assert output.text == "\xe9x)"
    assert output.tokens == [
        WrittenToken(0, -1.0),
        WrittenToken(2, -2.0),
        WrittenToken(7, -3.0),
    ]


def test_the_end_is_a_token_that_adds_no_text() -> None:
    """Only where the model said so itself."""
    ended, cut = OutputBuffer(), OutputBuffer()
    for output in (ended, cut):
        output.feed(b"ab", -1.0)

    ended.close(Finish.END, -0.5)
    cut.close(Finish.LENGTH)

    assert ended.tokens == [WrittenToken(2, -1.0), WrittenToken(2, -0.5)]
    assert cut.tokens == ended.tokens[:1]
