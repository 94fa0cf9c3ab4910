"""What is left for later is told from what is asked, and what is solved from what is not."""

import pytest

from ownstack.memory.facts.threads import Thread, meant, opens, resolves


@pytest.mark.parametrize(
    ("sentence", "leaves"),
    [
        ("TODO: oil the chain", True),
        ("Open question: who oils the chain?", True),
        ("Remind me to oil the chain.", True),
        ("We still need to oil the chain.", True),
        ("Let's look at that chain later.", True),
        ("Where are the TODO comments?", False),
        ("Do we still need to oil the chain?", False),
        ("Fix the TODO in chain.py", False),
        ("The chain is oiled.", False),
    ],
)
def test_what_is_left_for_later(sentence: str, leaves: bool) -> None:
    assert opens(sentence) is leaves


@pytest.mark.parametrize(
    ("sentence", "solved"),
    [
        ("That's fixed.", True),
        ("Thanks, it works now.", True),
        ("T001 is done", True),
        ("That fixed it!", True),
        ("Is that fixed?", False),
        ("That is not fixed.", False),
        ("It is done by calling oil().", False),
        ("I want this fixed.", False),
    ],
)
def test_what_is_solved(sentence: str, solved: bool) -> None:
    assert resolves(sentence) is solved


def test_which_thread_is_meant() -> None:
    """One that is named, or alone is spoken of; "that" is the only one of this session."""
    chain = Thread("T001", "Oil the rear chain", session="here")
    bell = Thread("T002", "Why does the bell rattle?", session="there")
    known = [chain, bell]

    assert meant("T002 is done", known, "here") == bell
    assert meant("T009 is done", known, "here") is None
    assert meant("The rear chain: that is fixed", known, "here") == chain
    assert meant("The fish: that is fixed", known, "here") is None
    assert meant("That's fixed.", known, "here") == chain
    assert meant("That's fixed.", known, "elsewhere") is None
    assert meant("That's fixed.", [chain, Thread("T3", "x", session="here")], "here") is None
