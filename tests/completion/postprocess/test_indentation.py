r"""Where a suggestion's lines stand: documents with the cursor at `$0`, and what must come out."""

import itertools

import pytest

from ownstack.completion.extent import Extent
from ownstack.completion.postprocess.indentation import fitted
from ownstack.completion.postprocess.trim import Trimmed, trim
from ownstack.document import Document
from ownstack.languages import language_of

_numbers = itertools.count()
LINE = Extent(1, None, "line")
BLOCK = Extent(12, None, "invoked")
UNITS = ["    ", "  ", "\t", "        "]


def trimmed(text: str, raw: str, language: str = "python", extent: Extent = LINE) -> Trimmed:
    path = f"test:{next(_numbers)}"
    document = Document(path, "", language, 1, text.replace("$0", ""))
    return trim(raw, complete=True, document=document, offset=text.index("$0"), extent=extent)


def in_units(text: str, unit: str) -> str:
    """The text, written with levels of four spaces, as a file of another unit has it."""
    return text.replace("    ", unit)


PYTHON = "class Mill:\n    def grind(self, grain):\n        self.level += grain.mass\n"


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        (f"{PYTHON}        $0\n", "        self.lamp.blink(3)", "self.lamp.blink(3)"),
        (f"{PYTHON}        $0\n", "    self.lamp.blink(3)", "self.lamp.blink(3)"),
        (f"{PYTHON}\n        $0", "self.lamp.blink(3)", "self.lamp.blink(3)"),
        (f"{PYTHON}\n    $0\n", "def stop(self):", "def stop(self):"),
        (f"{PYTHON}\n    $0\n", "    return self.level", ""),
        (f"{PYTHON}$0\n", "        return self.level", ""),
        (f"{PYTHON}\n$0\n", "    def stop(self):", ""),
        (f"{PYTHON}\n$0\n", "class Other:", "class Other:"),
        (f"{PYTHON}            $0\n", "return 1", ""),
        ("if a:\n    $0\n", "    b()", "b()"),
        ("if a:\n    $0\n", "b()", "b()"),
        (f"{PYTHON}if a:\n$0\n", "b()", "    b()"),
        (f"{PYTHON}if a:\n$0\n", "    b()", "    b()"),
        (f"{PYTHON}if a:\n$0\n", "            b()", "    b()"),
        ("if a:  # so\n    $0\n", "b()", "b()"),
        ("x = foo(\n    $0\n)\n", "    a,", "a,"),
        ("x = foo(\n    a,\n    $0\n)\n", "        b,", "b,"),
        ("def f():\n    $0\n    return 1\n", "x = 1", "x = 1"),
        ("def f():\n        $0\n    return 1\n", "x = 1", ""),
        ("def f():\n    x = 1\n$0\n    return 1\n", "y = 1", ""),
        ("if a:\n    b()\n$0\nelse:\n    c()\n", "else:", ""),
        ("if a:\n    b()\n$0\nelse:\n    c()\n", "elif d:", "elif d:"),
        ("if a:\n    b()\n$0\n", "else:", "else:"),
        ("a()\n$0\n", "else:", ""),
        ("try:\n    b()\n$0\n", "c()", ""),
        ("try:\n    b()\n$0\n", "except ValueError:", "except ValueError:"),
        ("try:\n    b()\nexcept A:\n    c()\n$0\n", "finally:", "finally:"),
        ("for a in b:\n    c()\n$0\n", "else:", "else:"),
        ("for a in b:\n    c()\n$0\n", "except A:", ""),
        ("a()\n$0\nb()\n", "try:", "try:"),
        ("def f(a):\n    if a == 'b$0\n        return 1\n", "': 1,", ""),
        ("def f(a):\n    if a == 'b$0\n        return 1\n", "':", "':"),
        ('def f():\n    """Doc.\n\n    $0\n    """\n', "    x: what", "    x: what"),
        ("$0", "    return x", "return x"),
        ("# so\n$0", "    import os", "import os"),
    ],
)
def test_the_first_line_in_python(text: str, raw: str, expected: str, unit: str, end: str) -> None:
    """It stands at an open level, and goes deeper only after a line that opens a block."""
    text, raw, expected = (in_units(form, unit) for form in (text, raw, expected))
    shown = trimmed(text.replace("\n", end), raw)

    assert (shown.text, bool(shown.dropped)) == (expected, not expected)


GO = "func Run() {\n\tfor {\n\t\tstep()\n"


@pytest.mark.parametrize(
    ("text", "raw", "language", "expected"),
    [
        (f"{GO}\t\t$0\n\t}}\n}}\n", "\t\tstop()", "go", "stop()"),
        (f"{GO}\t\t$0\n\t}}\n}}\n", "\t\t\t\tstop()", "go", "stop()"),
        (f"{GO}$0\n\t}}\n}}\n", "\t\t\t\tstop()", "go", "\t\tstop()"),
        (f"{GO}$0\n\t}}\n}}\n", "        stop()", "go", "\t\tstop()"),
        (f"{GO}\t$0\n}}\n", "\t}", "go", "}"),
        ("func Run() {\n$0\n}\n", "stop()", "go", "stop()"),
        ("func Run() {\n$0\n\tx()\n}\n", "    stop()", "go", "\tstop()"),
        ("  a {\n    b();\n    $0\n  }\n", "        c();", "java", "c();"),
        ("let x = a\n$0\n", "  .map(b)", "javascript", "  .map(b)"),
        ("let x = a\n  $0\n", "  .map(b)", "javascript", ".map(b)"),
        ("  def f\n    a\n    $0\n  end\n", "    b", "ruby", "b"),
        ("foo(a,\n$0\n", "    b);", "c", "    b);"),
        ("a:\n  b: 1\n  $0\n", "    c: 2", "yaml", "c: 2"),
    ],
)
def test_the_first_line_elsewhere(text: str, raw: str, language: str, expected: str) -> None:
    """No level too many; one that is missing is put in, in the file's own unit."""
    assert trimmed(text, raw, language).text == expected


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        (
            "def f(a):\n  $0\n",
            "if a:\n      return 1\n  return 2",
            "if a:\n    return 1\n  return 2",
        ),
        ("def f(a):\n  $0\n", "if a:\n    return 1", "if a:\n    return 1"),
        ("def f(a):\n    $0\n", "if a:\n      return 1", "if a:\n        return 1"),
        ("def f(a):\n\t$0\n", "if a:\n        return 1\n    b()", "if a:\n\t\treturn 1\n\tb()"),
        ("def f(a):\n    $0\n", "if a:\n\t\treturn 1", "if a:\n        return 1"),
        ("def f(a):\n    $0\n", "    if a:\n            return 1", "if a:\n        return 1"),
        ("def f(a):\n    $0\n", "    if a:\n        return 1", "if a:\n        return 1"),
        ("def f(a):\n    $0\n", "x = 1\n        y = 2", "x = 1"),
        ("def f(a):\n  if a:$0\n", "\n      return 1", "\n    return 1"),
        ("def f(a):\n\tif a:$0\n", "\n        return 1", "\n\t\treturn 1"),
    ],
)
def test_later_lines(text: str, raw: str, expected: str) -> None:
    """They go along with the first, in levels of the file's unit."""
    context = "class Other:\n    x = 1\n    y = 2\n"
    unit = "\t" if "\n\t" in text else "    " if "\n    $" in text else "  "

    assert trimmed(context.replace("    ", unit) + text, raw, extent=BLOCK).text == expected


@pytest.mark.parametrize("language", ["python", "go", "ruby", "plaintext", ""])
def test_a_line_that_is_begun_is_left_alone(language: str) -> None:
    """Blanks inside of a line are no indentation."""
    document = Document("test:a", "", language, 1, "if a:\n    x =")

    assert fitted("  1", document, len(document.text), language_of(language, "")) == "  1"
