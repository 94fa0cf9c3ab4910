"""A summary has all headings, within bounds, and says nothing twice."""

import pytest

from ownstack.memory.compaction.summary import (
    HEADINGS,
    Shape,
    grammar,
    instruction,
    is_circling,
    parsed,
)

GOOD = "".join(f"## {heading}\n- about {heading}\n" for heading in HEADINGS)


def test_a_summary_is_read_back():
    summary = parsed(GOOD)
    assert summary.lines == tuple((heading, f"about {heading}") for heading in HEADINGS)
    assert summary.text + "\n" == GOOD


@pytest.mark.parametrize(
    "text",
    ["", "I can't help with that.", GOOD.replace("## Done\n", ""), GOOD[: GOOD.index("## Look")]],
)
def test_one_without_all_headings_is_none(text):
    assert parsed(text) is None


def test_one_that_says_nothing_is_none():
    assert parsed("".join(f"## {heading}\n- none\n" for heading in HEADINGS)) is None


def test_repeated_and_circling_lines_are_dropped():
    text = GOOD.replace("- about Done\n", "- about Goal\n- " + "over and over " * 9 + "\n- fixed\n")
    assert [line for name, line in parsed(text).lines if name == "Done"] == ["fixed"]
    assert is_circling("a b c " * 6)
    assert not is_circling("the quick brown fox jumps over the lazy dog")


def test_what_a_terminal_obeys_is_made_visible():
    text = GOOD.replace("about Done", "\x1b[2Jabout Done")
    assert "\x1b" not in parsed(text).text


@pytest.mark.parametrize("budget", [70, 276, 563, 1_536])
def test_what_the_grammar_allows_fits_the_budget(budget):
    shape = Shape.of(budget)
    most = sum(len(heading) + 4 + shape.items * (shape.chars + 3) for heading in HEADINGS)
    assert most / 3.2 <= max(budget, 250)
    assert all(f'"## {heading}\\n"' in grammar(shape) for heading in HEADINGS)


def test_the_instruction_says_what_is_special():
    shape = Shape.of(500)
    assert "the parser" in instruction(shape, focus="the parser")
    assert "record of an earlier part" in instruction(shape, update=True)
    assert "shorter" in instruction(shape, again=True)
