"""A draft breaks nothing that parsed; a file that was broken may stay so, or get better."""

from __future__ import annotations

import pytest

from ownstack.actions.checks import python
from ownstack.actions.checks.syntax import Syntax
from tests.support.drafting import draft_in

FILE = "def f(x):\n    $0y = x\n    return y\n\n\ndef g():\n    return 1\n"
BROKEN = FILE.replace("return 1", "return (1")


@pytest.mark.parametrize(
    ("new", "state"),
    [
        ("y = x + 1", "passed"),
        ("y = (x", "failed"),
        ("y = x +", "failed"),
        ("if x:", "failed"),
        ("  y = x", "failed"),
        ("return x\nreturn y", "failed"),
        ("break", "failed"),
        ("print 'x'", "failed"),
        ("y = f'{x!r:>{10}}' \"\\d\"", "passed"),
        ("y = [z := x, *(), z]", "passed"),
        ("async def h(): await x", "passed"),
    ],
)
async def test_python(new: str, state: str) -> None:
    check = await Syntax().check(draft_in(FILE, "y = x", new))

    assert (check.name, check.state) == ("syntax", state)


async def test_what_is_said_of_an_error() -> None:
    """The line as the model wrote it, counted in what it wrote."""
    check = await Syntax().check(draft_in(FILE, "y = x", "y = (x"))

    assert check.detail == "It does not parse at line 2: '(' was never closed: y = (x"


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [("y = x", "y = x + 1", "passed"), ("y = x", "y = ]x[", "failed"), ("", "", "passed")],
)
async def test_a_file_that_was_broken_elsewhere(old: str, new: str, state: str) -> None:
    check = await Syntax().check(draft_in(BROKEN, old, new))

    assert check.state == state


async def test_a_target_with_errors_may_be_mended() -> None:
    check = await Syntax().check(draft_in(FILE.replace("y = x", "y = (x"), "= (x", "= x"))

    assert check.state == "passed"


@pytest.mark.parametrize(
    ("path", "text", "old", "new"),
    [
        ("a.ts", "function f(x: number) {\n  return $0x;\n}\n", "x;", "(x;"),
        ("a.go", "package a\n\nfunc f() int {\n\treturn $01\n}\n", "1", "1 +"),
        ("a.rs", "fn f() -> i32 {\n    $01\n}\n", "1", "{ 1"),
        ("A.java", "class A {\n    int f() { return $01; }\n}\n", "1;", "1"),
        ("a.c", "int f(void) { return $01; }\n", "1;", "1"),
        ("a.json", '{"a": $01}\n', "1", "1, ]"),
        ("a.rb", "def f\n  $01\nend\n", "1", "(1"),
    ],
)
async def test_other_languages(path: str, text: str, old: str, new: str) -> None:
    worse = await Syntax().check(draft_in(text, old, new, path))
    same = await Syntax().check(draft_in(text, old, old, path))

    assert (worse.state, same.state) == ("failed", "passed")


async def test_a_language_without_a_parser() -> None:
    check = await Syntax().check(draft_in("$0one\n", "one", "two", "a.unknown"))

    assert check.state == "skipped"
    assert check.detail


async def test_what_is_written_like_python_is_not_judged_by_it() -> None:
    """A file of Bazel, say."""
    check = await Syntax().check(draft_in("$0x = 1\n", "x = 1", "return 1", "a.bzl"))

    assert check.state == "passed"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    ["x" + " + x" * 50_000, "x" + ".a" * 50_000, "-" * 50_000 + "x", "(" * 5_000, "lambda:" * 9_999,
     "f'{a}' " * 9_999, "x = \0", "x = '\ud800'", "if x: pass\n" + "elif x: pass\n" * 9_999],
    ids=["plus", "dots", "minus", "brackets", "lambdas", "strings", "nul", "surrogate", "elif"],
)  # fmt: skip
def test_hostile_texts(text: str) -> None:
    """Nothing of them is run; they are refused or taken, and nothing crashes."""
    fault = python.fault(text)

    assert fault is None or fault.what
    assert python.undefined(text) in (None, frozenset("x"), frozenset("a"))
