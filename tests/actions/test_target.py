"""What an action works on, by what is selected."""

from __future__ import annotations

import time

import pytest

from ownstack.actions.target import target_of
from ownstack.languages import language_of
from ownstack.text import Span
from tests.actions.targets import target

FILE = """import os


class Shop:
    def open(self):
        a = 1
        return a

    def shut(self):
        return 2
"""


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("first", "last", "lines"),
    [
        ("a = 1", "", (5, 7)),
        ("a = 1", "return a", (5, 7)),
        ("return a", "def shut", (4, 10)),
        ("import", "", (1, 1)),
        ("import", "class Shop", (1, 4)),
    ],
)
def test_lines(first: str, last: str, lines: tuple[int, int], end: str) -> None:
    text = FILE.replace("\n", end)
    start = text.index(first)
    stop = text.index(last) + len(last) if last else start
    target = target_of(text, "shop.py", language_of("", "shop.py", text), Span(start, stop))
    assert target.lines == lines
    whole = text.split(end)[lines[0] - 1 : lines[1]]
    assert target.code == end.join(whole)
    assert target.with_replacement(target.code) == text


def test_a_selection_that_ends_before_a_line_leaves_that_out() -> None:
    start, stop = FILE.index("import"), FILE.index("\n\n") + 1
    target = target_of(FILE, "shop.py", language_of("", "shop.py", FILE), Span(start, stop))
    assert target.code == "import os"


def test_without_a_language_lines_are_lines() -> None:
    target = target_of("one\ntwo\nthree", "notes.xyz", None, Span(5, 5))
    assert (target.code, target.symbol) == ("two", None)


def test_nothing_is_a_target_too() -> None:
    target = target_of("", "new.py", language_of("", "new.py", ""), Span(0, 0))
    assert (target.code, target.lines) == ("", (1, 1))
    assert target.with_replacement("x = 1\n") == "x = 1\n"


def test_an_import_of_many_names() -> None:
    """No editor waits for what somebody made to take long."""
    names = "".join(f"name{number}, " for number in range(1_500))
    started_s = time.thread_time()

    found = target(f"import {{ {names} }} from 'all';\nfunction shop() {{|}}\n", "shop.js")

    assert found.symbol is not None
    assert time.thread_time() - started_s < 8


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("path", "head", "rest"),
    [
        ("a.py", "@cached(\n    size=1\n)\n@slow\n", "def f():\n    |return 1"),
        ("a.py", "# About f.\n@slow\n", "def f():\n    |return 1"),
        ("a.rs", '#[derive(Debug)]\n#[serde(\n    rename = "s"\n)]\n', "struct S(u8|);"),
        ("a.rs", "/// Docs.\n///\n/// More.\n#[inline]\n", "fn f() {\n    |1\n}"),
        ("a.js", "/**\n * Docs.\n * @param {number} a\n */\n", "function f(a) {\n  |return a;\n}"),
        ("a.ts", "/** Docs. */\n@Part({\n  a: 1,\n})\n", "export class A {\n|\n}"),
        ("a.go", "// F does.\n// Twice.\n", "func F() {\n\t|f()\n}"),
        ("A.java", "/** Docs. */\n@Test\n", "class A {\n  |\n}"),
        ("a.html", "/** Docs. */\n", "function f() {\n  |\n}"),
    ],
)
def test_what_stands_directly_above_is_a_part(path: str, head: str, rest: str, end: str) -> None:
    """Decorators, attributes, comments; what a blank line divides from it is not."""
    head, rest = head.replace("\n", end), rest.replace("\n", end)
    before = {"a.go": f"package a{end}", "a.html": f"<script>{end}"}.get(path, "") + end
    after = end + {"a.html": "</script>"}.get(path, "")
    marked = before + head + rest + after

    found = target(marked, path)
    from_above = target(f"{before}|{head}{rest.replace('|', '')}{after}", path)

    assert found.code == from_above.code == head + rest.replace("|", "")
    assert found.symbol == from_above.symbol


def test_two_functions_with_what_stands_above_the_first() -> None:
    """No symbol holds both."""
    text = "# One.\ndef f():\n    pass\n\n\n# Two.\ndef g():\n    pass\n"

    found = target(text.replace("def f", "|def f") + "|")

    assert (found.symbol, found.code) == (None, text.rstrip("\n"))
