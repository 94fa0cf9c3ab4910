"""What the embedding table learns from: texts that mean the same, taken from source files.

Three kinds of pairs, each (what one might ask, the code that answers):

- documentation and the code that it documents, without it;
- a name, and the code that has it, without the name (its documentation may say it still);
- two neighbouring pieces of one file, the weakest of the three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.packages.documents import Document

MAX_CODE_LINES = 40
MAX_DOC_CHARS = 600
MIN_DOC_WORDS = 3
MAX_PAIRS_OF_A_FILE = 40
_PYTHON = re.compile(
    r'^([ \t]*)(?:async def|def|class) (\w+)([^\n]*(?:\n[^\n]*){0,12}?):[^\n]*\n\s*r?"""(.*?)"""',
    re.M | re.S,
)
_COMMENT = re.compile(
    r"^([ \t]*)(?:/\*\*?(?P<block>.*?)\*/|(?P<lines>//[^\n]*(?:\n[ \t]*//[^\n]*)*))"
    r"\n(?P<code>[ \t]*[^\s/*}][^\n]*)",
    re.M | re.S,
)
_MARKS = re.compile(r"^[ \t]*(?:\*+|///?!?|/\*+)[ \t]?|\{@\w+ ([^}]*)\}|</?\w+[^>\n]*>|`", re.M)
_DETAILS = re.compile(
    r"\n\s*(?:@\w+|:\w+[^:\n]*:|Args|Arguments|Parameters|Returns|Raises|Examples?|\.\. |>>>|#+ )"
)
_NAMED = re.compile(
    r"\b(?:class|struct|interface|trait|enum|type|fn|func|function|const|let|var|impl|namespace)"
    r"\s+(?:\([^)]*\)\s*)?(\w+)|(\w+)\s*(?:<[^>\n]*>)?\s*[(=:]"
)
_LICENCE = re.compile(r"copyright|licen[sc]e|SPDX|eslint|@generated|lint:|noqa", re.I)
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its answer."""

    kind: str
    """"doc", "name" or "neighbour"."""
    question: str
    answer: str


def pairs(document: Document) -> Iterator[Pair]:
    """Yield a file's pairs, at most `MAX_PAIRS_OF_A_FILE` of its documentation."""
    definitions = _python if document.language == "python" else _commented
    place = " ".join(document.path.rsplit(".", 1)[0].split("/")[-2:])
    for number, (name, doc, code) in enumerate(definitions(document.text)):
        if number == MAX_PAIRS_OF_A_FILE:
            break
        said = _DETAILS.split(doc, maxsplit=1)[0].strip()[:MAX_DOC_CHARS]
        if len(_WORD.findall(said)) >= MIN_DOC_WORDS and not _LICENCE.search(said):
            yield Pair("doc", said, f"{place} {code}")
        if len(name) > 3:
            without = re.sub(rf"\b{re.escape(name)}\b", " ", code)
            yield Pair("name", f"{name} {place}" if number % 2 else name, f"{said} {without}")
    lines = document.text.split("\n")
    for start in range(0, min(len(lines), 600) - 50, 75):
        first, second = lines[start : start + 25], lines[start + 25 : start + 50]
        yield Pair("neighbour", "\n".join(first), "\n".join(second))


def _python(text: str) -> Iterator[tuple[str, str, str]]:
    for found in _PYTHON.finditer(text):
        indent, name, rest, doc = found.groups()
        if "\n" in rest and re.search(r":\s*\n", rest):
            continue  # The documentation is that of something after it.
        body = text[found.end() : found.end() + 4_000].split("\n")[1 : MAX_CODE_LINES + 1]
        kept = []
        for line in body:
            if line.strip() and len(line) - len(line.lstrip()) <= len(indent):
                break
            kept.append(line)
        code = "\n".join(kept)
        yield name, doc, f"{name}{rest}\n{code}"


def _commented(text: str) -> Iterator[tuple[str, str, str]]:
    for found in _COMMENT.finditer(text):
        indent, first = found.group(1), found.group("code")
        named = _NAMED.search(first)
        name = (named.group(1) or named.group(2)) if named else ""
        start = found.start("code")
        lines = text[start : start + 4_000].split("\n")[:MAX_CODE_LINES]
        end = next(
            (
                at
                for at, line in enumerate(lines[1:], 1)
                if line.startswith(f"{indent}}}") or not (line.strip() or at == 1)
            ),
            len(lines),
        )
        doc = _MARKS.sub(" ", found.group("block") or found.group("lines"))
        yield name or "", doc, "\n".join(lines[:end])
