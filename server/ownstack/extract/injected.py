"""What a file defines and uses, with what the texts in other languages in it do.

Each text is read as a file of its own would be, and moved to its rows; nothing of it stands in
a symbol of the text around it, but its chunks may.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ownstack.extract.definition import Definition
from ownstack.extract.references import references
from ownstack.extract.rows import Import, Reference, Symbol
from ownstack.extract.source import SourceText
from ownstack.extract.symbols import definitions
from ownstack.languages import Language
from ownstack.syntax.captures import Outline, borders, outline
from ownstack.syntax.injections import regions

_MAX_NESTED = 3
"""A script in a page in a PHP file, or in a fence of Markdown."""
_MAX_CPU_S = 4.0
"""For all texts in one file; what is left out then is found as text."""

Rows = tuple[list[int], list[int]]


@dataclass(slots=True)
class TextOutline:
    """What was read of one text. Rows are 0-based."""

    source: SourceText
    all: list[Definition]
    symbols: tuple[Symbol, ...]
    references: tuple[Reference, ...]
    imports: tuple[Import, ...]
    borders: Callable[[int], Rows]
    """Finds rows at which something begins, and how deep; nodes of so many bytes are whole."""


def read(text: str, language: Language) -> TextOutline | None:
    """Read a text and those in it; None if there is no tree worth having."""
    return _read(text, text, language, _MAX_NESTED, time.thread_time() + _MAX_CPU_S)


def _read(
    text: str, shown: str, language: Language, depth: int, until_s: float
) -> TextOutline | None:
    source, found = SourceText(shown), outline(text, language)
    if found is None:
        return None
    defined = definitions(found.captured, source)
    used, imports = references(found.captured, defined, source)
    part = TextOutline(
        source, defined.all, defined.symbols, used, imports, _borders_of(source, found)
    )
    inner = []
    data = source.data if shown is text else text.encode("utf-8", "surrogatepass")
    for region in regions(found, text, data, source.data) if depth else ():
        if time.thread_time() > until_s:
            break
        inside = _read(region.text, region.shown, region.language, depth - 1, until_s)
        if inside is not None and language.prose:
            inside = replace(inside, references=(), imports=())
        if inside is not None:
            inner.append((source.row(region.start), inside))
    return _merged(part, inner) if inner else part


def _borders_of(source: SourceText, found: Outline) -> Callable[[int], Rows]:
    return lambda max_bytes: source.first_rows(borders(found.tree, max_bytes))


def _merged(host: TextOutline, inner: Sequence[tuple[int, TextOutline]]) -> TextOutline:
    """Put parts, each with the row where it begins, into the part that holds them."""
    around = _around(host, [(row, row + part.source.n_rows - 1) for row, part in inner])
    symbols, used = list(host.symbols), list(host.references)
    imports, all_ = list(host.imports), list(host.all)
    for (row, part), parent in zip(inner, around, strict=True):
        first, n_symbols = len(all_), len(symbols)
        for definition in part.all:
            definition.rows = definition.rows[0] + row, definition.rows[1] + row
            definition.first_row += row
            definition.parent = parent if definition.parent is None else definition.parent + first
            definition.symbol = None if definition.symbol is None else definition.symbol + n_symbols
        all_ += part.all
        symbols += (_moved(symbol, row, n_symbols) for symbol in part.symbols)
        used += (
            reference._replace(
                line=reference.line + row,
                symbol=None if reference.symbol is None else reference.symbol + n_symbols,
            )
            for reference in part.references
        )
        imports += (import_._replace(line=import_.line + row) for import_ in part.imports)
    merged = replace(
        host,
        all=all_,
        symbols=tuple(symbols),
        references=tuple(used),
        imports=tuple(sorted(imports, key=lambda import_: import_.line)),
        borders=lambda max_bytes: _all_borders(host, inner, max_bytes),
    )
    return _sorted(merged)


def _moved(symbol: Symbol, row: int, n_symbols: int) -> Symbol:
    return symbol._replace(
        start_line=symbol.start_line + row,
        end_line=symbol.end_line + row,
        name_line=symbol.name_line + row,
        parent=None if symbol.parent is None else symbol.parent + n_symbols,
    )


def _around(host: TextOutline, spans: Sequence[tuple[int, int]]) -> list[int | None]:
    """Return the innermost definition around each span of rows; both lie in order."""
    stack: list[int] = []
    found: list[int | None] = []
    at = 0
    for first, last in spans:
        while at < len(host.all) and host.all[at].rows[0] <= first:
            while stack and host.all[stack[-1]].rows[1] < host.all[at].rows[0]:
                stack.pop()
            stack.append(at)
            at += 1
        while stack and host.all[stack[-1]].rows[1] < first:
            stack.pop()
        holding = (number for number in reversed(stack) if host.all[number].rows[1] >= last)
        found.append(next(holding, None))
    return found


def _sorted(part: TextOutline) -> TextOutline:
    """Put definitions, symbols and uses in the order of their lines, and count them anew."""
    order = sorted(range(len(part.all)), key=lambda at: part.all[at].rows[0])
    place = {old: new for new, old in enumerate(order)}
    ranks = sorted(range(len(part.symbols)), key=lambda at: part.symbols[at].start_line)
    rank = {old: new for new, old in enumerate(ranks)}
    for definition in part.all:
        definition.parent = None if definition.parent is None else place[definition.parent]
        definition.symbol = None if definition.symbol is None else rank[definition.symbol]
    symbols = (part.symbols[old] for old in ranks)
    used = (
        reference if reference.symbol is None else reference._replace(symbol=rank[reference.symbol])
        for reference in part.references
    )
    return replace(
        part,
        all=[part.all[old] for old in order],
        symbols=tuple(
            symbol if symbol.parent is None else symbol._replace(parent=rank[symbol.parent])
            for symbol in symbols
        ),
        references=tuple(sorted(used, key=lambda reference: reference.line)),
    )


def _all_borders(
    host: TextOutline, inner: Sequence[tuple[int, TextOutline]], max_bytes: int
) -> Rows:
    depth_of: dict[int, int] = {}
    for first, part, deeper in ((0, host, 0), *((row, part, 2) for row, part in inner)):
        for row, depth in zip(*part.borders(max_bytes), strict=True):
            depth_of.setdefault(row + first, depth + deeper)
    rows = sorted(depth_of)
    return rows, [depth_of[row] for row in rows]
