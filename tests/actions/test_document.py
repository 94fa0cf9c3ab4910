"""Documenting: the convention is told, with an example, and no code may change."""

from __future__ import annotations

from ownstack.actions import document
from ownstack.actions.context import NOTHING
from tests.actions.targets import target

GOOGLE = 'def f(a):\n    """Add.\n\n    Args:\n        a: It.\n    """\n    return a\n\n\n'


def test_a_function() -> None:
    wish = document.wish(target(GOOGLE + "def new(b):\n    |return b\n"), NOTHING)

    assert wish.keeps_code
    assert wish.instruction.startswith("Document function `new`: write a docstring in Google's")
    assert "Args:\n        a: It." in wish.instruction
    assert wish.target.code == "def new(b):\n    return b"


def test_lines_without_a_symbol() -> None:
    """All that is not documented in them."""
    wish = document.wish(target(GOOGLE + "def new(b):\n    return b\n"), NOTHING)

    assert "each function and class of these lines that has no documentation" in wish.instruction
