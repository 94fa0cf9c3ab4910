"""Texts put together with `+` become template literals that say the same."""

import pytest

from tests.support.transforming import transformed


def converted(text: str, path: str = "a.ts") -> str | None:
    return transformed("convertToTemplate", text, path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 'a' +$0 b", "x = `a${b}`"),
        ("x = a + b$0 + 'c' + (d + e) + f * 2 - 1", "x = `${a + b}c${d + e}${f * 2}` - 1"),
        ("x = '`${y}\\'\\n' $0+ b", "x = `\\`\\${y}'\\n${b}`"),
        ("x = 'a' + $0`b${c}$` + d", "x = `ab${c}$${d}`"),
        ("x = 'a' +\n  b +\n$0  'c';", "x = `a${b}c`;"),
        ("f('a' + g('b' + $0c))", "f('a' + g(`b${c}`))"),
        ("f('a' + $0g('b' + c))", "f(`a${g('b' + c)}`)"),
        ("é = 'ä' + $0ü;\r\n", "é = `ä${ü}`;\r\n"),
    ],
)
def test_what_is_put_together_stands_in_one_template(text: str, expected: str) -> None:
    assert converted(text) == expected


def test_elements_of_scripts_are_no_matter() -> None:
    assert converted("const e = <A b={'x' + $0y}/>", "a.tsx") == "const e = <A b={`x${y}`}/>"
    assert converted("const e = <A b={'x' + $0y}/>", "a.jsx") == "const e = <A b={`x${y}`}/>"


@pytest.mark.parametrize(
    "text",
    [
        "x = 'a' +$0 'b'",
        "x = a +$0 b",
        "x = 'a' +$0 /* why */ b",
        "x = '$'$0 + '{' + a",
        "x = '\\1' $0+ a",  # no template has octal escapes
        "enum A { B = 'x' + $0y }",  # no enum of older TypeScript has templates
        "x = 'a' - $0b",
        "$0y; x = 'a' + b",
        "x = 'a' + $0",
    ],
)
def test_anything_else_is_left(text: str) -> None:
    assert converted(text) is None
