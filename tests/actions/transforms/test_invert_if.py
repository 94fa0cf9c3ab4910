"""`if` and `else` change places in languages with braces."""

import pytest

from tests.support.transforming import transformed


def inverted(text: str, path: str = "a.ts") -> str | None:
    return transformed("invertIf", text, path)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("a", "!a"),
        ("a.b()", "!a.b()"),
        ("!a", "a"),
        ("!(a && b)", "a && b"),
        ("a && b", "!(a && b)"),
        ("a === b", "a !== b"),
        ("a != 'é'", "a == 'é'"),
        ("a < b", "!(a < b)"),
        ("a === b === c", "a === b !== c"),
        ("a = b()", "!(a = b())"),
        ("a ? b : c", "!(a ? b : c)"),
    ],
)
def test_conditions_become_their_opposite(condition: str, expected: str) -> None:
    text = f"$0if ({condition}) {{\r\n\tp(); // p\r\n}} else {{\r\n\tq();\r\n}}\r\n"

    assert inverted(text) == (
        f"if ({expected}) {{\r\n\tq();\r\n}} else {{\r\n\tp(); // p\r\n}}\r\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "$0if (a) { b(); }",
        "$0if (a) {\n  b();\n} else if (c) {\n  d();\n} else {\n  e();\n}",
        "$0if (a) b(); else c();",
        "$0if (a /* why */) { b(); } else { c(); }",
        "if (a) {\n  $0b();\n} else {\n  c();\n}",
        "$0if (a) { b(); } else { c(; }",
    ],
)
def test_anything_else_is_left(text: str) -> None:
    assert inverted(text) is None


def test_of_several_the_innermost_at_the_cursor_is_meant() -> None:
    text = "if (a) {\n  if (b) { c(); } el$0se { d(); }\n} else {\n  e();\n}"

    assert inverted(text) == "if (a) {\n  if (!b) { d(); } else { c(); }\n} else {\n  e();\n}"


def test_java_is_inverted_too() -> None:
    text = "class A { void f() { $0if (a != null) { b(); } else { c(); } } }"

    assert inverted(text, "A.java") == text.replace("$0", "").replace("!=", "==").replace(
        "{ b(); } else { c(); }", "{ c(); } else { b(); }"
    )
