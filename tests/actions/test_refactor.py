"""A refactoring: what the model is told, and what must stay."""

from __future__ import annotations

import pytest

from ownstack.actions import refactor
from ownstack.actions.catalogue import ACTIONS
from ownstack.actions.context import NOTHING, Around
from ownstack.engine.requests import Snippet
from ownstack.errors import EditError
from tests.actions.targets import target

CODE = "def add(a, b):\n    |c = a + b\n    return c\n"


@pytest.mark.parametrize(
    ("instruction", "keeps_signatures", "keeps_definitions"),
    [
        ("Make it faster", True, True),
        ("Use a loop", True, True),
        ("add a parameter c", False, True),
        ("make it async", False, True),
        ("rename add to plus", False, False),
        ("remove the helper", True, False),
        ("Mach es schneller", True, True),
    ],
)
def test_what_stays(instruction: str, keeps_signatures: bool, keeps_definitions: bool) -> None:
    """Signatures and definitions, unless a word asks for something else."""
    wish = refactor.wish(target(CODE), refactor.INSTRUCT, instruction, NOTHING)

    assert wish.instruction == instruction
    assert (wish.keeps_signatures, wish.keeps_definitions) == (keeps_signatures, keeps_definitions)


@pytest.mark.parametrize("action", [each for each in ACTIONS if each.startswith("refactor.")])
def test_those_at_hand(action: str) -> None:
    """Each says what it is; types change nothing but annotations."""
    around = Around(related=(Snippet("a.py", "def f()"),), rules="Be brief.")
    wish = refactor.wish(target(CODE), action, "please" * (action == refactor.INSTRUCT), around)

    assert wish.instruction.strip()
    assert wish.keeps_code is (action == refactor.TYPES)
    assert (wish.related, wish.rules) == (around.related, around.rules)


def test_a_part_of_the_lines() -> None:
    """It is shown whole lines at a time, whatever half of a token is selected."""
    half = "def add(a, b):\n    c = a |+ b\n    ret|urn c\n"
    wish = refactor.wish(target(half), "refactor.extract", "", NOTHING)

    assert wish.instruction.endswith("```\n    c = a + b\n    return c\n```")
    assert (
        "It is about" not in refactor.wish(target(CODE), "refactor.split", "", NOTHING).instruction
    )


@pytest.mark.parametrize(
    ("action", "instruction", "message"),
    [
        (refactor.INSTRUCT, "  ", "no instruction"),
        (refactor.INSTRUCT, "x" * 5_000, "longer than"),
        ("refactor.nonsense", "", "no refactoring"),
        ("organiseImports", "", "no refactoring"),
    ],
)
def test_what_is_no_wish(action: str, instruction: str, message: str) -> None:
    with pytest.raises(EditError, match=message):
        refactor.wish(target(CODE), action, instruction, NOTHING)


def test_secrets_of_a_selection_are_blanked() -> None:
    code = 'def login():\n    |password = "hunter2hunter3"|\n    return password\n'

    wish = refactor.wish(target(code), refactor.EXTRACT, "", NOTHING)

    assert "It is about this part" in wish.instruction
    assert "hunter2hunter3" not in wish.instruction
