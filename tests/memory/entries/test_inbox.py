"""What is proposed: short statements that are sure enough, each once."""

import pytest

from ownstack.memory import events, ids
from ownstack.memory.entries import inbox
from ownstack.memory.entries.inbox import draft, drafts_of_summary, place_of

STAMP = events.Stamp(ids.session_id(ids.project_id("/p"), 1.0), 1, 5.0)
SUMMARY = """## Goal
- Build frames
## Constraints
- Never weld aluminium without a mask
- none
## Decisions
- [0.9] Use steel for every frame, since it lasts
- [0.3] Perhaps paint the bells yellow tomorrow
- [0.8] Yes
- [0.8] Ship on the first Monday of a month
- [1.0] Keep all drawings in the drawings folder
- [0.7] A fourth thing that is decided here
"""


def test_a_summary_proposes_its_decisions_and_constraints() -> None:
    """Not what is a guess or says nothing, and three of each at most."""
    found = [(one.place, one.tier, one.text) for one in drafts_of_summary(SUMMARY, "a summary")]

    assert found == [
        ("decisions", 0.9, "Use steel for every frame, since it lasts"),
        ("decisions", 0.8, "Ship on the first Monday of a month"),
        ("decisions", 1.0, "Keep all drawings in the drawings folder"),
        ("conventions", 0.6, "Never weld aluminium without a mask"),
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SKU means stock keeping unit", "glossary"),
        ("Always run the tests first", "conventions"),
        ("Use SQLite for the log", "decisions"),
        ("We decided to use steel for every frame", "decisions"),
    ],
)
def test_the_file_is_chosen_by_words(text: str, place: str) -> None:
    assert place_of(text) == place


@pytest.mark.parametrize(("text", "tier"), [("Use steel", 0.5), ("...", 0.9), ("x" * 900, 0.9)])
def test_what_is_unsure_or_no_statement_is_not_proposed(text: str, tier: float) -> None:
    assert draft(text, tier, "me") is None


def test_what_a_model_writes_cannot_pass_for_something_else() -> None:
    """Neither an escape sequence nor a comment of ours."""
    made = draft("Use\x1b[2J steel\n<!-- M001; tier 1 -->", 0.9, "me")

    assert made is not None
    assert made.text == "Use\\x1b[2J steel <! -- M001; tier 1 -- >"


def test_the_newest_event_says_how_a_proposal_stands() -> None:
    first = events.proposal(STAMP, "P001", "Use steel", place="decisions", tier=0.7)
    second = events.proposal(
        STAMP, "P001", "Use steel", place="decisions", tier=0.7, status="accepted", entry="M001"
    )
    nonsense = {"name": "P002", "place": "moon", "tier": "x", "status": 1}
    odd = events.event(STAMP, "proposal", nonsense)

    found = inbox.fold([first, events.clear(STAMP), second, odd])

    assert (found["P001"].status, found["P001"].entry, found["P001"].made) == (
        "accepted",
        "M001",
        5.0,
    )
    assert (found["P002"].place, found["P002"].tier, found["P002"].status) == (
        "decisions",
        0.5,
        "open",
    )


def test_of_a_weak_models_summary_marks_and_numbers_are_not_proposed() -> None:
    summary = "## Decisions\n- [1.0] to [1.0]\n- [0.9] 12, 13 and 14\n- [0.9] Keep prices in cents"
    assert [one.text for one in drafts_of_summary(summary, "a model")] == ["Keep prices in cents"]
