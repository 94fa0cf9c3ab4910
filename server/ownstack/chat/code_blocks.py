"""Code blocks of an answer, taken as proposed edits of the files that they name.

A block stands for what it defines: each definition in it takes the place of the one of its name. So
no more of a file is changed than what the block says in full. Only one that has all definitions of
a file, and half or more of its other lines, takes the place of the whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

from ownstack.chat.edits import Edits
from ownstack.chat.places import inside
from ownstack.chat.proposals import with_line_ends, with_lines
from ownstack.errors import EditError, ToolError
from ownstack.extract.file import extract
from ownstack.extract.rows import Symbol
from ownstack.languages import language_of
from ownstack.text import blanks_of

MAX_BLOCKS = 8
_MAX_CHARS = 200_000
_MAX_LINE = 400
"""Of a line, where paths are looked for."""
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})([^`\n]{0,300})$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_PATH = re.compile(r"[\w./\\+-]{1,240}\.\w{1,12}(?![\w./\\])")
_LEFT_OUT = re.compile(
    r"^[ \t]*(?:(?:#|//|--|/\*|<!--|;)[ \t]*)?(?:\.{3}|…)(?:[ \t]*$|.*\b(?:existing|rest|unchanged|"
    r"same|other|remaining|previous|omitted|here)\b)",
    re.IGNORECASE | re.MULTILINE,
)
_WHOLE_SHARE = 0.5
"""Of a file's lines outside of definitions: what a block has that stands for the whole file."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of Markdown."""

    file: str
    """The path that stands after its fence, as the answer has it; "" if none does."""
    near: tuple[str, ...]
    """Paths in the line before, then in its own first line."""
    text: str


async def propose(edits: Edits, root: Path, answer: str) -> tuple[str, ...]:
    """Propose the blocks of an answer that name a file; return why others are not, in sentences.

    What a block is for comes from a model: a file outside of the project is left alone.
    """
    problems = []
    for block in code_blocks(answer):
        path = _file(root, block)
        if not path:
            continue
        try:
            await edits.propose(path, partial(placed, code=_without_path(block, path), path=path))
        except EditError as error:
            problems.append(f"The block for {path} is not proposed: {error}")
    return tuple(problems)


def code_blocks(answer: str) -> tuple[CodeBlock, ...]:
    """Return the blocks of an answer, in their order; one that was not ended is none."""
    found: list[CodeBlock] = []
    fence, info, before, lines = "", "", "", list[str]()
    for line in answer[:_MAX_CHARS].splitlines():
        mark = _FENCE.match(line)
        if not fence and mark:
            fence, info, lines = mark[1], mark[2], []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            text = "\n".join(lines).strip("\n")
            near = (*_paths(before), *_paths(text.split("\n")[0][:_MAX_LINE]))
            if text.strip():
                found.append(CodeBlock(next(_paths(info), ""), near, text))
            fence = before = ""
        elif fence:
            lines.append(line)
        elif line.strip():
            before = line[:_MAX_LINE]
    return tuple(found[:MAX_BLOCKS])


def placed(text: str | None, code: str, path: str) -> str:
    """Return a file's text with a block in it; None as the text means that there is no such file.

    Raises:
        EditError: it leaves something out, or it is not clear where it belongs.
    """
    if _LEFT_OUT.search(code):
        raise EditError("It leaves parts out (“…”).", "Ask for whole functions.")
    if text is None or not text.strip():
        return f"{code}\n"
    old, new = _symbols(text, path), _symbols(code, path)
    outside, missing = _outside(code, new), _outside(text, old)
    kept = sum(line in outside for line in missing)
    names = {symbol.qualified for symbol in new}
    if {symbol.qualified for symbol in _tops(old)} <= names and (
        kept >= _WHOLE_SHARE * len(missing)
    ):
        return with_line_ends(f"{code}\n", text)
    if not new or not outside <= missing:
        raise EditError("It is not clear where it belongs.", "Ask for whole functions, or a file.")
    changes = [(_meant(symbol, old), symbol) for symbol in _tops(new)]
    changes.sort(key=lambda change: change[0].start_line, reverse=True)
    for (later, _), (earlier, _) in pairwise(changes):
        if earlier.end_line >= later.start_line:
            raise EditError(f"It defines {later.name[:80]} twice.", "Ask for whole functions.")
    for target, symbol in changes:
        part = _lines(code)[symbol.start_line - 1 : symbol.end_line]
        lines = _lines(text)
        start = target.start_line
        if not _is_mark(part[0]):  # Marks that a block does not repeat, such as @property, stay.
            while start < target.name_line and _is_mark(lines[start - 1]):
                start += 1
        moved = _indented(part, blanks_of(lines[start - 1]))
        text = with_lines(text, start, target.end_line, moved)
    return text


def _meant(symbol: Symbol, old: list[Symbol]) -> Symbol:
    """Return the definition of a file whose place another one takes.

    Raises:
        EditError: none is, or several may be.
    """
    same = [known for known in old if known.qualified == symbol.qualified]
    same = same or [known for known in old if known.name == symbol.name]
    if len(same) != 1:
        number = "several" if same else "no"
        raise EditError(f"The file has {number} definitions of {symbol.name[:80]}.")
    return same[0]


def _symbols(text: str, path: str) -> list[Symbol]:
    return list(extract(text, path, language_of("", path, text)).symbols)


def _tops(symbols: list[Symbol]) -> list[Symbol]:
    return [symbol for symbol in symbols if symbol.parent is None]


def _outside(text: str, symbols: list[Symbol]) -> set[str]:
    """Return the lines that stand in no definition, without the blanks around them."""
    inner = {
        number
        for symbol in _tops(symbols)
        for number in range(symbol.start_line, symbol.end_line + 1)
    }
    lines = enumerate(_lines(text), 1)
    return {line.strip() for number, line in lines if number not in inner and line.strip()}


def _indented(lines: list[str], indent: str) -> str:
    """Return lines moved so that the first one has this indentation."""
    has = blanks_of(lines[0])
    moved = (indent + line.removeprefix(has) if line.strip() else line for line in lines)
    return "\n".join(moved)


def _is_mark(line: str) -> bool:
    """Whether a line is a decorator, an annotation or an attribute of what it stands above."""
    return line.lstrip().startswith(("@", "#[", "["))


def _lines(text: str) -> list[str]:
    return _LINE_END.split(text)


def _paths(words: str) -> Iterator[str]:
    for match in _PATH.finditer(words):
        yield match[0].replace("\\", "/").removeprefix("./")


def _file(root: Path, block: CodeBlock) -> str:
    """Return the file of the project that a block is for; only a fence may name a new one.

    "" if it names none.
    """
    for path in filter(None, (block.file, *block.near)):
        try:
            place = inside(root, path)
        except ToolError:
            continue
        if place and ((root / place).is_file() or path == block.file):
            return place
    return ""


def _without_path(block: CodeBlock, path: str) -> str:
    """Return the code of a block, without a first line that says nothing but which file it is."""
    first, _, rest = block.text.partition("\n")
    return rest if first.strip(" \t#/*<!->").removeprefix("./") == path else block.text
