"""Commands in cells: which language they say, and what a parser sees of them."""

import ast

import pytest

from ownstack.files.notebook.magics import as_code, inner_language


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", ""),
        ("", ""),
        ("%%bash\nls", "shellscript"),
        ("\n\n  %%sh\nls", "shellscript"),
        ("%%script bash --no-raise-error\nls", "shellscript"),
        ("%%script /usr/bin/ruby\np 1", "ruby"),
        ("%%sql postgres://\nselect 1", "sql"),
        ("%sql\nselect 1", "sql"),
        ("%sql select 1", ""),
        ("%md\n# A", "markdown"),
        ("%%R -i frame\nsummary(frame)", "r"),
        ("%%js\nlet a", "javascript"),
        ("%%writefile tools/run.py\nx = 1", "py"),
        ("%%writefile\nx = 1", ""),
        ("%%script", ""),
        ("%%time\nx = 1", ""),
        ("%%timeit -n 3\nx = 1", ""),
        ("%matplotlib inline\nx = 1", ""),
        ("x %% y", ""),
    ],
)
def test_what_the_first_line_says(source: str, expected: str) -> None:
    """Of the language of the other lines; what is unknown says nothing."""
    assert inner_language(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "%load_ext autoreload\n%autoreload 2",
        "!pip install -q pandas\nimport pandas",
        "!!ls\nx = 1",
        "!{command} ü\nx = 1",
        "!ü\nx = 1",
        "!pip install \\\n  pandas \\\n  numpy\nx = 1",
        "df?\n?df\ndf.head??\n%time?",
        "%%time\nx = 1",
        "%%capture out\nx = 1",
        "files = !ls *.csv\nx = files",
        "a, b = %who_ls str int\nx = 1",
        "took = %timeit -o f(1)\nx = 1",
        "if x:\n    %matplotlib inline\nelse:\n    !ls\ny = 1",
        "for name in names:\n\t!echo $name",
        "def f():\n    !\n    return 1",
    ],
)
def test_commands_break_no_parse(source: str) -> None:
    """And all that is code stays where it is, to the byte."""
    seen = as_code(source, "python")

    ast.parse(seen)
    assert [len(line.encode()) for line in seen.split("\n")] == [
        len(line.encode()) for line in source.split("\n")
    ]
    assert seen != source


@pytest.mark.parametrize(
    "source",
    [
        "x = (a\n    % b)",
        "x = (a\n    != b)",
        "x = a != b",
        "print('100 %')\nassert a != b, '?'",
        "x = 'a' % b\ny %= 3\nz = c if d else '?'",
        "",
        "def f():\n    return '%s' % 1",
    ],
)
def test_code_stays_as_it_is(source: str) -> None:
    """Operators are no commands, nor is what stands within a line."""
    assert as_code(source, "python") == source


def test_cells_in_another_language() -> None:
    """Their first line, which is not of it, is blank; of prose nothing is changed."""
    assert as_code("%%bash\nls", "bash") == "      \nls"
    assert as_code("\n%%sql x\nselect 1", "sql") == "\n       \nselect 1"
    assert as_code("%md\n# A", "markdown") == "%md\n# A"
    assert as_code("!x = 1", "julia") == "!x = 1"


@pytest.mark.parametrize(
    "line", ["%", "!", "?", "a?", "a = ", "a, ", " ", "\\", "%%", "=", "a.", "\t!"]
)
def test_long_lines_take_no_longer_than_they_are(line: str) -> None:
    """A pattern that took the square of them would not end here."""
    source = line * 400_000

    assert len(as_code(source, "python")) == len(source)
    assert inner_language(source) in ("", "shellscript")
