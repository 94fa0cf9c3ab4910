"""Tests for code: in the project's framework, in the file where its tests are or would be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ownstack.actions.context import Around
from ownstack.actions.frameworks import framework_of
from ownstack.actions.target import Target, target_of
from ownstack.actions.test_files import TestPlace, place_of
from ownstack.actions.wish import Wish
from ownstack.chat.project_files import DiskFiles, ProjectFiles, editable
from ownstack.chat.proposals import with_line_ends
from ownstack.errors import EditError
from ownstack.extract.file import extract
from ownstack.extract.kinds import FUNCTIONS
from ownstack.extract.rows import Extracted, Symbol
from ownstack.files.reading import Refusal, plain_lines, read
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import Language
from ownstack.memory.handles import short
from ownstack.text import LineIndex, Span, fenced

MAX_TESTED_CHARS = 12_000
MAX_EXAMPLE_LINES, MAX_EXAMPLE_CHARS, MAX_HEAD_LINES = 40, 2_000, 20
MAX_NAMES = 60
"""Tests that are there already and are named."""
_IN_CLASSES = frozenset(("java", "kotlin"))
_CALLED_TEST = re.compile(r"(?i)tests?(?:_|[A-Z0-9]|$)|.{0,200}(?:_test|Test)$|should|it_")
_CALL = re.compile(r"^([ \t]{0,40})(?:it|test)(?:\.\w{1,20})?\(")
_HEAD = re.compile(
    r"^(?:import|from|package|use|require|const \w.{0,200}require|#!|//|#|/\*| \*|\s*$|[})])"
)
_EMPTY_LINES = {"python": 2}


def wish(root: Path, target: Target, around: Around, files: ProjectFiles | None = None) -> Wish:
    """Return the wish for tests of a target; its own target is the test file. Reads files.

    `files` is where the test file is read, the disk by default. The path of a new one is that of
    the wish's target, whose text is "".

    Raises:
        EditError: it is not known how such code is tested here, or the test file cannot be edited.
    """
    language = target.language
    if language is None:
        raise EditError("It is not known in which language this is.", "Choose one in the editor.")
    place = place_of(root, target.path, language)
    is_inside = language.id == "rust" and not place.exists
    if not is_inside and editable(root, place.path) != place.path:
        raise EditError(f"{short(place.path)} leads to another file.", "Write tests by hand.")
    sibling = _text(root, place.path if place.exists else place.sibling)
    framework = framework_of(root, target.path, language, sibling)
    if framework is None:
        raise EditError(
            f"It is not known how {language.id} is tested in this project.",
            "Write a first test by hand, or ask for tests with an instruction.",
        )
    source = files if files is not None else DiskFiles(root)
    tests = _inside(target, language) if is_inside else _in_file(source, place, language)
    where = _where(tests, target)
    code = without_secrets(target.path, plain_lines(target.code))[:MAX_TESTED_CHARS]
    name = "these lines" if target.symbol is None else f"`{short(target.symbol.qualified, 100)}`"
    first, last = target.lines
    parts = [
        f"Write tests for {name} with {framework.name}: {framework.how}. Two to four short ones: "
        f"the usual case, a limit, an error if there is one. {where}",
        f"What is tested, {target.path}, lines {first} to {last}:\n{fenced(code, language.id)}",
    ]
    example_path = place.path if place.exists else place.sibling
    example = without_secrets(example_path, _example(sibling, example_path, language))
    if example:
        parts.append(
            f"So tests look in this project ({example_path}); keep to that form:\n{fenced(example)}"
        )
    return Wish(tests, "\n\n".join(parts), around.related, around.rules)


def _in_file(files: ProjectFiles, place: TestPlace, language: Language) -> Target:
    """Return the end of a test file as a target, or all of one that is new."""
    now = files.now(place.path)
    text = "" if now is None else now.text
    if not text.strip():
        return Target(place.path, language, text, Span(0, len(text)), Span(0, 0), trail="\n")
    if language.id in _IN_CLASSES:
        known = extract(text, place.path, language)
        methods = [symbol for symbol in known.symbols if symbol.kind in FUNCTIONS]
        if methods:
            return _of_symbol(text, place.path, language, methods[-1])
    return _appended(text, place.path, language)


def _inside(target: Target, language: Language) -> Target:
    """Return where tests stand in the file that they test, as Rust has them."""
    known = target.extracted
    modules = [
        symbol for symbol in known.symbols if symbol.kind == "module" and symbol.name == "tests"
    ]
    if modules:
        held = [
            symbol
            for symbol in known.symbols
            if symbol.kind in FUNCTIONS
            and modules[-1].start_line < symbol.start_line <= modules[-1].end_line
        ]
        if held:
            return _of_symbol(target.text, target.path, language, held[-1])
    return _appended(target.text, target.path, language)


def _of_symbol(text: str, path: str, language: Language, symbol: Symbol) -> Target:
    """Return a symbol as a target."""
    end = LineIndex(text).line_span(symbol.name_line - 1).end
    return target_of(text, path, language, Span(end, end))


def _appended(text: str, path: str, language: Language) -> Target:
    """Return the end of a file as a target, with the empty lines that its language has there."""
    end = with_line_ends("\n", text)
    blank = text.rstrip()
    below = plain_lines(text[len(blank) :]).count("\n")
    lead = end * max(0, 1 + _EMPTY_LINES.get(language.id, 1) - below)
    at = Span(len(text), len(text))
    return Target(path, language, text, at, at, lead=lead, trail=end)


def _where(tests: Target, target: Target) -> str:
    """Return what a model has to know of the place of its tests."""
    if not tests.text.strip():
        return (
            f"{tests.path} is a new file: answer with all of it, and begin with the imports that "
            "it needs."
        )
    if tests.code.strip():
        return (
            "The lines shown are the last that stand there: answer with them as they are, and the "
            "new tests below them."
        )
    names = [symbol.name for symbol in tests.extracted.symbols if symbol.kind in FUNCTIONS]
    held = ", ".join(short(name, 80) for name in names[:MAX_NAMES])
    there = f" It has these already: {held}." if held else ""
    if tests.path == target.path:
        return (
            "They are put at the end of the same file: answer with a module `tests` behind "
            "`#[cfg(test)]` that has `use super::*;`, and with nothing else."
        )
    return (
        f"They are put at the end of {tests.path}: answer with the new tests alone, and not with "
        f"what is there.{there} What the file does not import yet, a test imports itself."
    )


def _example(text: str, path: str, language: Language) -> str:
    """Return the head of a test file, with its imports, and one of its tests."""
    if not text:
        return ""
    lines = text.split("\n")
    head = "\n".join(_head(lines)).strip("\n")
    test = _shortest(lines, extract(text, path, language))
    shown = "\n\n".join(filter(None, (head, test)))
    return shown if len(shown) <= MAX_EXAMPLE_CHARS else test[:MAX_EXAMPLE_CHARS]


def _head(lines: list[str]) -> Iterator[str]:
    for line in lines[:MAX_HEAD_LINES]:
        if not _HEAD.match(line):
            return
        yield line


def _shortest(lines: list[str], known: Extracted) -> str:
    """Return the shortest test of three lines or more; calls of `it` and `test` count, too."""
    spans = [
        (symbol.start_line, symbol.end_line)
        for symbol in known.symbols
        if symbol.kind in FUNCTIONS and _CALLED_TEST.match(symbol.name)
    ] or list(_calls(lines))
    fitting = [span for span in spans if 2 <= span[1] - span[0] < MAX_EXAMPLE_LINES] or spans[:1]
    if not fitting:
        return ""
    first, last = min(fitting, key=lambda span: (span[1] - span[0], span[0]))
    return "\n".join(lines[first - 1 : min(last, first + MAX_EXAMPLE_LINES)])


def _calls(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and last line of each call of `it` or `test`; 1-based."""
    for first, line in enumerate(lines, 1):
        begun = _CALL.match(line)
        if begun is None:
            continue
        closing = f"{begun[1]}}}"
        for last in range(first + 1, min(len(lines), first + MAX_EXAMPLE_LINES) + 1):
            if lines[last - 1].startswith(closing):
                yield first, last
                break


def _text(root: Path, path: str) -> str:
    file = read(root, path) if path else None
    return "" if file is None or isinstance(file, Refusal) else file.text
