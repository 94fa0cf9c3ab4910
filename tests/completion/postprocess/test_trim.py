r"""From raw text to what is shown: documents with the cursor at `$0`, and what must come out.

`|` in an expected text marks where the remainder begins.
"""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.completion.extent import Extent
from ownstack.completion.postprocess.trim import UNFINISHED, Trimmed, replaced, trim
from ownstack.document import Document

_numbers = itertools.count()
LINE = Extent(1, None, "line")


def place(text: str, language: str) -> tuple[Document, int]:
    path = f"test:{next(_numbers)}"
    return Document(path, "", language, 1, text.replace("$0", "")), text.index("$0")


def trimmed(
    text: str, raw: str, language: str = "python", *, extent: Extent = LINE, complete: bool = True
) -> Trimmed:
    document, offset = place(text, language)
    return trim(raw, complete=complete, document=document, offset=offset, extent=extent)


def accepted(text: str, raw: str, language: str = "python", extent: Extent = LINE) -> str:
    """The document after the suggestion was accepted."""
    document, offset = place(text, language)
    shown = trim(raw, complete=True, document=document, offset=offset, extent=extent).text
    span = replaced(shown, document, offset)
    assert span.start == offset
    return document.text[:offset] + shown + document.text[span.end :]


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("x = $0\n", "foo(1)\ny = 2\n", Trimmed("foo(1)", "\ny = 2\n", "")),
        ("x = $0\n", "foo(1)   \n", Trimmed("foo(1)", "\n", "")),
        ("x$0\r\ny\r\n", " = 2\r\nz\r", Trimmed(" = 2", "\nz\n", "")),
        ("x = 1$0\n", "\ny = 2\n", Trimmed("", "", "nothing on this line")),
        ("x = $0\n", " \n\t", Trimmed("", "", "nothing but white space")),
        ("x = $0\n", "", Trimmed("", "", "nothing but white space")),
    ],
)
def test_one_line_ends_with_its_line(text: str, raw: str, expected: Trimmed) -> None:
    """What follows it is kept for the cache; line ends are LF, which editors translate."""
    assert trimmed(text, raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (" = 1<|fim_middle|>x", " = 1"),
        (" = 1<|endoftext|>", " = 1"),
        (" = 1<fim_suffix>", " = 1"),
        (" = 1 ▁<MID>", " = 1"),
        (" = 1<file_sep>b.py", " = 1"),
        (" = 1\x00\x01", " = 1"),
        (" = 1\ufffd", " = 1"),
        (" = '<b>|</b>'", " = '<b>|</b>'"),
        (" = a <b> c", " = a <b> c"),
        ("```python\nx", ""),
    ],
)
def test_no_markers_and_no_control_characters(raw: str, expected: str) -> None:
    """They end the text; markup that people write does not."""
    document, offset = place("# x$0", "python")

    assert trim(raw, complete=True, document=document, offset=offset, extent=LINE).text == expected


def test_a_marker_that_the_file_uses_is_text() -> None:
    """Somebody has to write the programs that know these words."""
    text = 'A = "<|fim_middle|>"\nB$0\n'

    assert trimmed(text, ' = "<|fim_middle|>"').text == ' = "<|fim_middle|>"'


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("x = $0", " foo", "foo"),
        ("x =$0", " foo", " foo"),
        ("x = 1 $0", " # one", " # one"),
        ("    $0", " return x", "return x"),
        ("    $0", "    return x", "return x"),
        ("$0", "    return x", "    return x"),
    ],
)
def test_a_blank_too_many_at_the_beginning(text: str, raw: str, expected: str) -> None:
    """After a blank, another is one too many; so is a level that no line above opens."""
    assert trimmed(f"if x:\n    y\n{text}\n", raw, "plaintext").text == expected


BLOCK = Extent(12, None, "invoked")


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("a {\n\tb {\n\t\t$0\n\t}\n}", "x\n        y\n            z", "x\n\t\ty\n\t\t\tz"),
        ("a {\n  b {\n    $0\n  }\n}", "x\n\t\ty", "x\n    y"),
        ("a {\n    b {\n        $0\n    }\n}", "x\n\t\ty", "x\n        y"),
        ("a {\n  b {\n    $0\n  }\n}", "x\n    y", "x\n    y"),
        ("$0", "x\n\ty", "x\n\ty"),
    ],
)
def test_later_lines_are_indented_as_the_file_is(text: str, raw: str, expected: str) -> None:
    """Tabs in files of tabs, spaces in files of spaces."""
    assert trimmed(text, raw, "csharp", extent=BLOCK).text == expected


@pytest.mark.parametrize(
    ("text", "raw", "language", "expected"),
    [
        ("x = foo($0)", "1, 2)", "python", "x = foo(1, 2)"),
        ("x = foo($0)", "1, 2", "python", "x = foo(1, 2)"),
        ("x = foo($0)", "1, 2))", "python", "x = foo(1, 2)"),
        ("x = foo(bar($0))", "x())", "python", "x = foo(bar(x()))"),
        ("x = foo($0)", "1) + bar(2)", "python", "x = foo(1) + bar(2)"),
        ("x = foo(bar($0))", "1), 2", "python", "x = foo(bar(1), 2)"),
        ('x = "$0"', 'abc"', "python", 'x = "abc"'),
        ('x = ["$0"]', 'abc", "d"]', "python", 'x = ["abc", "d"]'),
        ("x = ['$0']", "it\\'s']", "python", "x = ['it\\'s']"),
        ("if (x$0) {\n}", " > 1) {", "c", "if (x > 1) {\n}"),
        ("foo()$0;", ".bar();", "javascript", "foo().bar();"),
        ("foo($0);", "a, b);", "javascript", "foo(a, b);"),
        ("x = $0 + 1", "foo + 1", "python", "x = foo  + 1"),
        ("x = $0bar", "foo.bar", "python", "x = foo.bar"),
        ("x = foo($0b)", "a, b)", "python", "x = foo(a, b)"),
        ("x = foo(a$0", ", b)", "python", "x = foo(a, b)"),
        ("x = foo $0", "]", "python", "x = foo "),
        (
            "function f() {$0}",
            "\n    return 1;\n}",
            "javascript",
            "function f() {\n    return 1;\n}",
        ),
    ],
)
def test_what_stands_right_of_the_cursor_is_not_doubled(
    text: str, raw: str, language: str, expected: str
) -> None:
    """Closing marks are written over, a rest of words is left out, unmatched closers are cut."""
    extent = Extent(12, 0, "block") if "\n" in raw else LINE

    assert accepted(text, raw, language, extent) == expected


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("foo($0)", "1)", ")"),
        ("foo($0)", "1", ""),
        ("foo($0) + 1", "1)", ")"),
        ("foo($0 )", "1)", " )"),
        ("foo($0))", "(1)", ""),
        ("$0x", "1)", ""),
        ("$0", "1)", ""),
        ("x = '$0'  # don't", "a'", "'"),
    ],
)
def test_accepting_replaces_closing_marks_only(text: str, raw: str, expected: str) -> None:
    """The span never holds anything else, and never leaves the line."""
    document, offset = place(text + "\n)", "python")
    span = replaced(raw, document, offset)

    assert document.text[span.start : span.end] == expected


@pytest.mark.parametrize(
    ("text", "raw", "reason"),
    [
        ("x = [1$0]\n", "]", "it repeats what follows"),
        ("foo({$0})\n", "})", "it repeats what follows"),
        ("x = $0foo()\n", "foo()", "it repeats what follows"),
        ("def f():\n    $0\n    return x\n", "return x", "it repeats the next line"),
        ("def f():\n    retu$0\n    return x\n", "rn x", "it repeats the next line"),
        ("def f():\n    $0\n\n    x = 'a'\n", 'x="a"', "it repeats the next line"),
        ("x = $0\n", "ab, cd, ab, cd, ab, cd, ab, cd, ab, cd, ab, cd", "it repeats itself"),
    ],
)
def test_a_line_that_says_nothing_new_is_not_shown(text: str, raw: str, reason: str) -> None:
    """The reason is given in words."""
    assert trimmed(text, raw) == Trimmed("", "", reason)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("def f():\n    $0\n    self.right = right\n", "self.light = light"),
        ("if a:\n    $0\nreturn None\n", "return None"),
        ("    $0\n    return xs\n", "return x"),
        ("x = [\n    $0\n]\n", "0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"),
        ("x = $0  # foo\n", "foo"),
        ("# $0\n", "=================================================="),
        ("foo$0\nfoo()\n", "()()"),
    ],
)
def test_legitimate_text_stays(text: str, raw: str) -> None:
    """What merely resembles its surroundings is shown as it is."""
    assert trimmed(text, raw, "plaintext") == Trimmed(raw, "", "")


AFTER = Extent(12, 0, "after-accept")


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        ("x\n$0", "a\nb\nb\nb\nb\n", "a\nb"),
        ("x\n$0", "a1\nb\nc\na1\nb\nc\n", "a1\nb\nc"),
        ("x\n$0", "a\nb\na\nb\nc", "a\nb\na\nb\nc"),
        ("f($0)", "\n)\n)\n)", "\n)"),
        ("x\n$0\nfoo()\nbar()\n", "a()\nfoo()\nbar()\n", "a()"),
        ("x\n$0\nfoo()\nbar()\n", "a()\nfoo()\nba", "a()\nfoo()\nba"),
        ("x\n$0\nfoo()\nbarometer()\n", "a()\nfoo()\nbarometer", "a()\nfoo()\nbarometer"),
        ("$0\nreturn x\n", "if y:\n    return x\n", "if y:\n    return x"),
        ("x\n$0\n\nfoo()\nbar()\n", "foo()\nbar()\n", ""),
    ],
)
def test_repeated_lines_are_cut(text: str, raw: str, expected: str) -> None:
    """Lines over and over, and lines that stand below already, at the same depth."""
    assert trimmed(text, raw, "plaintext", extent=AFTER).text == expected


def test_a_broken_off_repetition_of_what_is_below_is_recognised() -> None:
    """The last line need only be the beginning of the one below."""
    text = "x\n$0\nfoo()\nbarometer()\n"

    assert (
        trimmed(text, "a\nfoo()\nbarometer", "plaintext", extent=AFTER, complete=False).text == "a"
    )


@pytest.mark.parametrize(
    ("text", "raw", "language", "extent", "expected"),
    [
        (
            "def f():\n    $0\n",
            "x = 1\n    y = 2\n\n\ndef g():\n    pass\n",
            "python",
            Extent(12, 1, "block"),
            "x = 1\n    y = 2|\n\n\ndef g():\n    pass\n",
        ),
        (
            "function f() {\n    $0\n",
            "return 1;\n}\n\nfunction g() {",
            "javascript",
            Extent(12, 0, "block"),
            "return 1;\n}|\n\nfunction g() {",
        ),
        (
            "function f() {\n    $0\n}\n",
            "return 1;\n}\n",
            "javascript",
            Extent(12, 1, "block"),
            "return 1;|\n}\n",
        ),
        (
            "def f():\n    $0\n",
            "a = 1\n    b = [\n        1,\n        2,\n",
            "python",
            Extent(3, 1, "block"),
            "a = 1|\n    b = [\n        1,\n        2,\n",
        ),
        ("x = 1\n$0\n", "y = 2\n\nz = 3\n", "python", AFTER, "y = 2|\n\nz = 3\n"),
        ("A\n$0\n", "b\nc\nd\n", "plaintext", Extent(2, None, "invoked"), "b|\nc\nd\n"),
    ],
)
def test_several_lines_end_where_their_extent_does(
    text: str, raw: str, language: str, extent: Extent, expected: str
) -> None:
    """Dedent, the closing brace, a blank line, or the last whole statement within the limit."""
    shown, remainder = expected.split("|")

    assert trimmed(text, raw, language, extent=extent) == Trimmed(shown, remainder, "")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("for i in x:\n    foo(i)\n    bar(i, ba", "for i in x:\n    foo(i)"),
        ("foo(1)\nbar(", "foo(1)"),
        ("foo(\n    1,\n", ""),
    ],
)
def test_a_broken_off_answer_ends_with_its_last_whole_statement(raw: str, expected: str) -> None:
    """Half a statement at the end is not shown."""
    assert trimmed("x = 1\n$0\n", raw, extent=AFTER, complete=False).text == expected


BROKEN = "it would break the syntax"


@pytest.mark.parametrize(
    ("text", "raw", "language", "dropped"),
    [
        ("x = 1\n$0\ny = 2\n", "def def", "python", BROKEN),
        ("def f():\n    x = $0\n    y = 2\n", "foo(1 2)", "python", BROKEN),
        ("x = 1\n$0\ny = 2\n", "for x y:", "python", BROKEN),
        ("x = 1\n$0\ny = 2\n", "foo(1 2 3", "python", BROKEN),
        ("x = 1\n$0\ny = 2\n", "foo(", "python", UNFINISHED),
        ("x = 1\n$0\ny = 2\n", "foo(a, {'b':", "python", UNFINISHED),
        ("x = 1\n$0\ny = 2\n", "x = a +", "python", UNFINISHED),
        ("x = 1\n$0\ny = 2\n", "@decorator", "python", ""),
        ("x = 1\n$0\ny = 2\n", "try:", "python", ""),
        ("x = 1\n$0\ny = 2\n", 'x = """Doc', "python", UNFINISHED),
        ("x = 1\n$0\ny = 2\n", '"""', "python", UNFINISHED),
        ('def f():\n    $0\n    More.\n    """\n', '"""Doc.', "python", ""),
        ("x = 1\n$0\ny = 2\n", 'x = "Doc', "python", UNFINISHED),
        ("x = 1\n$0\n    a=1,\n)\ny = 2\n", "foo(", "python", ""),
        ("x = 1;\n$0\n", "test('a', () => {", "javascript", ""),
        ("x = 1;\n$0\n", "if (a) {", "javascript", ""),
        ("x = 1;\n$0\n", "foo(a, {", "javascript", UNFINISHED),
        ("x = 1;\n$0\n", "return {", "javascript", UNFINISHED),
        ("x = 1;\n$0\n", "const x = {", "typescript", UNFINISHED),
        ("x = 1;\n$0\n", "const f = (a) => {", "typescript", ""),
        ("func f() {\n\t$0\n}\n", "x := Foo{", "go", UNFINISHED),
        ("func f() {\n\t$0\n}\n", "for i := range x {", "go", ""),
        ("fn f() {\n    $0\n}\n", "xs.map(|x| {", "rust", ""),
        ("fn f() {\n    $0\n}\n", "let x = Foo {", "rust", UNFINISHED),
        ("fun f() {\n    $0\n}\n", "xs.map { x ->", "kotlin", ""),
        ("fun f() {\n    $0\n}\n", "if (x) {", "kotlin", ""),
        ("fun f() {\n    $0\n}\n", "listOf(", "kotlin", UNFINISHED),
        ("x = 1\n$0\n", "foo(a, [", "ruby", UNFINISHED),
        ("x = 1\n$0\n  1, 2\n])\n", "foo(a, [", "ruby", ""),
        ("# $0\n", "any words ( at all", "python", ""),
        ("x = '$0'\n", "any words ( at all", "python", ""),
        ("int a;\n$0\nint b;\n", "int x y z w", "c", BROKEN),
        ("int a;\n$0\nint b;\n", "int x = foo(a,", "c", UNFINISHED),
        ("int a;\n$0\nint b;\n", "#define A(b) (", "c", ""),
        ("if (a) {\n  b();\n$0\n}\n", "} else {", "javascript", ""),
        ("f({\n  a: 1,\n  $0\n  c: 2,\n});\n", "b: g(2)", "javascript", ""),
        ("fn f() {\n    $0\n    g();\n}\n", "let x = 1", "rust", ""),
        ("match x {\n    $0\n    _ => {}\n}\n", "1 => g()", "rust", ""),
        ("func f() {\n\t$0\n}\n", "x := := 1", "go", BROKEN),
        ("if (a && (b.c$0\n  d();\n}\n", " = false;", "typescript", BROKEN),
        ("for (int i = 0$0)\n{\n}\n", "; i < n; i++", "c", ""),
        ("function f() {\n  g();\n  $0\n}\n\nh();\n", "}", "javascript", BROKEN),
        ("class A {\n    $0\n}\n", "private int x", "java", ""),
    ],
)
def test_a_suggestion_adds_no_error(text: str, raw: str, language: str, dropped: str) -> None:
    """The beginning of a block is none; other statements end on their line, or go on."""
    shown = trimmed(text, raw, language)

    assert (shown.dropped, shown.text) == (dropped, "" if dropped else raw)


def test_broken_code_stays_completable() -> None:
    """Errors that were there before are nobody's fault."""
    assert trimmed("def f(:\n  x = (\n$0\n]] y\n", "foo(1)").text == "foo(1)"


def test_several_lines_are_shortened_until_they_are_right() -> None:
    """Rather than nothing, the whole statements before the error; the rest is not cached."""
    shown = trimmed("x = 1\n$0\ny = 2\n", "a = 1\nb = 2\nc = = 3\n", extent=AFTER)

    assert shown == Trimmed("a = 1\nb = 2", "", "")


ODD = "a| |\n|\r|    |\t|(|)|{|}|\"|'|😀|\f|\0|;|foo|return|:|```|<fim_pad>|\ud800|,|#|//"
raws = st.lists(st.sampled_from(ODD.split("|")), max_size=25).map("".join)


@given(raws, raws, raws, st.sampled_from(["python", "javascript", "rust", "c", "ruby", ""]))
def test_whatever_comes_out_came_in(before: str, raw: str, after: str, language: str) -> None:
    """Never raises; nothing is invented; nothing is both shown and dropped."""
    document = Document("test:any", "", language, 1, before + after)
    for extent in (LINE, AFTER, Extent(3, 2, "block")):
        for complete in (True, False):
            shown = trim(
                raw, complete=complete, document=document, offset=len(before), extent=extent
            )
            span = replaced(shown.text, document, len(before))
            assert bool(shown.text.strip()) == (not shown.dropped)
            assert not (set(shown.text) & set("\r\0\ud800"))
            assert shown.text.count("\n") < max(extent.max_lines + 1, 2)
            assert span.start == len(before) <= span.end <= len(document.text)
            assert not document.text[span.start : span.end].strip(")]}\"'`;,:{ \t")


@pytest.mark.slow
@pytest.mark.parametrize(
    "raw", ["x" * 1_000_000, "(" * 10_000, "a, " * 300_000, "\n" * 100_000, "a\n" * 100_000]
)
@pytest.mark.parametrize("text", ["$0", "x" * 900_000 + "$0", "(" * 10_000 + "$0" + ")" * 10_000])
def test_long_text_is_no_trouble(raw: str, text: str) -> None:
    """A megabyte in, one line or nothing out."""
    for extent in (LINE, AFTER):
        assert len(trimmed(text, raw, extent=extent).text) <= 10_000


@pytest.mark.parametrize(
    ("text", "raw", "language", "expected"),
    [
        ('print(f"{len($0)}")', 'dough)}")', "python", 'print(f"{len(dough)}")'),
        ('print(f"{len($0)}")', "dough", "python", 'print(f"{len(dough)}")'),
        ("print(f'''{dough[$0]}''')", "0]}''')", "python", "print(f'''{dough[0]}''')"),
        ("s = `\n  ${f($0)}\n`;", "a)}", "javascript", "s = `\n  ${f(a)}\n`;"),
        ("log(`${f($0)}`);", "a)}`);", "typescript", "log(`${f(a)}`);"),
        ('puts("#{f($0)}")', 'a)}")', "ruby", 'puts("#{f(a)}")'),
        ('Log($"{F($0)}");', 'a)}");', "csharp", 'Log($"{F(a)}");'),
        ('println("${f($0)}")', 'a)}")', "kotlin", 'println("${f(a)}")'),
        ('print("\\(f($0))")', 'a))")', "swift", 'print("\\(f(a))")'),
        ('s"${f($0)}"', 'a)}"', "scala", 's"${f(a)}"'),
        ('echo "$(f $0)"', 'a)"', "shellscript", 'echo "$(f a)"'),
    ],
)
def test_code_in_a_string_is_closed_once(text: str, raw: str, language: str, expected: str) -> None:
    """The marks that the editor has put there are written over, from the inside out."""
    assert accepted(text, raw, language) == expected


DESCRIBE = 'def describe(entry):\n    """Tell what it is."""\n'


@pytest.mark.parametrize("extent", [LINE, BLOCK], ids=["asked by typing", "asked by a key"])
@pytest.mark.parametrize(
    ("text", "raw", "language", "expected"),
    [
        (f"{DESCRIBE}    return $0\n", "entry):", "python", "entry"),
        ("if grain.dry:$0\n", ":", "python", ""),
        ("if grain.dry:$0\n    pass\n", ":", "python", ""),
        ("if grain.dry$0\n", "):", "python", ""),
        ("x = grain$0\n", "]", "python", ""),
        ("else$0\n", "):", "python", ""),
        ("function f() {\n  return $0\n}\n", "entry) {", "javascript", "entry"),
        ("func f() {\n\treturn $0\n}\n", "entry) {", "go", "entry"),
        ("fn f() {\n    return $0\n}\n", "entry) {", "rust", "entry"),
        ("def f\n  return $0\nend\n", "entry)", "ruby", "entry"),
        ("fun f() {\n  return $0\n}\n", "entry) {", "kotlin", "entry"),
    ],
)
def test_nothing_is_closed_that_was_not_opened(
    text: str, raw: str, language: str, expected: str, extent: Extent
) -> None:
    """Whoever wrote it, and whoever asked."""
    assert trimmed(text, raw, language, extent=extent).text == expected


def test_in_code_that_nobody_understands_brackets_are_counted() -> None:
    """With many errors around, the parser says nothing any more."""
    noise = "= = =\n" * 20

    assert trimmed(f"{noise}x = a$0\n{noise}", ") + b").text == ""


@pytest.mark.parametrize(
    ("text", "raw", "language", "shown"),
    [
        ('def f():\n    """Do.\n\n    $0\n    More of it.\n    """\n', '"""', "python", False),
        ('def f():\n    """Do.\n\n    More$0\n    of it.\n    """\n', '."""', "python", False),
        ('def f():\n    """Do.\n\n    More$0\n', '."""', "python", True),
        ('def f():\n    """Do.\n\n    More$0\n    """\n', " of it", "python", True),
        ("/**\n * $0\n * more of it\n */\nlet x;\n", "*/", "javascript", False),
        ("/**\n *$0\n * more of it\n */\nlet x;\n", "/", "javascript", False),
        ("/**\n * $0\n", "x */", "javascript", True),
        ("/* a\n   $0\n   more of it */\nint x;\n", "*/", "c", False),
        ("x = '$0'\n", 'it is 5" long', "python", True),
    ],
)
def test_prose_is_not_ended_in_the_middle(text: str, raw: str, language: str, shown: bool) -> None:
    """What stands below is prose too, and would be code."""
    assert bool(trimmed(text, raw, language).text) is shown
