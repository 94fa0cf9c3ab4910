"""Imports of JavaScript, TypeScript and Java in order, paragraph by paragraph.

How projects group them differs, and their authors show it by blank lines: these stay. Nothing is
moved past a comment line, or an import that is there for its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.found import Found, found_in
from ownstack.actions.transforms.import_lines import (
    ImportLine,
    es_imports,
    java_imports,
    lines_of,
    stands_alone,
)
from ownstack.actions.transforms.order import natural
from ownstack.text import Edit, LineIndex, Span

_Written = tuple[ImportLine, str]
"""A statement, and how it is written in the end."""
_InOrder = Callable[[Sequence[_Written]], Iterable[_Written]]


def organise_es(target: Target, _selected: Span) -> Change | None:
    """Sort imports of a module, and the names that each takes."""
    found = found_in(target)
    if found is None:
        return None
    imports = [_with_names_sorted(found, line) for line in es_imports(found)]
    edits = _paragraph_edits(found, imports, _es_sorted)
    return change_of(target.text, list(edits))


def organise_java(target: Target, _selected: Span) -> Change | None:
    """Sort imports of a class by their names, static ones apart from others."""
    found = found_in(target)
    if found is None:
        return None
    imports = [(line, found.code(line.span)) for line in java_imports(found)]
    return change_of(target.text, list(_paragraph_edits(found, imports, _java_sorted)))


def _es_sorted(lines: Sequence[_Written]) -> Iterable[_Written]:
    def by_module(line: _Written) -> tuple[object, ...]:
        return (natural(line[0].module), line[0].module)

    def as_typescript(line: _Written) -> tuple[object, ...]:
        return (line[0].module.startswith("."), *by_module(line))

    for known in (by_module, as_typescript, lambda line: line[0].module):
        if list(lines) == sorted(lines, key=known):
            return lines
    return sorted(lines, key=as_typescript)


def _java_sorted(lines: Sequence[_Written]) -> Iterable[_Written]:
    is_static = lines[0][0].is_static
    return sorted(lines, key=lambda line: (line[0].is_static != is_static, line[0].module))


def _paragraph_edits(
    found: Found,
    imports: Sequence[_Written],
    in_order: _InOrder,
) -> Iterator[Edit]:
    index = LineIndex(found.text)
    for paragraph in _paragraphs(index, imports):
        rows = [lines_of(index, line.span) for line, _ in paragraph]
        ordered = in_order(paragraph)
        for row, (old, _), (line, code) in zip(rows, paragraph, ordered, strict=True):
            whole = lines_of(index, line.span)
            after = found.text[line.span.end : whole.end].rstrip("\r\n")
            line_end = found.text[old.span.end : row.end]
            line_end = line_end[len(line_end.rstrip("\r\n")) :]
            yield Edit(row, code + after + line_end)


def _paragraphs(index: LineIndex, imports: Sequence[_Written]) -> Iterator[list[_Written]]:
    paragraph: list[_Written] = []
    last_end = -1
    for line in imports:
        rows = lines_of(index, line[0].span)
        is_alone = stands_alone(index, line[0].span)
        if paragraph and (not is_alone or rows.start != last_end):
            yield paragraph
            paragraph = []
        if is_alone:
            paragraph.append(line)
        last_end = rows.end
    if paragraph:
        yield paragraph


def _with_names_sorted(found: Found, line: ImportLine) -> _Written:
    code = found.code(line.span)
    if line.clause is None:
        return line, code
    clause = found.code(line.clause)
    inside = clause.partition("{")[2].partition("}")[0]
    pieces = inside.split(",")
    names = [piece.strip() for piece in pieces if piece.strip()]
    is_plain = all(piece.strip() for piece in pieces[:-1])
    lines = inside.count("\n")
    if not is_plain or lines not in (0, len(names) + 1, len(names)) or len(names) < 2:
        return line, code

    def by_name(said: str) -> str:
        return said.removeprefix("type ").strip()

    def naturally(said: str) -> tuple[object, ...]:
        return (natural(by_name(said)), said)

    if any(names == sorted(names, key=key) for key in (by_name, naturally)):
        return line, code
    order = iter(sorted(names, key=naturally))
    sorted_pieces = [
        piece.replace(piece.strip(), next(order)) if piece.strip() else piece for piece in pieces
    ]
    at = line.clause.start - line.span.start
    new = clause.replace(inside, ",".join(sorted_pieces), 1)
    return line, code[:at] + new + code[at + len(clause) :]
