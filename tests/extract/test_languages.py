"""What must come out of sources of every language; the data lie in `data/<language>/`."""

import json
from pathlib import Path
from typing import Any

import pytest

from ownstack.extract.file import extract
from ownstack.extract.rows import Extracted
from ownstack.languages import Language, languages

DATA = Path(__file__).parent / "data"
EXPECTED = ".expected.json"
SOURCES = sorted(
    path for path in DATA.glob("*/*") if path.is_file() and not path.name.endswith(EXPECTED)
)
LANGUAGES = {language.id: language for language in languages()}
# Locals of the sources, which are no references.
LOCALS = {"local", "closure_argument", "best"}


def name(path: Path) -> str:
    return path.relative_to(DATA).as_posix()


def read(path: Path) -> tuple[str, Language, dict[str, Any]]:
    expected = json.loads(path.with_name(path.name + EXPECTED).read_text("utf-8"))
    return path.read_text("utf-8"), LANGUAGES[path.parent.name], expected


def plain(extracted: Extracted) -> dict[str, Any]:
    """Write what was extracted as the expectations are written."""
    symbols = extracted.symbols
    return {
        "symbols": [
            f"{symbol.kind} {symbol.qualified} {symbol.start_line}-{symbol.end_line}"
            for symbol in symbols
        ],
        "signatures": [symbol.signature for symbol in symbols],
        "docs": {symbol.qualified: symbol.doc for symbol in symbols if symbol.doc},
        "imports": [
            f"{import_.line}: {import_.module} | {import_.name} | {import_.alias}"
            for import_ in extracted.imports
        ],
        "references": [
            f"{reference.line}: {reference.kind} {reference.name}"
            + (f" in {symbols[reference.symbol].qualified}" if reference.symbol is not None else "")
            for reference in extracted.references
            if reference.kind != "import"
        ],
    }


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_source_gives_its_symbols_imports_and_references(path: Path) -> None:
    """Broken sources too: what is whole in them must come out."""
    text, language, expected = read(path)

    assert plain(extract(text, path.name, language)) == expected


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_locals_are_no_references(path: Path) -> None:
    """They would make every function that says `local` a user of every other."""
    text, language, _ = read(path)

    names = {reference.name for reference in extract(text, path.name, language).references}

    assert not names & LOCALS


@pytest.mark.parametrize("path", [path for path in SOURCES if "broken" not in path.name], ids=name)
def test_windows_line_ends_change_nothing(path: Path) -> None:
    """Carriage returns belong to no name, signature or documentation."""
    text, language, expected = read(path)

    assert plain(extract(text.replace("\n", "\r\n"), path.name, language)) == expected


@pytest.mark.parametrize(
    "language",
    [language for language in languages() if language.package],
    ids=lambda language: language.id,
)
@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "\ufeff", "\x00\x00\n\x00", "\ud800\n"])
def test_what_is_hardly_a_text_gives_no_symbols(language: Language, text: str) -> None:
    """Empty files, byte order marks, NUL bytes and half surrogate pairs."""
    extracted = extract(text, "a", language)

    assert extracted.symbols == ()
    assert "".join(chunk.text for chunk in extracted.chunks).strip("\n") == text.strip("\n")


def test_every_language_with_a_grammar_has_a_source() -> None:
    """A language added to the table is added to these tests."""
    assert {language.id for language in languages() if language.package} == {
        path.parent.name for path in SOURCES
    }
