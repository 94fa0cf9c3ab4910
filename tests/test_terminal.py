"""What others wrote is shown, and obeyed by no terminal."""

import ast
import json
import logging
from pathlib import Path

import pytest

from ownstack.terminal import LogFormatter, safe_json, visible, visible_lines

HOSTILE = [
    ("\x1b]52;c;cm0gLXJmIH4=\x07", r"\x1b]52;c;cm0gLXJmIH4=\x07"),
    ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
    ("\x9b2J", r"\x9b2J"),
    ("a\nb\r\vc", r"a\nb\r\x0bc"),
    ("user\u202e\u2066cod.exe", r"user\u202e\u2066cod.exe"),
    ("a\u2028b\x85c", r"a\u2028b\x85c"),
    ("odd\udcff.py", r"odd\xff.py"),
    ("half \ud800", r"half \ud800"),
    ("\x7f\0", r"\x7f\x00"),
    ("größe 登录 👩\u200d💻 \tx", "größe 登录 👩\u200d💻 \tx"),
]


@pytest.mark.parametrize(("text", "shown"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_is_a_line(text: str, shown: str) -> None:
    """Nothing in it moves the cursor, turns the letters round or ends the line."""
    assert visible(text) == shown
    assert visible(shown) == shown


def test_lines_stay_lines() -> None:
    """Their ends are those of the text, and nothing else is."""
    assert visible_lines("a\x1b[1m\r\nb\rc\n") == "a\\x1b[1m\nb\\rc\n"


@pytest.mark.parametrize(("text", "shown"), HOSTILE, ids=range(len(HOSTILE)))
def test_json_stays_json(text: str, shown: str) -> None:
    """It means the same, and can be printed."""
    printed = safe_json(json.dumps({text: [text]}, ensure_ascii=False))

    assert json.loads(printed) == {text: [text]}
    assert printed.encode("utf-8")
    assert visible(printed) == printed


def test_a_record_of_the_log_is_a_line() -> None:
    """A name of a file writes no record of its own."""
    formatter = LogFormatter("%(levelname)s %(message)s")
    try:
        raise ValueError("bad\x1b[2J name")
    except ValueError as error:
        known = (type(error), error, error.__traceback__)
    record = logging.LogRecord("a", logging.INFO, "f", 1, "read %s", ("a\nERROR b\x1b[2J",), known)

    first, *rest = formatter.format(record).split("\n")

    assert first == r"INFO read a\nERROR b\x1b[2J"
    assert rest[-1] == r"ValueError: bad\x1b[2J name"


def test_commands_print_in_one_place_only() -> None:
    """So that nothing is printed as it is."""
    folder = Path(__file__).parents[1] / "server" / "ownstack" / "cli"
    printing = [
        path.name
        for path in folder.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]

    assert set(printing) == {"output.py"}
