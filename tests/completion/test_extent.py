"""How much is suggested at `$0`."""

import itertools

import pytest

from ownstack.completion.extent import Extent, extent_at
from ownstack.completion.suggestion import Trigger
from ownstack.document import Document
from ownstack.settings import CompletionSettings

_numbers = itertools.count()


def extent_of(
    text: str,
    language: str = "python",
    *,
    invoked: bool = False,
    after_accept: bool = False,
    settings: CompletionSettings | None = None,
) -> Extent:
    document = Document(f"test:{next(_numbers)}", "", language, 1, text.replace("$0", ""))
    return extent_at(
        document,
        text.index("$0"),
        trigger=Trigger.INVOKED if invoked else Trigger.AUTOMATIC,
        after_accept=after_accept,
        settings=settings or CompletionSettings(max_lines=12),
    )


LINE = Extent(1, None, "line")


def block(min_indent: int) -> Extent:
    return Extent(12, min_indent, "block")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f():$0", block(1)),
        ("def f():\n    $0", block(1)),
        ("def f():\n$0", block(1)),
        ("def f():\r\n    $0\r\n", block(1)),
        ("def f():  # note\n    $0\n", block(1)),
        ("def f(\n    a,\n):\n    # note\n    $0\n", block(1)),
        ("    def f(a,\n            b):\n        $0\n", block(5)),
        ('def f():\n    """Doc."""\n    $0\n\nx = 1\n', block(1)),
        ("x = (\n    1)\nif x:\n    $0\n", block(1)),
        ("class A:\n    def f(self):\n        $0\n\n    def g(self): ...\n", block(5)),
        ("class A:\n\tdef f(self):\n\t\t$0\n", block(5)),
        ("while x:\n    for y in z:\n        $0", block(5)),
        ("match x:\n    case 1:\n        $0\n    case 2:\n        pass\n", block(5)),
        ("x = (\ndef f():\n    $0\n", block(1)),
        ("def f():\n    $0\n    return 1\n", LINE),
        ("def f(): $0 return", LINE),
        ("x = 1$0\n", LINE),
        ("x = {1:$0}", LINE),
        ("x = {\n    1:$0", LINE),
        ("x[1:$0]", LINE),
        ("f = lambda x:$0", LINE),
        ("x:$0", LINE),
        ("# if x:$0", LINE),
        ("# if x:\n$0", LINE),
        ('def f():\n    """If x:\n    $0\n    """\n', LINE),
        ('x = "if x:$0"', LINE),
        ("$0", LINE),
    ],
)
def test_python_blocks(text: str, expected: Extent) -> None:
    """A block is suggested where a header's colon has nothing after it, and nowhere else."""
    assert extent_of(text) == expected


BRACES = {
    "javascript": "function f() ",
    "typescript": "interface A ",
    "typescriptreact": "const f = () => ",
    "go": "func f() ",
    "rust": "fn f() ",
    "java": "class A ",
    "c": "int main() ",
    "cpp": "namespace a ",
    "csharp": "void F() ",
    "kotlin": "fun f() ",
}


@pytest.mark.parametrize("language", BRACES)
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{$0}", block(0)),
        ("{\n    $0\n}\n", block(1)),
        ("{\n    $0\n", block(0)),
        ("{\n\n    $0\n\n}\n", block(1)),
        ("{\n    // note\n    $0\n}\n", block(1)),
        ("{\n    $0\n    a;\n}\n", LINE),
        ("{ $0 a }", LINE),
    ],
)
def test_brace_blocks(language: str, body: str, expected: Extent) -> None:
    """Empty braces of a body are a block; where the `}` is missing, it belongs to the answer."""
    assert extent_of(BRACES[language] + body, language) == expected


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("void f(int a,\n       int b) {\n  $0\n}\n", "c"),
        ("if (a) {\n} else if (b(\n      c)) {\n  $0\n}\n", "javascript"),
    ],
)
def test_a_header_may_take_several_lines(text: str, language: str) -> None:
    """Its first line says how deep the block is."""
    assert extent_of(text, language) == block(1)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("x = {$0}", "javascript"),
        ("foo({$0})", "javascript"),
        ("import {$0} from 'a'", "typescript"),
        ("int a[] = {$0};", "c"),
        ("x := T{$0}", "go"),
        ("let x = `${$0}`", "javascript"),
        ("x = {$0}", "csharp"),
        ("// if (a) {$0", "csharp"),
    ],
)
def test_braces_of_values_are_no_blocks(text: str, language: str) -> None:
    """Objects, initialisers, imports: one line."""
    assert extent_of(text, language) == LINE


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("def f(x)\n  $0\nend\n", "ruby", block(1)),
        ("a.each do\n  $0\nend\n", "ruby", block(1)),
        ("definition = 1\n$0\n", "ruby", LINE),
        ("if a; then\n  $0\nfi\n", "shellscript", block(1)),
        ("function f()\n  $0\nend\n", "lua", block(1)),
        ("a:\n  $0\n", "yaml", block(1)),
        ("main = do\n  $0\n", "haskell", block(1)),
        ("some prose.\n$0", "plaintext", LINE),
        ("f() {\n    $0\n}\n", "unheard-of", block(1)),
    ],
)
def test_without_a_grammar_words_and_indentation_decide(
    text: str, language: str, expected: Extent
) -> None:
    """The table of languages says which words open a block."""
    assert extent_of(text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n$0", Extent(12, 0, "after-accept")),
        ("if x:\n    y = 1\n    $0\n", Extent(12, 4, "after-accept")),
        ("if x:\n    $0\n", block(1)),
        ("x = 1$0\n", LINE),
        ("# one\n# $0\n", LINE),
    ],
)
def test_after_an_accepted_suggestion_the_next_line_may_be_several(
    text: str, expected: Extent
) -> None:
    """Only at the start of a line; prose stays prose."""
    assert extent_of(text, after_accept=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1$0\n", Extent(24, 0, "invoked")),
        ("if x:\n    y$0\n", Extent(24, 4, "invoked")),
        ("if x:\n    $0\n", Extent(24, 1, "invoked")),
        ("x = f($0)\n", Extent(24, 0, "invoked")),
        ("x = $0 + 1\n", LINE),
        ("# note$0\n", LINE),
    ],
)
def test_who_asks_gets_more(text: str, expected: Extent) -> None:
    """Twice as much, but no lines into the middle of one."""
    assert extent_of(text, invoked=True) == expected


def test_the_user_may_forbid_several_lines() -> None:
    """The setting holds for what comes by itself, not for what is asked for."""
    never = CompletionSettings(multiline="never")

    assert extent_of("if x:\n    $0", settings=never) == LINE
    assert extent_of("if x:\n    $0", settings=never, invoked=True).why == "invoked"


@pytest.mark.parametrize("language", [*BRACES, "python", "ruby", "plaintext", ""])
@pytest.mark.parametrize("invoked", [False, True])
def test_half_typed_code_always_has_an_extent(language: str, invoked: bool) -> None:
    """Every prefix of odd code, with closers behind it or not."""
    code = "class A {\n  def f(a: '😀\f\r\n\tif (b[1) {\r  # \0 x:\n\t\t`${c}\"\n)]}\ud800"
    for length in range(len(code)):
        for behind in ("", ")", "\n}", "\r\n  x"):
            made = extent_of(code[:length] + "$0" + behind, language, invoked=invoked)
            assert made.max_lines in (1, 12, 24)


@pytest.mark.parametrize("text", ["x" * 900_000 + "$0", "(" * 10_000 + "$0", "{\n" * 10_000 + "$0"])
def test_long_lines_and_deep_nesting(text: str) -> None:
    """No limit of the machine is met."""
    assert extent_of(text, "c").max_lines >= 1
