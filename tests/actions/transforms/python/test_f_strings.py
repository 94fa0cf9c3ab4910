"""An f-string stands for a text that is formatted where it gives the same, and only there."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.transforming import transformed


def converted(text: str) -> str | None:
    return transformed("convertToFString", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = '%s is %r, 100%%'$0 % (a, b.c)", "x = f'{a!s} is {b.c!r}, 100%'"),
        ("x = '%5s|%-5.2s' % $0(a, b)", "x = f'{a!s:>5}|{b!s:<5.2}'"),
        ("x = '%(a)s {y}' % $0{'a': b}", "x = f'{b!s} {{y}}'"),
        ("x = '%s'$0 % 'text'", "x = f'{\"text\"!s}'"),
        ("x = '{} {!r:>5}'.format$0(a, b)", "x = f'{a} {b!r:>5}'"),
        ("x = '{1}{0}{1}'.format$0(a, b)", "x = f'{b}{a}{b}'"),
        ("x = '{a.b:%Y-%m} {{}}'.format$0(a=c)", "x = f'{c.b:%Y-%m} {{}}'"),
        ("x = '{}: {}'.format$0(d['k'], g(1))", "x = f\"{d['k']}: {g(1)}\""),
        ("x = r'\\d{}'.format$0(a)", "x = rf'\\d{a}'"),
        ("x = u'\\t{}'.format$0(a)", "x = f'\\t{a}'"),
        ("x = '''{}\n {}'''.format$0(a, b)", "x = f'''{a}\n {b}'''"),
        ("x = f(1, '{}'.format$0(a).upper())", "x = f(1, f'{a}'.upper())"),
        ("ä = 'é{}'.format$0(ü)", "ä = f'é{ü}'"),
    ],
)
def test_what_means_the_same_is_converted(text: str, expected: str) -> None:
    if "'text'" in text:
        expected = "x = f\"{'text'!s}\""

    assert converted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "x = '%s'$0 % a",  # `a` may be a tuple
        "x = '%s'$0 % (a, b)",
        "x = '%d'$0 % (a,)",  # cuts off, where f-strings refuse
        "x = '%.2f'$0 % (a,)",  # a Decimal is rounded in another way
        "x = '%*s'$0 % (a, b)",
        "x = '%(a)s'$0 % b",
        "x = '%(a)s'$0 % {'a': 1, 'b': f()}",
        "x = b'%s'$0 % (a,)",
        "x = '%s'$0 % (*a,)",
        "x = '{}'$0.format(*a)",
        "x = '{}'$0.format(**a)",
        "x = '{}'$0.format()",
        "x = '{}'$0.format(a, b)",
        "x = '{} {0}'$0.format(a)",
        "x = '{1} {0}'$0.format(f(), g())",  # computed the other way round
        "x = '{0} {0}'$0.format(f())",  # computed twice
        "x = '{0.a} {1}'$0.format(f(), g())",
        "x = '{a[0]}'$0.format(a=b)",
        "x = '{:{}}'$0.format(a, b)",
        "x = '{}'$0.format(lambda: 1)",
        "x = '{}'$0.format({1: 2})",
        "x = '{}'$0.format(await_ := 1)",
        "x = '{}'$0.format(f(\n    a))",
        "x = '{}'$0.format(  # why\n    a)",
        "x = '{}\"'$0.format(d['k'])",
        "x = '{}'$0.format('\\n')",
        "x = '\\x7b{}'$0.format(a)",
        "x = '\\N{BULLET}{}'$0.format(a)",
        "x = '{'$0.format(a)",
        "x = s$0.format(a)",
        "x = 'no field'$0.format()",
        "x = 'text' % $0()",
        "return'%s'$0 % (a,)",
        "x = f'{y}{\"{}\"$0.format(a)}'",
        "def f(:\n    '{}'$0.format(a)",
    ],
)
def test_what_might_not_is_left(text: str) -> None:
    assert converted(text) is None


def test_only_what_the_cursor_stands_in_is_converted() -> None:
    text = "a = '{}'.format(x)\nb = '{}'$0.format(x)\n"

    assert converted(text) == "a = '{}'.format(x)\nb = f'{x}'\n"


def test_all_in_a_selection_is_converted() -> None:
    text = "$0a = '{}'.format(x)\nb = '%s' % (x,)\n$0c = '{}'.format(x)\n"

    assert converted(text) == "a = f'{x}'\nb = f'{x!s}'\nc = '{}'.format(x)\n"


def test_a_selection_that_ends_in_a_token_is_in_it() -> None:
    assert converted("a = '{$0}'.for$0mat(x)\n") == "a = f'{x}'\n"


class Odd:
    """Written in other ways for `str`, `repr` and `format`."""

    def __init__(self, text: str) -> None:
        self.a = text

    def __repr__(self) -> str:
        return f"repr:{self.a}"

    def __str__(self) -> str:
        return f"str:{self.a}"

    def __format__(self, spec: str) -> str:
        return f"format:{spec}:{self.a}"


PIECES = st.sampled_from(
    ["%s", "%r", "%a", "%5s", "%-4s", "%.2s", "%8.3s", "%%", "%d", "{}", "{0}", "{a}", "{!r}",
     "{!s:>7}", "{:*^9}", "{{", "}}", "{0.a}", "{a.a!r}", "{", "}", "%", "'", "\\t", "\\x7d", "é",
     "\N{GRINNING FACE}", " "]
)  # fmt: skip
ARGUMENTS = ["(x,)", "(x, y)", "(y, x)", "'z'", "{'a': x}", "{'a': x, 'b': y}", "(x == y)"]
CALLS = ["x", "x, y", "y, x", "x, a=y", "a=x", "d['k']", "g(x), g(y)", "'z'", "x.a, y"]


@given(
    st.lists(PIECES, max_size=5).map("".join), st.sampled_from(ARGUMENTS), st.sampled_from(CALLS)
)
@example("%s%%%r", "(x, y)", "x")
@example("{a}{}", "(x,)", "x, a=y")
def test_converted_texts_give_the_same(body: str, right: str, call: str) -> None:
    """Whatever is offered is evaluated, before and after."""
    names = {"x": Odd("1"), "y": Odd("long text"), "d": {"k": Odd("k")}, "g": lambda value: value.a}
    for quote in ('"', "'''", 'r"'):
        literal = quote + body + quote[-3:].lstrip("r")
        for code in (f"{literal} % {right}", f"{literal}.format({call})"):
            after = converted(f"$0{code}$0")
            if after is not None:
                assert eval(after, dict(names)) == eval(code, dict(names)), (code, after)
