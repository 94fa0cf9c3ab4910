"""`if` and `else` change places, with all that stands in them."""

import ast

import pytest

from tests.support.transforming import transformed


def inverted(text: str) -> str | None:
    return transformed("invertIf", text)


def test_blocks_move_with_their_comments() -> None:
    text = """def f():
    $0if a == b and c:
        x = 1
        # after x
    else:
        y = '''
z'''

        z = 3
        # after z
    return
"""

    assert (
        inverted(text)
        == """def f():
    if not (a == b and c):
        y = '''
z'''

        z = 3
        # after z
    else:
        x = 1
        # after x
    return
"""
    )


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", "not a"),
        ("not a", "a"),
        ("not (a or b)", "(a or b)"),
        ("a is None", "a is not None"),
        ("a is  not None", "a is None"),
        ("a not in b", "a in b"),
        ("a==b", "a != b"),
        ("(a) != (b)", "(a) == (b)"),
        ("a < b", "not a < b"),  # neither is true of NaN
        ("a < b < c", "not a < b < c"),
        ("a or b", "not (a or b)"),
        ("(a or\n    b)", "not (a or\n    b)"),
        ("a if b else c", "not (a if b else c)"),
        ("(a := b)", "not (a := b)"),
        ("lambda: 1", "not (lambda: 1)"),
        ("f(a)(b)", "not f(a)(b)"),
        ("ä == 'é'", "ä != 'é'"),
    ],
)
def test_conditions_become_their_opposite(condition: str, expected: str) -> None:
    text = f"$0if {condition}:\n    p()\nelse:\n    q()\n"

    assert inverted(text) == f"if {expected}:\n    q()\nelse:\n    p()\n"


@pytest.mark.parametrize(
    "text",
    [
        "$0if a:\n    x\n",
        "$0if a:\n    x\nelif b:\n    y\n",
        "$0if a:\n    x\nelif b:\n    y\nelse:\n    z\n",
        "if a:\n    x\n$0elif b:\n    y\nelse:\n    z\n",
        "$0if a: x\nelse: y\n",
        "$0if a:  # why\n    x\nelse:\n    y\n",
        "$0if a:\n    x\nelse:  # why\n    y\n",
        "$0if a:\n    x\n# otherwise\nelse:\n    y\n",
        "$0if (  # why\n    a):\n    x\nelse:\n    y\n",
        "if a:\n    $0x\nelse:\n    y\n",
        "for a in b:\n    if a:\n        x\n$0else:\n    y\n",
        "$0x = a if b else c\n",
        "$0if a:\n    x\nelse:\n    y(\n",
    ],
)
def test_anything_else_is_left(text: str) -> None:
    assert inverted(text) is None


def test_tabs_and_line_ends_are_those_of_the_file() -> None:
    text = "if a:\r\n\tx\r\nel$0se:\r\n\ty"

    assert inverted(text) == "if not a:\r\n\ty\r\nelse:\r\n\tx"


@pytest.mark.parametrize("condition", ["a", "a is b", "a in (b, c)", "a == b", "(a and b)"])
def test_twice_is_as_before(condition: str) -> None:
    text = f"if {condition}:\n    p()\n    # p\n\nelse:\n    q()\n"
    once = inverted(f"$0{text}")
    assert once is not None

    twice = inverted(f"$0{once}")

    assert twice is not None
    assert ast.dump(ast.parse(twice)) == ast.dump(ast.parse(text))
