"""How files are cut into chunks: what holds of every file, and what becomes a chunk."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.extract import chunks
from ownstack.extract.file import extract
from ownstack.extract.rows import Chunk, Extracted
from ownstack.languages import Language, language_of, languages

PIECES = {
    "python": (
        "import os\n",
        "LIMIT = 1\n",
        "\n",
        "\n\n\n",
        "# said of it\n",
        "@decorated\n",
        "def f(a, b):\n    return a\n",
        "def g(a):\n" + "    call(a, 'some words here')\n" * 90,
        "def outer():\n    def inner():\n" + "        x = 1\n" * 150 + "    return inner\n",
        "class A:\n    '''Doc.'''\n    x = 1\n",
        "class B(A):\n" + "    def m(self):\n        return 1\n\n" * 60,
        "class C:\n    def m(self):\n" + "        pass\n" * 300,
        "x = [\n" + "    'a long line of data in a list',\n" * 100 + "]\n",
        "def broken(:\n    (\n",
        "'" + "x" * 5_000 + "'\n",
        "def f(): pass; class A: pass\n",
        "é = 'ü' # \r\n",
    ),
    "javascript": (
        "const a = 1, b = () => 2;\n",
        "\n",
        "/** Said of it. */\n",
        "export class A { m() { return 1; } get n() {} }\n",
        "(function () {\n" + "  function inner() { return call(1, 2, 3); }\n" * 60 + "})();\n",
        "const t = {\n" + "  m() { return call(1, 2, 3); },\n" * 80 + "};\n",
        "}}} (\n",
    ),
    "markdown": (
        "# One\n\n",
        "## Two\n\n",
        "Some words of a paragraph.\n" * 30,
        "\n",
        "Word " * 1_000 + "\n",
        "```\n# no heading\n",
    ),
    "json": ('{"a": [', '{"key": "value"},\n' * 100, "\n", '"x": 1,\n', "]}"),
}
LANGUAGES = {language.id: language for language in languages()}

files = st.sampled_from(sorted(PIECES)).flatmap(
    lambda name: st.tuples(
        st.just(LANGUAGES[name]),
        st.lists(st.sampled_from(PIECES[name]), max_size=12).map("".join),
    )
)


def lines_of(text: str) -> list[str]:
    lines = text.split("\n")
    return lines[:-1] if not lines[-1] and len(lines) > 1 else lines


def python(text: str) -> Extracted:
    return extract(text, "pkg/a.py", LANGUAGES["python"])


def the_chunk_of(extracted: Extracted, name: str) -> Chunk:
    (found,) = (chunk for chunk in extracted.chunks if chunk.name == name)
    return found


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(files)
def test_every_line_is_in_exactly_one_chunk(file: tuple[Language, str]) -> None:
    """In the order of the file, with the text that stands there."""
    language, text = file

    extracted = extract(text, "a", language)

    covered = [
        row for chunk in extracted.chunks for row in range(chunk.start_line, chunk.end_line + 1)
    ]
    assert covered == (list(range(1, len(lines_of(text)) + 1)) if text else [])
    lines = text.split("\n")
    for chunk in extracted.chunks:
        assert chunk.text == "\n".join(lines[chunk.start_line - 1 : chunk.end_line])
        assert chunk.header.startswith("a")


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(files)
def test_no_chunk_is_long_and_symbols_hold_together(file: tuple[Language, str]) -> None:
    """Only a long line makes a long chunk; parents come first and reach around."""
    language, text = file

    extracted = extract(text, "a", language)

    longest = max(map(len, text.split("\n")))
    for chunk in extracted.chunks:
        assert len(chunk.text) <= chunks.MAX_CHARS + longest + 200
        if chunk.symbol is not None:
            assert chunk.name == extracted.symbols[chunk.symbol].qualified
    for at, symbol in enumerate(extracted.symbols):
        assert symbol.start_line <= symbol.name_line <= symbol.end_line
        assert symbol.qualified.endswith(symbol.name)
        if symbol.parent is not None:
            parent = extracted.symbols[symbol.parent]
            assert symbol.parent < at
            assert parent.start_line <= symbol.start_line
            assert symbol.end_line <= parent.end_line
    for reference in extracted.references:
        if reference.symbol is not None:
            around = extracted.symbols[reference.symbol]
            assert around.start_line <= reference.line <= around.end_line


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300), st.sampled_from([None, *languages()]))
def test_any_text_can_be_read(text: str, language: Language | None) -> None:
    """Nothing raises, and nothing is lost."""
    extracted = extract(text, "a", language)

    assert {line for chunk in extracted.chunks for line in chunk.text.split("\n")} >= set(
        lines_of(text) if text else ()
    )


def test_a_function_comes_with_its_decorators_and_the_comment_above() -> None:
    """They say what it is for."""
    body = "    call('some words that fill a line', a)\n" * 10
    text = f"x = 1\n\n# Says it.\n@decorated\ndef f(a):\n{body}\n\ndef g(a):\n{body}"

    found = the_chunk_of(python(text), "f")

    assert (found.kind, found.start_line) == ("function", 3)
    assert found.text.startswith("# Says it.\n@decorated\ndef f(a):\n")
    assert found.header == "pkg/a.py\ndef f(a)"


def test_a_big_class_is_its_head_with_signatures_and_its_methods() -> None:
    """The head is found by what the class can do."""
    body = "        call('some words that fill a line', a)\n" * 20
    methods = "".join(f"    def m{n}(self, a):\n{body}\n" for n in range(3))

    extracted = python(f"class A(B):\n    '''Doc.'''\n\n{methods}")

    assert [(chunk.kind, chunk.name) for chunk in extracted.chunks] == [
        ("class", "A"),
        ("method", "A.m0"),
        ("method", "A.m1"),
        ("method", "A.m2"),
    ]
    signatures = [f"def m{n}(self, a)" for n in range(3)]
    assert extracted.chunks[0].header.split("\n") == ["pkg/a.py", "class A(B)", *signatures]
    assert extracted.chunks[1].header.split("\n") == ["pkg/a.py", "class A(B)", signatures[0]]


def test_a_small_class_stays_whole() -> None:
    """Taken apart it would be lines without sense."""
    extracted = python("class A:\n" + "    def m(self):\n        return call(1)\n\n" * 10)

    assert [(chunk.kind, chunk.name) for chunk in extracted.chunks] == [("class", "A")]


def test_a_long_function_is_cut_between_statements() -> None:
    """Each part says in its header which function it is of."""
    loop = "    for one in many:\n        call(one)\n        other(one)\n"

    extracted = python("def f(many):\n" + loop * 60)

    assert len(extracted.chunks) > 1
    for chunk in extracted.chunks:
        assert (chunk.kind, chunk.name) == ("function", "f")
        assert chunk.header == "pkg/a.py\ndef f(many)"
        assert chunk.text.endswith("        other(one)")


def test_small_siblings_are_grouped_and_none_is_dropped() -> None:
    """One constant is no result; ten of them are."""
    text = "import os\n\nA = 1\nB = 2\n\ndef f(): return 1\n"

    (chunk,) = python(text).chunks

    assert (chunk.kind, chunk.name) == ("group", "")
    assert (chunk.start_line, chunk.end_line) == (1, 6)


def test_markdown_is_cut_by_headings() -> None:
    """The headings around a section are its scope."""
    prose = "Some words about it.\n" * 40
    text = f"# Shop\n\n{prose}\n## Install\n\n{prose}\n# Next\n\n{prose}"

    extracted = extract(text, "README.md", language_of("", "README.md"))

    assert [chunk.name for chunk in extracted.chunks] == ["Shop", "Shop.Install", "Next"]
    assert extracted.chunks[1].header == "README.md\n# Shop\n## Install"


@pytest.mark.parametrize("language", [None, language_of("plaintext", "")])
def test_text_that_nothing_is_known_about_is_cut_into_windows(language: Language | None) -> None:
    """They overlap by some lines, so that what stands at a border is found, too."""
    text = "".join(f"line {n} of a text without a language\n" for n in range(200))

    extracted = extract(text, "a", language)

    spans = [(chunk.start_line, chunk.end_line) for chunk in extracted.chunks]
    assert (spans[0][0], spans[-1][1]) == (1, 200)
    assert len(spans) > 3
    for before, after in pairwise(spans):
        assert before[0] < after[0] <= before[1]
        assert before[1] - after[0] < chunks.WINDOW_OVERLAP_LINES
    assert extracted.symbols == extracted.references == extracted.imports == ()
