"""Expressions of workflows: what they are worth, and which are refused."""

from __future__ import annotations

import pytest

from ownstack_release.errors import ReleaseError
from ownstack_release.expressions import Value, holds, substituted

NAMES: dict[str, Value] = {
    "matrix.target": "linux-x64",
    "matrix.vulkan": True,
    "matrix.count": 2,
    "env.EMPTY": "",
    "steps.look.outputs.cache-hit": "true",
}
FUNCTIONS = {"success": lambda: True, "always": lambda: True, "failure": lambda: False}


def value(name: str) -> Value:
    """Return what a name stands for."""
    if name not in NAMES:
        raise ReleaseError(f"{name} is not known here.")
    return NAMES[name]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no expression, only $HOME and }}", "no expression, only $HOME and }}"),
        ("to ${{ matrix.target }}/${{matrix.count}}", "to linux-x64/2"),
        ("${{ matrix.vulkan }}", "true"),
        ("${{ matrix.vulkan && '--vulkan' || '' }}", "--vulkan"),
        ("${{ env.EMPTY || 'it''s' }}", "it's"),
        ("${{ !matrix.vulkan }}", "false"),
        ("${{ matrix.target == 'LINUX-X64' }}", "true"),
        ("${{ matrix.target != 'linux-x64' || (matrix.count == 2) }}", "true"),
    ],
)
def test_expressions_in_a_text_are_replaced(text: str, expected: str) -> None:
    """As GitHub writes their values; all else stays."""
    assert substituted(text, value, FUNCTIONS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${{ matrix.target",
        "${{ }}",
        "${{ matrix.target matrix.count }}",
        "${{ matrix.target == }}",
        "${{ (matrix.target }}",
        "${{ 'open }}",
        "${{ matrix.count > 1 }}",
        "${{ matrix.count == 'two' }}",
        "${{ contains(matrix.target, 'x64') }}",
        "${{ secrets.TOKEN }}",
        "${{ matrix.list[0] }}",
        "${{ " + "(" * 5_000 + " }}",
        "${{ " + "!" * 5_000 + "true }}",
    ],
)
def test_what_is_not_understood_is_an_error(text: str) -> None:
    """Never an empty text in its place."""
    with pytest.raises(ReleaseError):
        substituted(text, value, FUNCTIONS)


@pytest.mark.parametrize(
    ("condition", "succeeded", "expected"),
    [
        ("", True, True),
        ("", False, False),
        ("matrix.vulkan", True, True),
        ("matrix.vulkan", False, False),
        ("${{ matrix.vulkan }}", False, False),
        ("matrix.target == 'win32-x64'", True, False),
        ("env.EMPTY || matrix.vulkan", False, False),
        ("always()", False, True),
        ("always() && !matrix.vulkan", False, False),
        ("failure()", False, True),
        ("failure()", True, False),
        ("steps.look.outputs.cache-hit != 'true'", True, False),
    ],
)
def test_a_step_runs_if_its_condition_holds(
    condition: str, succeeded: bool, expected: bool
) -> None:
    """After a failure only what asks for it by a function."""
    functions = {
        "success": lambda: succeeded,
        "failure": lambda: not succeeded,
        "always": lambda: True,
    }
    assert holds(condition, value, functions) is expected
