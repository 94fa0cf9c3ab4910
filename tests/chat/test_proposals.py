"""An edit is the smallest change that makes one text of another, and says what it changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.chat.proposal_log import pending
from ownstack.chat.proposals import applied, found_and_replaced, proposal, with_lines
from ownstack.errors import EditError
from ownstack.memory import events
from tests.support.conversations import Log

TEXTS = st.text(st.sampled_from("ab \t\n\r"), max_size=60)


@given(TEXTS, TEXTS)
def test_an_edit_makes_what_was_meant(before: str, after: str) -> None:
    """Of whatever line ends; what is logged is read again as it was."""
    made = proposal("a.py", "0" * 32, before, after)

    assert applied(before, made.edits) == after
    assert all(before[edit.start : edit.end] != edit.text for edit in made.edits)
    log = Log()
    log.user("Hi")
    event = log.add(made.event(log.stamp()))
    (read,) = pending(log.events)
    assert (read.id, read.edits, read.diff) == (event.id, made.edits, made.diff)


def test_the_diff() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 21))
    after = before.replace("line 10\n", "line ten\n").replace("line 20\n", "")

    made = proposal("a.py", "0" * 32, before, after)

    assert made.title == "a.py (+1 -2)"
    assert len(made.edits) == 2
    assert made.diff.split("\n")[:6] == [
        "--- a/a.py", "+++ b/a.py", "@@ -7,7 +7,7 @@", " line 7", " line 8", " line 9",
    ]  # fmt: skip
    assert "@@ -17,4 +17,3 @@" in made.diff


def test_lines_that_are_all_alike_are_not_compared_one_by_one() -> None:
    """That would take the square of their number, or more."""
    before, after = "x\n" * 3_900 + "z\n", "z\n" + "x\n" * 3_800 + "y\n"

    made = proposal("a.py", "h", before, after)

    assert len(made.edits) == 1
    assert applied(before, made.edits) == after


def test_a_huge_change_is_one_edit() -> None:
    before = "".join(f"{number}\n" for number in range(9_000))
    after = "".join(f"{number}\n" for number in range(9_000, 0, -1))

    made = proposal("a.py", "0" * 32, before, after)

    assert len(made.edits) == 1
    assert applied(before, made.edits) == after
    assert len(made.diff) <= 200_000


@pytest.mark.parametrize(
    ("text", "find", "replace", "after"),
    [
        ("a\nb\nc\n", "b\n", "x\n", "a\nx\nc\n"),
        ("a\r\nb\r\nc\r\n", "a\nb", "x\ny", "x\r\ny\r\nc\r\n"),
        ("a\rb\r", "b", "x\ny", "a\rx\ry\r"),
        ("a  \nb\n", "a\nb", "x", "x\n"),
        ("a\nb", "b", "c", "a\nc"),
        ("a\nb\n", "1| a\n2| b", "1| x\n2| y", "x\ny\n"),
        ("if x:\n    a = 1\n    b = 2\n", "a = 1\nb = 2", "a = 3\nb = 4",
         "if x:\n    a = 3\n    b = 4\n"),
    ],
    ids=["plain", "crlf", "cr", "blanks", "no-newline", "numbers", "indentation"],
)  # fmt: skip
def test_what_is_found_is_replaced(text: str, find: str, replace: str, after: str) -> None:
    assert found_and_replaced(text, find, replace) == after


@pytest.mark.parametrize(
    ("find", "says"),
    [
        ("nowhere", "no place reads so"),
        ("a", "several places"),
        ("  ", "is empty"),
        ("z\n" * 100_000, "not found"),
    ],
)
def test_what_cannot_be_found(find: str, says: str) -> None:
    with pytest.raises(EditError, match=says):
        found_and_replaced("a\nb\na\n", find, "x")


def test_lines_are_replaced() -> None:
    assert with_lines("a\r\nb\r\nc", 2, 2, "x\ny") == "a\r\nx\r\ny\r\nc"
    assert with_lines("a\nb\nc", 3, 3, "x") == "a\nb\nx"
    assert with_lines("a\nb\n", 1, 2, "") == ""
    for start, end in ((0, 1), (2, 1), (1, 9)):
        with pytest.raises(EditError, match="The file has 2 lines"):
            with_lines("a\nb\n", start, end, "x")


def test_a_damaged_entry_is_passed_over() -> None:
    log = Log()
    log.user("Hi")
    good = {"path": "a.py", "base": "", "diff": "", "added": 1, "removed": 0}
    for edits in ([[0, 1]], [["0", 1, "x"]], ["x"]):
        log.add(events.note(log.stamp(), "edit_proposal", "", {**good, "edits": edits}))
    log.add(events.note(log.stamp(), "edit_proposal", "", {"edits": []}))

    assert pending(log.events) == ()


def test_edits_that_do_not_fit_are_refused() -> None:
    made = proposal("a.py", "0" * 32, "a\n" * 9, "a\n" * 8 + "b\n")

    with pytest.raises(EditError, match="does not fit"):
        applied("short", made.edits)
