"""Edits move with their lines, or are refused if these are others now."""

from __future__ import annotations

import random

import pytest

from ownstack.actions.rebase import rebased
from ownstack.chat.proposals import TextEdit, applied, proposal
from ownstack.errors import EditError

BEFORE = "a\nb\nc\nd\ne\n"


def edits(after: str, before: str = BEFORE) -> tuple[TextEdit, ...]:
    return proposal("a.py", "0" * 32, before, after).edits


@pytest.mark.parametrize(
    ("after", "now", "both"),
    [
        ("a\nb\nC\nd\ne\n", BEFORE, "a\nb\nC\nd\ne\n"),
        ("a\nb\nC\nd\ne\n", "new\na\nb\nc\nd\ne\n", "new\na\nb\nC\nd\ne\n"),
        ("a\nb\nC\nd\ne\n", "a\nB\nc\nD\ne\n", "a\nB\nC\nD\ne\n"),
        ("a\nb\nC\nd\ne\n", "a\nb\nnew\nc\nnew\nd\ne\n", "a\nb\nnew\nC\nnew\nd\ne\n"),
        ("a\nb\nc\nnew\nd\ne\n", "a\nb\nC\nd\ne\n", "a\nb\nC\nnew\nd\ne\n"),
        ("a\nb\nc\nnew\nd\ne\n", "a\nb\nc\nD\ne\n", "a\nb\nc\nnew\nD\ne\n"),
        ("a\nc\nd\ne\n", "a\nb\nc\nd\n", "a\nc\nd\n"),
        ("A\nb\nc\nd\nE\n", "a\nb\nC\nd\ne\nf\n", "A\nb\nC\nd\nE\nf\n"),
    ],
)
def test_edits_of_other_lines(after: str, now: str, both: str) -> None:
    assert applied(now, rebased(edits(after), BEFORE, now)) == both


@pytest.mark.parametrize(
    ("after", "now"),
    [
        ("a\nb\nC\nd\ne\n", "a\nb\nx\nd\ne\n"),
        ("a\nb\nC\nd\ne\n", "a\nb\nd\ne\n"),
        ("a\nB\nC\nd\ne\n", "a\nb\nnew\nc\nd\ne\n"),
        ("a\nb\nnew\nc\nd\ne\n", "a\nb\nother\nc\nd\ne\n"),
        ("a\nb\nC\nd\ne\n", ""),
        ("a\nb\nC\nd\ne\n", BEFORE.replace("\n", "\r\n")),
    ],
)
def test_edits_of_the_same_lines(after: str, now: str) -> None:
    with pytest.raises(EditError, match="have changed"):
        rebased(edits(after), BEFORE, now)


def test_edits_of_different_lines_come_out_alike_in_either_order() -> None:
    """300 random texts and edits: moved, an edit changes what it was to change, and no more."""
    chance = random.Random(15)
    moved = 0
    for _ in range(300):
        ends = chance.choice(["\n", "\r\n", "\r"])
        lines = [chance.choice(["x", "y\t", "😀", "", "z\f"]) + ends for _ in range(30)]
        at, other = chance.randrange(30), chance.randrange(30)
        mine, theirs = list(lines), list(lines)
        mine[at] = f"mine{ends}" * chance.randrange(3)
        theirs[other] = f"theirs{ends}" * chance.randrange(3)
        before, after, now = "".join(lines), "".join(mine), "".join(theirs)
        try:
            found = rebased(edits(after, before), before, now)
        except EditError:
            continue
        moved += 1
        both = list(lines)
        both[at], both[other] = mine[at], theirs[other]
        got = applied(now, found)
        assert got.count("mine") == after.count("mine")
        assert got.count("theirs") == now.count("theirs")
        if at != other and lines[at] not in (lines[at - 1], *lines[at + 1 : at + 2]):
            assert len(got) == len("".join(both))
    assert moved > 150
