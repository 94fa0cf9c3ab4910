"""Brackets and quotes, read without a grammar."""

import pytest

from ownstack.completion.lexing.brackets import Frame, brackets, covered
from ownstack.completion.lexing.literals import Literal
from ownstack.languages import language_of

PYTHON = language_of("python", "")
C = language_of("c", "")


def quote(mark: str) -> list[Frame]:
    return [Frame(mark, Literal(mark))] if mark else []


@pytest.mark.parametrize(
    ("text", "mark", "unmatched", "opened", "at_end"),
    [
        ("a(b[c", "", (), (")", "]"), ""),
        ("a) b]", "", ((1, ")"), (4, "]")), (), ""),
        ("(a]", "", ((2, "]"),), (")",), ""),
        ("'(' # (", "", (), (), ""),
        ("'(", "", (), (), "'"),
        ("it's (\n)", "", ((7, ")"),), (), ""),
        ("'''(\n(", "", (), (), "'''"),
        ("a\\'b') + (", "'", ((4, "'"), (5, ")")), (")",), ""),
        ("a\n)", "'", ((2, ")"),), (), ""),
        ("", "", (), (), ""),
        ("\\", "'", (), (), "'"),
    ],
)
def test_what_a_text_opens_and_closes(
    text: str,
    mark: str,
    unmatched: tuple[tuple[int, str], ...],
    opened: tuple[str, ...],
    at_end: str,
) -> None:
    """Strings and comments do not count; a quote ends with its line at the latest."""
    read = brackets(text, PYTHON, quote(mark))

    assert (read.unmatched, read.open, read.mark) == (unmatched, opened, at_end)


def test_marks_are_those_of_the_language() -> None:
    """An apostrophe opens no string in C; `//` begins a comment there and not in Python."""
    assert brackets("'( // (", C).open == (")",)
    assert brackets("a // (", PYTHON).open == (")",)
    assert brackets("c == '(' || c == '\\'' /* ( */", C).open == ()


def test_nesting_has_no_depth_limit() -> None:
    """Only the length of what is read has one."""
    assert len(brackets("(" * 10_000, PYTHON).open) == 10_000


CODE_IN_STRINGS = [
    ("python", 'print(f"{len(', ')}")'),
    ("python", "print(rf'''{a[", "]}''')"),
    ("javascript", "log(`a ${f(", ")}`)"),
    ("typescript", "log(`a ${f({", "})}`)"),
    ("ruby", 'puts("#{f(', ')}")'),
    ("csharp", 'Log($"{F(', ')}")'),
    ("csharp", 'Log($@"{a[', ']}")'),
    ("kotlin", 'println("${f(', ')}")'),
    ("kotlin", 'println("""${f(', ')}""")'),
    ("swift", 'print("\\(f(', '))")'),
    ("scala", 's"${f(', ')}"'),
    ("elixir", 'IO.puts("#{f(', ')}")'),
    ("php", 'echo("{$a[', ']}")'),
    ("shellscript", 'echo "$(', ')"'),
]


@pytest.mark.parametrize(("language", "head", "closers"), CODE_IN_STRINGS)
def test_code_in_a_string_is_code(language: str, head: str, closers: str) -> None:
    """What it needs to be closed, from the inside out; and that is what is there already."""
    known = language_of(language, "")
    read = brackets(head, known)

    assert (read.needed, read.in_string_code) == (closers, True)
    assert covered(f"dough{closers}", closers, known, read.frames) == len(closers)
    assert covered(f"dough{closers[:1]}", closers, known, read.frames) == 1


@pytest.mark.parametrize(
    ("language", "text", "needed"),
    [
        ("python", 'f"{{(', '"'),
        ("python", '"{f(', '"'),
        ("python", 'r"\\', '"'),
        ("javascript", '"${f(', '"'),
        ("ruby", "'#{f(", "'"),
        ("csharp", '"{f(', '"'),
        ("scala", '"${f(', '"'),
        ("shellscript", "$#(", ")"),
    ],
)
def test_not_every_bracket_in_a_string_is_code(language: str, text: str, needed: str) -> None:
    """Only in literals that are meant for it."""
    assert brackets(text, language_of(language, "")).needed == needed


def test_lines_at_which_nothing_is_open() -> None:
    """A line break in a bracket, a string or after a backslash goes on with the line."""
    text = "a(\n1)\nb = '''\n'''\nc = 1 + \\\n2  # (\nd"

    assert [text[at - 1] for at in brackets(text, PYTHON).breaks] == [")", "'", "("]


@pytest.mark.parametrize(
    ("text", "rest", "expected"),
    [
        ("a)", ")", 1),
        ("a)", ") + b", 1),
        ("a)", " )", 2),
        ("a)", "\f)", 0),
        ("a)]", ")]", 2),
        ("a]", ")]", 0),
        ("a();", ";", 1),
        ("a);", ");", 2),
        ("a);", ")  ;  // b", 1),
        ("f(a)", ")", 0),
        ("a", "", 0),
    ],
)
def test_what_right_of_the_cursor_is_written_again(text: str, rest: str, expected: int) -> None:
    """Closing marks in order, then the punctuation at the end of both."""
    assert covered(text, rest, PYTHON) == expected
