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
