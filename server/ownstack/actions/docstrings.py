"""How a project documents its code: in which convention, read from what is documented already."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.actions.target import Target
from ownstack.extract.file import extract
from ownstack.extract.kinds import FUNCTIONS, TYPES
from ownstack.extract.rows import Extracted, Symbol
from ownstack.files.reading import Refusal, plain_lines, read
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import Language, language_of

MAX_NEIGHBOURS = 12
"""Files beside the target's that are read if its own says nothing."""
MAX_NEIGHBOUR_BYTES = 200_000
MAX_EXAMPLE_LINES, MAX_EXAMPLE_CHARS = 24, 1_200
_MAX_DOC_LINES = 80
_MAX_SIGNATURE_LINES = 40
_FEW_LINES = 3
"""An example of fewer shows little of a convention."""
_STRING = re.compile(r'[rRuU]{0,2}("""|\'\'\'|"(?!"")|\'(?!\'\'))')
_CONVENTIONS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("numpy", "python", re.compile(
        r"^[ \t]{0,80}(?:Parameters|Returns|Yields|Raises|Attributes|See Also|Notes|Examples)"
        r"[ \t]*\n[ \t]{0,80}-{3,}", re.M)),
    ("google", "python", re.compile(
        r"^[ \t]{0,80}(?:Args|Arguments|Returns|Yields|Raises|Attributes|Examples?):[ \t]*$",
        re.M)),
    ("sphinx", "python", re.compile(
        r"^[ \t]{0,80}:(?:param|type|returns?|rtype|raises?|var|ivar)\b[^:\n]{0,200}:", re.M)),
    ("epytext", "python", re.compile(
        r"^[ \t]{0,80}@(?:param|type|return|rtype|raise)\b[^:\n]{0,200}:", re.M)),
    ("jsdoc", "js", re.compile(r"@(?:param|returns?|type)[ \t]{1,9}\{")),
    ("tsdoc", "js", re.compile(r"@(?:param|returns|remarks|typeParam)\b(?![ \t]{1,9}\{)")),
)  # fmt: skip
_HOW = {
    "numpy": "a docstring in NumPy's style: sections such as Parameters, Returns and Raises, each "
    "underlined with dashes",
    "google": "a docstring in Google's style: sections such as Args:, Returns: and Raises:",
    "sphinx": "a docstring with Sphinx's fields: :param name:, :returns: and :raises Error:",
    "epytext": "a docstring with Epytext's fields: @param name:, @return: and @raise Error:",
    "plain": "a docstring: one sentence in the imperative that ends with a dot, then more only if "
    "it is needed, without sections",
    "jsdoc": "a JSDoc comment above it: /** … */ with @param {Type} name and @returns {Type}",
    "tsdoc": "a TSDoc comment above it: /** … */ with @param name - and @returns, without types",
    "rustdoc": "rustdoc above it: /// lines in Markdown, with # Errors and # Panics where they are "
    "due",
    "godoc": "a Go doc comment above it: // sentences that begin with its name",
    "javadoc": "a Javadoc comment above it: /** … */ with @param, @return and @throws",
    "kdoc": "a KDoc comment above it: /** … */ with @param and @return",
    "xmldoc": "an XML documentation comment above it: /// <summary> and <param>",
    "doxygen": "a Doxygen comment above it",
    "comment": "a comment directly above it",
}
_CONFIGURED = re.compile(
    r"^[ \t]{0,20}(?:convention|style|docstring[-_]style)[ \t]{0,9}=[ \t]{0,9}[\"']?"
    r"(numpy|google|sphinx|epytext|pep257)\b", re.M)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Documented:
    """A symbol's declaration and documentation, as they stand in a file."""

    symbol: Symbol
    text: str
    """Of both, without what is in its body."""
    doc: str


@dataclass(frozen=True, slots=True)
class Convention:
    """How something is documented here."""

    name: str
    how: str
    """As the object of "write"."""
    example: str = ""
    """Of the project: a declaration with its documentation; "" if it has none."""


def convention_of(target: Target, root: Path | None = None) -> Convention:
    """Return the convention by which a target is to be documented. Reads files of `root`.

    The project's settings come before its files, and the target's own file before those beside it.
    """
    language = target.language
    if language is None:
        return Convention("comment", _HOW["comment"])
    own = [
        each for each in documented(target.text, target.extracted, language)
        if not _is_target(each.symbol, target)
    ]  # fmt: skip
    name = _configured(root) if root is not None and language.id == "python" else ""
    near: list[Documented] = []
    if root is not None and (not own or (not name and not _voted(own, language))):
        near = list(_neighbours(root, target, language))
    name = name or _voted(own, language) or _voted(near, language)
    name = name or language.documents or "comment"
    fitting = [each for each in (*own, *near) if _is_of(name, each.doc, language)]
    example = _example(fitting, target.symbol)
    return Convention(name, _HOW[name], without_secrets(target.path, example))


def documented(text: str, known: Extracted, language: Language) -> Iterator[Documented]:
    """Yield the symbols of a file that are documented, in its order."""
    lines = plain_lines(text).split("\n")
    for symbol in known.symbols:
        if symbol.kind not in FUNCTIONS | TYPES:
            continue
        inside = language.id == "python"
        span = _inside(lines, symbol) if inside else above(lines, symbol.start_line, language)
        if span is None:
            continue
        first, last = span
        doc = "\n".join(lines[first - 1 : last])
        if inside:
            shown = "\n".join(lines[symbol.start_line - 1 : last])
        else:
            head = lines[symbol.start_line - 1 : max(symbol.name_line, symbol.start_line)]
            shown = "\n".join((doc, *head))
        yield Documented(symbol, shown, doc)


def above(lines: Sequence[str], line: int, language: Language) -> tuple[int, int] | None:
    """Return the first and last line of the comment directly above a declaration; 1-based."""
    last = line - 1
    while language.id == "rust" and last >= 1 and lines[last - 1].lstrip().startswith("#["):
        last -= 1
    if last < 1:
        return None
    marks = language.line
    for begin, end in language.block:
        if lines[last - 1].rstrip().endswith(end):
            for first in range(last, max(0, last - _MAX_DOC_LINES), -1):
                if lines[first - 1].lstrip().startswith(begin):
                    return first, last
            return None
    first = last
    while first >= 1 and marks and lines[first - 1].lstrip().startswith(marks):
        first -= 1
    return (first + 1, last) if first < last else None


def _inside(lines: Sequence[str], symbol: Symbol) -> tuple[int, int] | None:
    """Return the lines of the docstring of a Python definition; 1-based."""
    end = min(symbol.end_line, len(lines))
    for number in range(symbol.name_line, min(end, symbol.name_line + _MAX_SIGNATURE_LINES)):
        if not lines[number - 1].rstrip().endswith(":"):
            continue
        text = lines[number].lstrip()
        opened = _STRING.match(text)
        if opened is None:
            return None
        if opened[1] in text[opened.end() :]:
            return number + 1, number + 1
        if len(opened[1]) == 1:
            return None
        for last in range(number + 2, min(end, number + _MAX_DOC_LINES) + 1):
            if opened[1] in lines[last - 1]:
                return number + 1, last
        return None
    return None


def _is_target(symbol: Symbol, target: Target) -> bool:
    first, last = target.lines
    return first <= symbol.name_line <= last


def _neighbours(root: Path, target: Target, language: Language) -> Iterator[Documented]:
    """Yield what is documented in files beside the target's, in the order of their names."""
    folder = Path(target.path).parent
    try:
        names = sorted(path.name for path in (root / folder).iterdir())
    except OSError:
        return
    read_files = 0
    for name in names:
        path = (folder / name).as_posix()
        if path == target.path or language_of("", path) is not language:
            continue
        if read_files == MAX_NEIGHBOURS:
            return
        read_files += 1
        file = read(root, path, MAX_NEIGHBOUR_BYTES)
        if not isinstance(file, Refusal) and not file.generated:
            yield from documented(file.text, extract(file.text, path, language), language)


def _configured(root: Path) -> str:
    """Return the convention that a Python project's settings name, "" if they name none."""
    for name in ("pyproject.toml", "ruff.toml", ".ruff.toml", "setup.cfg", "tox.ini"):
        file = read(root, name, MAX_NEIGHBOUR_BYTES)
        if not isinstance(file, Refusal):
            found = _CONFIGURED.search(file.text)
            if found is not None:
                return "plain" if found[1] == "pep257" else found[1]
    return ""


def _voted(docs: Iterable[Documented], language: Language) -> str:
    """Return the convention with sections that most docs keep to, "" if none does."""
    votes = Counter(name for each in docs for name in _named(each.doc, language))
    return min(votes, key=lambda name: (-votes[name], name), default="")


def _named(doc: str, language: Language) -> Iterator[str]:
    family = "js" if language.transforms == "ecmascript" else language.id
    return (name for name, of, pattern in _CONVENTIONS if of == family and pattern.search(doc))


def _is_of(name: str, doc: str, language: Language) -> bool:
    named = list(_named(doc, language))
    return name in named or not named


def _example(docs: Sequence[Documented], symbol: Symbol | None) -> str:
    """Return the example that shows most: of the symbol's kind, with sections, not too long."""
    short = [
        each
        for each in docs
        if each.text.count("\n") < MAX_EXAMPLE_LINES and len(each.text) <= MAX_EXAMPLE_CHARS
    ]
    if not short:
        return ""
    kind = None if symbol is None else symbol.kind in FUNCTIONS

    def rank(each: Documented) -> tuple[bool, bool, int]:
        lines = each.doc.count("\n") + 1
        return (each.symbol.kind in FUNCTIONS) is not kind, lines < _FEW_LINES, lines

    return min(short, key=rank).text
