"""What is seen of a file by regular expressions, beside what the parser finds."""

from collections.abc import Iterable
from pathlib import Path

import pytest

import ownstack
from ownstack.extract.file import extract, skim
from ownstack.extract.rows import Extracted, Symbol
from ownstack.languages import Language, language_of, languages

NAMED = {"class", "function", "method"}


def language(id: str) -> Language:
    return next(language for language in languages() if language.id == id)


def seen(text: str, id: str) -> list[tuple[str, str, int, int]]:
    """Return the qualified name, the kind and the lines of each symbol."""
    symbols = skim(text, "a", language(id)).symbols
    return [
        (symbol.qualified, symbol.kind, symbol.start_line, symbol.end_line) for symbol in symbols
    ]


PYTHON = '''\
"""A module; class names of it are in no other."""


class Shop:
    def send(
        self, order,
    ):
        return order

    async def late(self):

        def inner(): pass
        return inner

    x = 1


def tail(): pass
limit = 3
'''


def test_python() -> None:
    """Members are inside their class; a signature may go over lines."""
    assert seen(PYTHON, "python") == [
        ("Shop", "class", 4, 15),
        ("Shop.send", "method", 5, 8),
        ("Shop.late", "method", 10, 13),
        ("Shop.late.inner", "function", 12, 12),
        ("tail", "function", 18, 18),
    ]


@pytest.mark.parametrize(
    ("id", "text", "expected"),
    [
        (
            "typescript",
            "export default class Cart {\n  total = 0;\n}\nexport type Id = string;\n"
            "interface Has<T> {\n}\nexport async function load(id: Id) {\n  return id;\n}\n",
            ["Cart class 1-3", "Id type 4-4", "Has interface 5-6", "load function 7-9"],
        ),
        (
            "go",
            "func (s *Server) Listen(port int) error {\n\treturn nil\n}\n\n"
            "type Server struct {\n}\n",
            ["Server.Listen method 1-3", "Server type 5-6"],
        ),
        (
            "rust",
            "pub(crate) struct Point {\n    x: f64,\n}\n\n"
            "pub async fn far<T>(\n    p: T,\n) {\n    p\n}\n",
            ["Point struct 1-3", "far function 5-9"],
        ),
        (
            "c",
            "#define LIMIT 3\nstatic int *read_all(FILE *file, size_t n)\n{\n    if (n) {\n"
            "        return call(n);\n    }\n    return 0;\n}\nint declared(void);\n"
            "struct node {\n};\n",
            ["read_all function 2-8", "node struct 10-11"],
        ),
        (
            "cpp",
            "class Shape {\n  virtual double area() const {\n    return 0;\n  }\n};\n"
            "double Shape::side(int n) {\n  return n;\n}\n",
            ["Shape class 1-5", "Shape.area method 2-4", "Shape.side method 6-8"],
        ),
        (
            "java",
            "public class Bank {\n    @Override\n    public int total(List<Integer> of) {\n"
            "        return sum(of);\n    }\n}\n",
            ["Bank class 1-6", "Bank.total method 3-5"],
        ),
        (
            "ruby",
            "module Shop\n  class Order\n    def paid?\n      true\n    end\n  end\nend\n",
            ["Shop module 1-7", "Shop.Order class 2-6", "Shop.Order.paid? method 3-5"],
        ),
        (
            "sql",
            "CREATE TABLE orders (\n  id int\n);\ncreate or replace view open as select 1;\n",
            ["orders table 1-3", "open view 4-4"],
        ),
        (
            "lua",
            "local M = {}\nfunction M.open(path)\n  return path\nend\nlocal function own()\nend\n",
            ["M.open method 2-4", "own function 5-6"],
        ),
    ],
)
def test_languages(id: str, text: str, expected: list[str]) -> None:
    """Words, modifiers, types and receivers, as each language has them."""
    found = [f"{name} {kind} {first}-{last}" for name, kind, first, last in seen(text, id)]

    assert found == expected


def test_statements_define_nothing() -> None:
    """They look like functions without a word in front."""
    text = "    return call(n)\n    else if (ready(n)) {\n    new Shop(n) {\n  } while (left(n))\n"

    assert [seen(text, id) for id in ("c", "cpp", "java", "csharp")] == [[]] * 4


def test_what_no_word_defines() -> None:
    """A language of which nothing is known gives windows of its text."""
    skimmed = skim("one: 1\n", "a.yaml", language("yaml"))

    assert (skimmed.language, skimmed.symbols) == ("yaml", ())
    assert [chunk.text for chunk in skimmed.chunks] == ["one: 1"]
    assert skim("some words\n", "a", None).chunks[0].text == "some words"


@pytest.mark.parametrize("id", [language.id for language in languages() if language.defines])
def test_every_word_defines_something(id: str) -> None:
    """And what follows is its name."""
    known = language(id)

    for word, kind in known.defines.items():
        [symbol] = skim(f"{word} thing (x) {{\n  1\n}}\n", "a", known).symbols
        assert (symbol.name, symbol.kind) == ("thing", kind)


def own_sources() -> Iterable[tuple[str, str, Language]]:
    for path in sorted(Path(ownstack.__file__).parent.rglob("*.py")):
        known = language_of("", path.name)
        assert known is not None
        yield path.read_text("utf-8"), path.name, known


@pytest.mark.slow
def test_it_agrees_with_the_parser() -> None:
    """On the names and lines of classes and functions, and on most chunks."""

    def names(extracted: Extracted) -> set[tuple[str, int]]:
        return {
            (symbol.qualified, symbol.name_line)
            for symbol in extracted.symbols
            if symbol.kind in NAMED
        }

    def lines(extracted: Extracted) -> set[tuple[str, int, int]]:
        return {(chunk.name, chunk.start_line, chunk.end_line) for chunk in extracted.chunks}

    pairs = [(skim(*source), extract(*source)) for source in own_sources()]
    n_true = sum(len(names(true)) for _, true in pairs)
    n_named = sum(len(names(quick) & names(true)) for quick, true in pairs)
    n_wrong = sum(len(names(quick) - names(true)) for quick, true in pairs)
    n_chunks = sum(len(lines(true)) for _, true in pairs)
    n_same = sum(len(lines(quick) & lines(true)) for quick, true in pairs)

    assert n_named > 0.97 * n_true
    assert n_wrong < 0.03 * n_true
    assert n_same > 0.6 * n_chunks


def test_every_line_is_in_a_chunk() -> None:
    """Once, in order."""
    for text, path, known in own_sources():
        chunks = skim(text, path, known).chunks
        covered = [line for chunk in chunks for line in range(chunk.start_line, chunk.end_line + 1)]
        assert covered == list(range(1, text.count("\n") + 1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("id", "text"),
    [
        ("python", "def " * 300_000),
        ("python", "".join(f"{' ' * (n % 90)}def f{n}(\n" for n in range(20_000))),
        ("go", f"func ({'a' * 19_000}\n" * 50),
        ("rust", f"pub({'a' * 19_000}\n" * 50),
        ("c", f"{'a ' * 9_000}b\n" * 50),
        ("cpp", f"{'a::' * 6_000}(\n" * 50),
        ("java", f"{'@A ' * 6_000}class\n" * 50),
        ("javascript", "class\n" * 100_000),
    ],
)
def test_hostile_texts(id: str, text: str) -> None:
    """Take time in proportion to their size; a square of it would not end today."""
    assert skim(text, "a", language(id)).chunks


def test_letters_of_all_kinds() -> None:
    """Places are counted in bytes, as the parser counts them."""
    [symbol] = skim("# größer 日本\ndef größe(x): pass\n", "a.py", language("python")).symbols

    assert symbol == Symbol("größe", "function", "größe", "def größe(x): pass", "", 2, 2, 2, None)
