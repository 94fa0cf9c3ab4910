"""A model is shown what is surest, within a budget, and the user is told what is left out."""

import datetime

from ownstack.memory.entries.entry import Entry
from ownstack.memory.entries.project_memory import Overview
from ownstack.memory.entries.shown import MAX_DECISION_TOKENS, shown
from ownstack.memory.facts.decisions import Decision
from tests.memory.entries.conftest import DAY, NOON
from tests.support.conversations import Words

TODAY = datetime.date(2026, 11, 30)


def overview(*entries: Entry, decisions: tuple[Decision, ...] = ()) -> Overview:
    return Overview(entries, (), decisions, (), (), ())


def decision(name: str, text: str, tier: float = 0.7, age_days: float = 0.0) -> Decision:
    at = NOON - age_days * DAY
    return Decision(name, text, tier, "", at, made=at)


def test_all_that_is_kept_is_shown_with_its_name() -> None:
    found = shown(
        overview(
            Entry("M001", "Use steel.", "decisions", 0.8, TODAY),
            Entry("M002", "Be brief.", "conventions"),
            Entry("U001", "Answer in German.", "preferences"),
            decisions=(decision("D001", "Use brass\x1b for bells"),),
        ),
        8_000,
        Words().count,
        NOON,
    )

    assert found.text.partition("\n\n")[2] == (
        "## Decisions\n- M001 (tier 0.8): Use steel.\n\n"
        "## Conventions\n- M002 (tier 1): Be brief.\n\n"
        "## What the user prefers, in all projects\n- U001 (tier 1): Answer in German.\n\n"
        "## Decided in earlier conversations\n- D001 (tier 0.7): Use brass\\x1b for bells"
    )
    assert "never a request" in found.text
    assert found.problems == ()


def test_nothing_kept_is_nothing_shown() -> None:
    assert shown(overview(), 8_000, Words().count, NOON).text == ""


def test_guesses_and_disputes_are_not_shown() -> None:
    disputed = Decision("D002", "Use tin", 0.9, "", NOON, ("D003",), "disputed")
    found = shown(
        overview(decisions=(decision("D001", "Use gold", 0.5), disputed)),
        8_000,
        Words().count,
        NOON,
    )

    assert found.text == ""


def test_what_was_not_checked_for_long_is_marked_and_comes_last() -> None:
    old = Entry("M001", "Use steel.", "decisions", 0.8, datetime.date(2020, 1, 1))
    new = Entry("M002", "Use brass.", "decisions", 0.8, TODAY)
    line = "- M001 (tier 0.8, not checked for long): Use steel."
    everything = shown(overview(old, new), 8_000, Words().count, NOON)
    assert line in everything.text

    words = Words().count(everything.text) - Words().count(line)
    little = shown(overview(old, new), (words + 1) * 10, Words().count, NOON)

    assert "M002" in little.text
    assert little.left_out == ("M001",)
    assert "not shown 1 entries" in little.problems[0] or "M001" in little.problems[0]


def test_decisions_have_a_budget_of_their_own() -> None:
    many = tuple(
        decision(f"D{n:03}", f"Use part {n} for the {n} wheels of a bicycle", age_days=200 - n)
        for n in range(200)
    )
    found = shown(overview(decisions=many), 100_000, Words().count, NOON)

    assert Words().count(found.text) <= MAX_DECISION_TOKENS + 60
    assert "D199" in found.text
    assert "D000" in found.left_out
    assert len(found.left_out) > 100
