"""Decisions are folded from events, decay, and are compared with those that hold."""

import pytest

from ownstack.memory import events, ids
from ownstack.memory.facts import decisions
from ownstack.memory.facts.conflicts import conflicts, decide, settle
from ownstack.memory.facts.decisions import Decision, confidence, fold, is_stale, next_name

DAY = 86_400.0
NOW = 1_700_000_000.0
SESSION = ids.session_id(ids.project_id("/p"), 1.0)


def stamp(at: float) -> events.Stamp:
    return events.Stamp(SESSION, 1, at)


def known(*texts: str, tier: float = 0.5) -> dict[str, Decision]:
    made = [
        Decision(f"D{number:03}", text, tier, "", NOW - DAY, made=NOW - DAY)
        for number, text in enumerate(texts, 1)
    ]
    return {decision.name: decision for decision in made}


def test_the_newest_event_of_a_name_says_how_it_stands() -> None:
    first = events.decision(stamp(10.0), "D001", "Use JSON")
    second = events.decision(stamp(20.0), "D001", "Use TOML", tier=1, rationale="Comments.")
    (decision,) = fold([first, events.clear(stamp(15.0)), second]).values()
    assert (decision.text, decision.tier, decision.rationale) == ("Use TOML", 1.0, "Comments.")
    assert (decision.made, decision.last_validated) == (10.0, 20.0)
    assert fold([decision.event(stamp(20.0))])["D001"].text == "Use TOML"


def test_nonsense_in_an_event_is_read_as_well_as_it_can_be() -> None:
    event = events.event(
        stamp(5.0), "decision", {"name": "D009", "tier": "high", "status": "odd", "text": 3}
    )
    assert fold([event])["D009"] == Decision("D009", "", 0.5, "", 5.0, made=5.0, session=SESSION)


def test_names_go_on_from_the_highest() -> None:
    assert next_name([]) == "D001"
    assert next_name(["D007", "D012", "note", "D0x"]) == "D013"
    assert next_name(["D999"]) == "D1000"


@pytest.mark.parametrize(
    ("tier", "days", "stale"),
    [(0.0, 13, False), (0.0, 15, True), (1.0, 179, False), (1.0, 181, True), (0.5, 90, False)],
)
def test_what_was_not_validated_for_long_is_flagged_the_guess_first(
    tier: float, days: float, stale: bool
) -> None:
    decision = Decision("D001", "x", tier, "", NOW - days * DAY)
    assert is_stale(decision, NOW) is stale


def test_confidence_halves_with_each_period_and_never_rises_by_itself() -> None:
    decision = Decision("D001", "x", 1.0, "", NOW)
    after = [confidence(decision, NOW + days * DAY) for days in (-1, 0, 180, 360)]
    assert after == [1.0, 1.0, 0.5, 0.25]


def test_validating_makes_it_fresh_and_never_less_sure() -> None:
    old = Decision("D001", "x", 0.8, "", NOW - 900 * DAY)
    fresh = decisions.validated(old, NOW, 0.3)
    assert (fresh.tier, is_stale(fresh, NOW)) == (0.8, False)
    assert decisions.validated(fresh, NOW - DAY) == fresh


@pytest.mark.parametrize(
    ("new", "old", "relation"),
    [
        ("Use SQLite for the log", "We use SQLite for the log.", "same"),
        ("Never use tabs in YAML files", "Use tabs in YAML files", "contradicts"),
        ("Don't log prompts", "Log prompts", "contradicts"),
        ("Use Postgres for the log", "Use SQLite for the log", "contradicts"),
        ("Use rollback journals instead of D001", "Use WAL", "replaces"),
        ("Use SQLite for the log", "Use LanceDB for vectors", None),
        ("Format with ruff", "Type-check with mypy", None),
        ("As D001 says, name tests after behaviour", "Use WAL", None),
    ],
)
def test_how_two_decisions_stand_to_each_other(new: str, old: str, relation: str | None) -> None:
    found = conflicts(new, list(known(old).values()))
    assert [conflict.relation for conflict in found] == ([relation] if relation else [])


def test_one_that_touches_no_other_is_added() -> None:
    verdict = decide("Format with ruff", known("Use WAL"), tier=1, rationale="Fast.", at=NOW)
    assert (verdict.outcome, verdict.decision.name) == ("added", "D002")
    assert verdict.changes == (verdict.decision,)


def test_the_same_said_again_is_merged_and_validated() -> None:
    verdict = decide("Use WAL", known("We use WAL", tier=0.2), tier=0.9, rationale="Safe.", at=NOW)
    assert verdict.outcome == "merged"
    (merged,) = verdict.changes
    assert (merged.name, merged.tier, merged.rationale) == ("D001", 0.9, "Safe.")
    assert merged.last_validated == NOW


def test_an_established_one_supersedes_a_guess() -> None:
    verdict = decide(
        "Never log prompts", known("Log prompts", tier=0.1), tier=1, rationale="", at=NOW
    )
    assert verdict.outcome == "superseded"
    old, new = verdict.changes
    assert (old.status, old.superseded_by, new.name) == ("superseded", "D002", "D002")


def test_a_guess_gives_way_to_what_is_established() -> None:
    verdict = decide(
        "Log prompts", known("Never log prompts", tier=1.0), tier=0.2, rationale="", at=NOW
    )
    assert verdict.outcome == "kept"
    (refused,) = verdict.changes
    assert (refused.name, refused.status, refused.conflicts_with) == ("D002", "rejected", ("D001",))
    assert not refused.holds


def test_one_that_says_what_it_replaces_replaces_it() -> None:
    verdict = decide(
        "Use rollback journals instead of D001",
        known("Use WAL", tier=1),
        tier=0,
        rationale="",
        at=NOW,
    )
    assert verdict.outcome == "superseded"


def test_an_ambiguous_conflict_is_shown_and_settled_by_the_user() -> None:
    verdict = decide(
        "Use Postgres for the log", known("Use SQLite for the log"), tier=0.5, rationale="", at=NOW
    )
    assert verdict.outcome == "disputed"
    assert verdict.reason == "D001 puts something else there."
    stand = {decision.name: decision for decision in verdict.changes}
    assert {d.status for d in stand.values()} == {"disputed"}
    assert stand["D001"].conflicts_with == ("D002",)
    assert stand["D002"].conflicts_with == ("D001",)

    after = {d.name: d for d in settle("D001", stand, NOW + 5)}
    assert (after["D001"].status, after["D001"].conflicts_with, after["D001"].tier) == (
        "active",
        (),
        1.0,
    )
    assert (after["D002"].status, after["D002"].superseded_by) == ("superseded", "D001")


def test_a_third_one_that_was_disputed_is_free_when_its_opponent_gives_way() -> None:
    stand = known("Use SQLite for the log")
    for text in ("Use Postgres for the log", "Never use Postgres for the log"):
        verdict = decide(text, stand, tier=0.5, rationale="", at=NOW)
        stand.update((d.name, d) for d in verdict.changes)
    assert set(stand["D002"].conflicts_with) == {"D001", "D003"}
    stand.update((d.name, d) for d in settle("D001", stand, NOW))
    assert [d.status for d in stand.values()] == ["active", "superseded", "active"]
    assert stand["D003"].conflicts_with == ()


def test_what_contradicts_another_project_is_blocked() -> None:
    """Nothing there, and nothing here, is changed."""
    foreign = list(known("Never log prompts").values())
    verdict = decide("Log prompts", {}, tier=1, rationale="", at=NOW, foreign=foreign)
    assert (verdict.outcome, verdict.changes) == ("blocked", ())
    assert "another project" in verdict.reason
    same = decide("Never log prompts", {}, tier=1, rationale="", at=NOW, foreign=foreign)
    assert same.outcome == "added"
