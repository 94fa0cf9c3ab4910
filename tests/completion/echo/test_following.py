"""What echo takes from a line elsewhere, so that it fits at `$0`."""

import itertools

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.echo.block import steps
from ownstack.completion.echo.query import query_at
from ownstack.completion.postprocess.trim import replaced
from ownstack.document import Document

_numbers = itertools.count()
ENDINGS = {"python": "py", "javascript": "js", "go": "go", "java": "java", "ruby": "rb", "c": "c"}
ENDINGS |= {"typescript": "ts", "rust": "rs", "csharp": "cs", "kotlin": "kt", "php": "php"}
ENDINGS |= {"cpp": "cpp", "swift": "swift", "plaintext": "txt"}


def opened(text: str, language: str, name: str = "") -> Document:
    number = next(_numbers)
    path = f"{name or number}.{ENDINGS[language]}"
    return Document(f"test:{number}", path, language, 1, text)


def accepted(text: str, other: str, language: str = "python") -> str | None:
    """The cursor's line after the best proposal was accepted; None if there is none."""
    document = opened(text.replace("$0", ""), language)
    offset = text.index("$0")
    found = Echo().suggest(document, offset, [opened(other, language)])
    if found is None:
        return None
    span = replaced(found.text, document, offset)
    made = document.text[:offset] + found.text + document.text[span.end :]
    start = document.text.rfind("\n", 0, offset) + 1
    return made[start:].partition("\n")[0].rstrip("\r")


METHOD = (
    "class Mill:\n"
    "    def grind(self, grain):\n"
    "        self.chute.open(grain.kind)\n"
    "        self.level += grain.mass\n"
    "        self.lamp.blink(3)\n"
)
FUNCTION = (
    "def grind(self, grain):\n"
    "    self.chute.open(grain.kind)\n"
    "    self.level += grain.mass\n"
    "    $0\n"
)
DEEPER = (
    "class A:\n"
    "    class B:\n"
    "        def grind(self, grain):\n"
    "            self.chute.open(grain.kind)\n"
    "            self.level += grain.mass\n"
    "            $0\n"
)
UNITS = ["    ", "  ", "\t", "        "]


@pytest.mark.parametrize("text", [FUNCTION, DEEPER], ids=["shallower", "deeper"])
@pytest.mark.parametrize("here", UNITS)
@pytest.mark.parametrize("there", UNITS)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_at_another_depth(text: str, here: str, there: str, end: str) -> None:
    """It is taken without its blanks, where the line above it stands above this one too."""
    text = text.replace("    ", here).replace("\n", end)
    head = text[: text.index("$0")].rpartition("\n")[2]

    line = accepted(text, METHOD.replace("    ", there))

    assert line == f"{head}self.lamp.blink(3)"


@pytest.mark.parametrize("here", UNITS)
@pytest.mark.parametrize("there", UNITS)
def test_a_dedent_is_kept(here: str, there: str) -> None:
    """What goes on with the block above is nothing for somebody who has left it."""
    text = METHOD.rpartition("        self.lamp")[0] + "    $0\n"

    line = accepted(text.replace("    ", here), METHOD.replace("    ", there))

    assert line is None or "lamp" not in line


@pytest.mark.parametrize("there", UNITS)
def test_what_follows_a_dedent_is_found_at_any_depth(there: str) -> None:
    """A new method after a method, as in the other file."""
    other = f"{METHOD}    @property\n    def load(self):\n        return self.level\n"

    line = accepted(METHOD.replace("    ", "  ") + "  $0\n", other.replace("    ", there))

    assert line == "  @property"


@pytest.mark.parametrize("here", UNITS)
@pytest.mark.parametrize("there", UNITS)
def test_lines_that_follow_have_the_unit_of_the_file(here: str, there: str) -> None:
    """Tabs become spaces and two spaces four, in all of them."""
    other = "def load(p):\n    with op(p) as file:\n        check(file)\n    return file\n\nx = 1\n"
    context = "def other(x):\n    y = 1\n    if y:\n        x()\n\n\n"
    text = (context + "def load(p):\n    with op").replace("    ", here)
    document = opened(text, "python")
    query = query_at(document, len(text))
    best = Echo().examine(query, document, [opened(other.replace("    ", there), "python")])[0]

    lines = [step.line for step in steps(query, best.candidate.occurrences)]

    assert lines[:2] == [f"{here}{here}check(file)", f"{here}return file"]


CALLS = [
    ("javascript", "const mass = weigh($0)", "const mass = weigh(crate, { unit: 'kg' });"),
    ("typescript", "const mass = weigh($0)", "const mass = weigh(crate, { unit: 'kg' });"),
    ("java", "int mass = weigh($0)", "int mass = weigh(crate, units[0]);"),
    ("csharp", "var mass = Weigh($0)", "var mass = Weigh(crate, units[0]);"),
    ("c", "int mass = weigh($0)", "int mass = weigh(crate, units[0]);"),
    ("cpp", "int mass = weigh($0)", "int mass = weigh(crate, units[0]);"),
    ("php", "$mass = weigh($0)", "$mass = weigh($crate, $units[0]);"),
    ("rust", "let mass = weigh($0)", "let mass = weigh(crate, units[0]);"),
    ("rust", "    mass: weigh($0)", "    mass: weigh(crate, units[0]),"),
    ("python", "    mass=weigh($0)", "    mass=weigh(crate, units[0]),"),
    ("go", "\tMass: weigh($0)", "\tMass: weigh(crate, units[0]),"),
    ("kotlin", "    mass = weigh($0)", "    mass = weigh(crate, units[0]),"),
    ("swift", "    mass: weigh($0)", "    mass: weigh(crate, units[0]),"),
    ("javascript", "const a = [$0]", "const a = [one, two, three];"),
    ("javascript", "const a = {$0}", "const a = { one, two: three };"),
    ("javascript", "import x from '$0'", "import x from './somewhere/else';"),
    ("javascript", 'import x from "$0"', 'import x from "./somewhere/else";'),
    ("javascript", "const s = `$0`", "const s = `hello there`;"),
    ("javascript", "log(`${f($0)}`)", "log(`${f(one, two)}`);"),
    ("javascript", "test(fn($0))", "test(fn(one, two));"),
    ("python", "x = ['$0']", "x = ['hello there']"),
    ("c", "if (weigh($0)) {", "if (weigh(crate, 1)) {"),
    ("c", "if (weigh($0)) {", "if (weigh(crate, 1) > 2) {"),
    ("php", "$a = ['$0' => 1];", "$a = ['hello there' => 1];"),
    ("python", 'print(f"{len($0)}")', 'print(f"{len(dough)}")'),
    ("javascript", "const mass = weigh($0);", "const mass = weigh(crate, { unit: 'kg' });"),
    ("javascript", "const mass = weigh($0", "const mass = weigh(crate, { unit: 'kg' });"),
]


@pytest.mark.parametrize(("language", "text", "line"), CALLS)
def test_inside_marks_that_the_editor_closed(language: str, text: str, line: str) -> None:
    """The line comes out as it stands in the other file, with its end."""
    assert accepted(f"{text}\n", f"{line}\n", language) == line


@pytest.mark.parametrize(
    ("language", "text", "line", "expected"),
    [
        ("javascript", "foo(weigh($0))", "weigh(crate, 1);", "foo(weigh(crate, 1))"),
        ("javascript", "weigh($0);", "foo(weigh(crate, 1));", "weigh(crate, 1);"),
        ("javascript", "weigh($0)", "foo(weigh(crate, 1));", "weigh(crate, 1)"),
        ("javascript", "foo(weigh($0)", "foo(weigh(crate, 1));", "foo(weigh(crate, 1));"),
        ("javascript", "x = weigh($0)", "x = weigh(crate) + tare;", "x = weigh(crate) + tare;"),
        ("javascript", "weigh($0]", "weigh(crate, 1);", None),
        ("javascript", "weigh($0 + 1)", "weigh(crate, 1);", None),
        ("python", "weigh($0):", "weigh(crate, 1)", "weigh(crate, 1):"),
    ],
)
def test_no_mark_is_closed_that_is_not_open(
    language: str, text: str, line: str, expected: str | None
) -> None:
    """What the other line closes beyond these is left out."""
    assert accepted(f"{text}\n", f"{line}\n", language) == expected


@pytest.mark.parametrize(
    ("language", "text", "other", "expected"),
    [
        (
            "javascript",
            "// keep the towel $0\n",
            'const tip = "keep the towel slightly damp";\n',
            "// keep the towel slightly damp",
        ),
        (
            "python",
            "def f():\n    '''Work the dough $0\n",
            'def g():\n    """Work the dough until it is smooth."""\n',
            "    '''Work the dough until it is smooth.",
        ),
        (
            "python",
            "def f():\n    # Work the dough $0\n",
            'def g():\n    """First.\n\n    Work the dough until it is smooth."""\n',
            "    # Work the dough until it is smooth.",
        ),
        (
            "python",
            'x = "Work the dough $0"\n',
            "def g():\n    '''Work the dough until it is smooth.'''\n",
            '    x = "Work the dough until it is smooth."'.strip(),
        ),
        (
            "c",
            "// keep the towel $0\n",
            "/* keep the towel slightly damp */\nint x;\n",
            "// keep the towel slightly damp",
        ),
        (
            "javascript",
            "const tip = 'keep the towel $0'\n",
            'say("keep the towel slightly damp", x);\n',
            "const tip = 'keep the towel slightly damp'",
        ),
        (
            "plaintext",
            "keep the towel $0\n",
            "keep the towel slightly damp\n",
            "keep the towel slightly damp",
        ),
        (
            "javascript",
            "// keep the towel $0\n",
            "// keep the towel slightly damp; it's fine\n",
            "// keep the towel slightly damp; it's fine",
        ),
        (
            "python",
            '"""Work the dough $0\n',
            'def g():\n    """Work the dough until it is smooth."""\n',
            '"""Work the dough until it is smooth."""',
        ),
    ],
)
def test_marks_of_another_kind_of_text_stay_there(
    language: str, text: str, other: str, expected: str
) -> None:
    """Where one is a comment and the other a string, only the words are taken."""
    assert accepted(text, other, language) == expected
