"""Which model does a task, of those the user chose: a table of cases."""

from __future__ import annotations

import pytest

from ownstack.app.engines.router import Candidate, Decision, Task, Tier, decide

SMALL = Candidate("small", Tier.SMALL)
LARGE = Candidate("large", Tier.LARGE)
BOX = Candidate("box:m", Tier.LARGE, engine="box", host="127.0.0.1")
TEAM = Candidate("team:m", Tier.HOSTED, engine="team", host="gpu.example")
CHAT = Task("chat")


def reserve(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, fallback=True)


def broken(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, problem="Its file is gone.")


def forbidden(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, allowed=False)


def used(decision: Decision) -> str:
    return "" if decision.chosen is None else decision.chosen.name


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([], ""),
        ([SMALL], "small"),
        ([TEAM], "team:m"),
        ([forbidden(TEAM)], ""),
        ([broken(SMALL)], ""),
        ([broken(LARGE), reserve(SMALL)], "small"),
        ([broken(LARGE), reserve(BOX), reserve(SMALL)], "small"),
        ([broken(SMALL), reserve(LARGE)], ""),
        ([broken(SMALL), reserve(TEAM)], ""),
        ([broken(TEAM), reserve(LARGE), reserve(SMALL)], "small"),
        ([forbidden(TEAM), reserve(BOX)], "box:m"),
        ([LARGE, reserve(SMALL)], "large"),
    ],
)
def test_the_chosen_one_then_what_is_in_reserve(candidates: list[Candidate], expected: str) -> None:
    """The nearest and smallest of that; never more than was chosen, unasked."""
    assert used(decide(CHAT, candidates)) == expected


@pytest.mark.parametrize(
    ("candidates", "expected"),
    [
        ([TEAM], ""),
        ([BOX], "box:m"),
        ([TEAM, reserve(SMALL)], "small"),
        ([broken(LARGE), reserve(TEAM), reserve(SMALL)], "small"),
    ],
)
def test_offline(candidates: list[Candidate], expected: str) -> None:
    """Nothing leaves the machine, whatever was allowed; a server on it may answer."""
    assert used(decide(CHAT, candidates, "it is night")) == expected


def test_nothing_larger_stands_in() -> None:
    """Nor what runs elsewhere; it is said how to use it all the same."""
    decision = decide(CHAT, [broken(SMALL), reserve(LARGE), reserve(TEAM)])

    assert used(decision) == ""
    assert [step.why.partition(",")[0] for step in decision.steps[1:]] == [
        "It is larger",
        "It runs elsewhere",
    ]
    assert decision.steps[1].why.endswith("ownstack models use large --for chat")


def test_a_task_that_is_too_hard_for_a_small_model() -> None:
    """It goes to the one that was chosen if that is large, and to no larger one in reserve."""
    hard = Task("edit", at_least=Tier.LARGE)

    assert used(decide(hard, [LARGE, reserve(SMALL)])) == "large"
    assert used(decide(hard, [SMALL, reserve(LARGE)])) == ""


def test_an_override_is_no_way_around_what_is_not_allowed() -> None:
    """A model that is asked for by name is used for the task, or nothing is."""
    by_name = Task("chat", override="team:m")

    assert used(decide(by_name, [TEAM])) == "team:m"
    assert used(decide(by_name, [forbidden(TEAM)])) == ""
    assert used(decide(by_name, [SMALL])) == ""
    assert used(decide(by_name, [TEAM], "it is night")) == ""


@pytest.mark.parametrize(
    ("task", "candidates", "offline", "words"),
    [
        (CHAT, [SMALL], "", "small is chosen for chat; it runs on this machine."),
        (CHAT, [BOX], "", "box:m is chosen for chat; it runs on this machine, at 127.0.0.1."),
        (CHAT, [TEAM], "", "what it is given leaves this machine, to gpu.example."),
        (CHAT, [TEAM], "it is night", "on another machine (gpu.example), and it is night"),
        (CHAT, [forbidden(TEAM)], "", "ownstack engines allow team --for chat"),
        (CHAT, [broken(SMALL)], "", "Its file is gone."),
        (CHAT, [broken(LARGE), reserve(SMALL)], "", "small stands in for the model that is chosen"),
        (CHAT, [], "", "ownstack models use NAME --for chat"),
        (Task("completion"), [], "", "completion repeats what is in your files"),
        (Task("chat", override="box:m"), [BOX], "", "box:m was asked for by name"),
    ],
)
def test_every_decision_explains_itself(
    task: Task, candidates: list[Candidate], offline: str, words: str
) -> None:
    """In one sentence; and for each other candidate there is one, too."""
    decision = decide(task, candidates, offline)

    assert words in decision.explanation()
    assert len(decision.steps) == len(candidates)
    assert all(step.why.endswith(".") or "--for" in step.why for step in decision.steps)


def test_the_tier_of_a_decision() -> None:
    """Hosted is what leaves the machine."""
    assert (decide(CHAT, []).tier, decide(CHAT, []).leaves_machine) == (Tier.NONE, False)
    assert decide(CHAT, [TEAM]).leaves_machine
    assert not decide(CHAT, [BOX]).leaves_machine
