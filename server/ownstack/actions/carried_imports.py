"""Imports that a model writes above a definition: they come along where the language takes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from ownstack.actions.target import Target
from ownstack.files.reading import plain_lines
from ownstack.text import blanks_of

_IMPORT = re.compile(r"\s{0,40}(?:from|import|(?:pub[ \t]+)?use|#include|const|export)\b")


def statements(lines: Sequence[str], rows: Collection[int]) -> Iterator[list[str]]:
    """Give the lines of each import; `rows` are lines in which something is imported, from 0."""
    end = 0
    for row in sorted(rows):
        if row < end:
            continue
        start = row
        while start > end and not _IMPORT.match(lines[start]):
            start -= 1
        depth, end = 0, start
        while end < len(lines) and (end == start or depth > 0):
            line = lines[end]
            depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
            end += 1
        end = max(end, row + 1)
        yield list(lines[start:end])


def with_imports(lines: list[str], imports: list[list[str]], target: Target) -> list[str]:
    """Return lines with imports that the file does not have, where the language takes them."""
    language = target.language
    if language is None or not imports:
        return lines
    is_nested = bool(blanks_of(plain_lines(target.code).lstrip("\n")))
    added = [line for statement in imports for line in statement]
    if "file" in language.imports and not is_nested:
        return [*added, *[""] * (2 if language.indent else 1), *lines]
    at = _body_of(lines) if "function" in language.imports else None
    if at is None:
        return lines
    indent = blanks_of(next(line for line in lines[at:] if line.strip()))
    return [*lines[:at], *(indent + line for line in added), "", *lines[at:]]


def _body_of(lines: Sequence[str]) -> int | None:
    """Return the line in which a function's body begins, after its docstring."""
    depth, at = 0, -1
    for line in lines:
        at += 1
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        is_def = re.match(r"[ \t]{0,200}(?:(?:async[ \t]{1,20})?def\b|\))", line) or depth == 0
        ends = line.partition("#")[0].rstrip()[-1:]
        if (is_def and depth == 0 and ends == ":") or (depth == 1 and ends == "{"):
            break
    else:
        return None
    at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    if at >= len(lines):
        return None
    quote = re.match(r"[ \t]{0,200}[rRuU]?(\"\"\"|'''|\"|')", lines[at])
    if quote is None:
        return at
    rest = lines[at][quote.end() :]
    while quote[1] not in rest:
        at += 1
        if at >= len(lines):
            return None
        rest = lines[at]
    return at + 1 if any(line.strip() for line in lines[at + 1 :]) else None
