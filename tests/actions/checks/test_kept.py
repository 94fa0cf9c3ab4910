"""What is defined stays defined, and what was used is not lost on the way."""

from __future__ import annotations

import time

import pytest

from ownstack.actions.checks import kept
from ownstack.actions.checks.kept import Kept, Used
from tests.support.drafting import draft_in, draft_of, target_in

FILE = """import logging
from json import dumps

log = logging.getLogger()
LIMIT = 3


class $0Shop:
    size = 2

    def __init__(self):
        self.fish = []

    @property
    def total(self):
        return 1

    @total.setter
    def total(self, value):
        def inner():
            return value

        log.info("%s", dumps(inner()))
        self.fish = [value] * LIMIT

    def other(self):
        return 2
"""
OTHER = "\n    def other(self):\n        return 2"


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ("return 1", "return 2", ""),
        (OTHER, "", "Shop.other"),
        ("    size = 2\n\n", "", "Shop.size"),
        ("class Shop", "class Store", "Shop, Shop.size, Shop.__init__, Shop.total, Shop.other"),
        ("        def inner():\n            return value\n\n", "        inner = value\n", ""),
        ("        self.fish = []\n", "        pass\n", ""),
    ],
)
async def test_definitions(old: str, new: str, gone: str) -> None:
    """All that is seen from outside of a function; not what methods assign or define inside."""
    check = await Kept().check(draft_in(FILE, old, new))

    assert check.state == ("failed" if gone else "passed")
    assert check.detail == (f"These are no longer defined: {gone}." if gone else "")


async def test_a_definition_may_move_in_the_file() -> None:
    text = "def f():\n    return $01\n\n\ndef g():\n    return 2\n"

    check = await Kept().check(draft_in(text, "def f", "def g"))

    assert check.detail == "These are no longer defined: f."
    moved = await Kept().check(
        draft_of(target_in(text), "class A:\n    pass\n\n\ndef f():\n    pass")
    )
    assert moved.state == "passed"


async def test_it_is_not_asked_where_definitions_may_go() -> None:
    draft = draft_in(FILE, OTHER, "", keeps_definitions=False)

    assert (await Kept().check(draft)).state == "skipped"
    assert (await Used().check(draft)).state == "skipped"


@pytest.mark.parametrize(
    ("path", "stub"),
    [
        ("a.py", "def f(x):\n    pass"),
        ("a.py", "def f(x):\n    raise NotImplementedError"),
        ("a.py", 'def f(x):\n    """Doc."""\n    ...'),
        ("a.rs", "fn f(x: i32) -> i32 {\n    todo!()\n}"),
        ("a.ts", "function f(x) {\n  throw new Error('Not implemented');\n}"),
        ("A.java", "int f(int x) {\n    throw new UnsupportedOperationException();\n}"),
        ("a.go", 'func f(x int) int {\n\tpanic("not implemented")\n}'),
    ],
)
async def test_a_body_that_was_left_out(path: str, stub: str) -> None:
    """Something that stands for code, where there was more of it."""
    lines = stub.split("\n")
    body = [f"    x = x + {number};" for number in range(8)]
    target = target_in(
        "\n".join([f"$0{lines[0]}", *body, *lines[-1:] * (lines[-1] == "}")]) + "$0", path
    )

    check = await Kept().check(draft_of(target, stub))

    assert check.state == "failed"


async def test_a_body_that_was_empty_before() -> None:
    check = await Kept().check(draft_in("def f$0(x):\n    pass\n", "(x)", "(x, y=1)"))

    assert check.state == "passed"


@pytest.mark.parametrize(
    ("old", "new", "instruction", "state"),
    [
        ('        log.info("%s", dumps(inner()))\n', "", "Mend it.", "failed"),
        ('        log.info("%s", dumps(inner()))\n', "", "Take out log and dumps.", "passed"),
        ("[value] * LIMIT", "[value]", "Mend it.", "passed"),
        ("        self.fish = [value] * LIMIT\n", "", "Mend it.", "failed"),
        ("return 2", "return 3", "Mend it.", "passed"),
    ],
)
async def test_names_that_are_lost(old: str, new: str, instruction: str, state: str) -> None:
    """Of the file's own, where lines are fewer, unless they were named."""
    check = await Used().check(draft_in(FILE, old, new, instruction=instruction))

    assert check.state == state


def test_blanks_without_end_cost_no_time() -> None:
    """A line of the file is hostile, too: looking at it takes time by its length alone."""
    code = "def shop():\n    $0pass" + " " * 60_000 + "x\n    return 1\n"
    target = target_in(code)
    started_s = time.thread_time()

    assert kept._hollow(target.code) == []
    assert time.thread_time() - started_s < 2
