"""Imports of JavaScript, TypeScript and Java that nothing uses.

A name counts as used wherever it stands as a word outside of imports, in a comment too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.found import Found, found_in
from ownstack.actions.transforms.import_lines import (
    WORD,
    ImportLine,
    es_imports,
    java_imports,
    lines_of,
    stands_alone,
)
from ownstack.text import Edit, LineIndex, Span

_OF_JSX = frozenset(("React", "h", "Fragment", "jsx", "createElement"))
"""What elements in a script become calls of, unseen."""
_KEPT = re.compile(r"eslint-disable|@ts-ignore|@ts-expect-error|@jsx|biome-ignore|noinspection")


def remove_unused_es(target: Target, _selected: Span) -> Change | None:
    """Remove names that a module imports and does not use."""
    found = found_in(target)
    return None if found is None else _without(found, list(es_imports(found)), _OF_JSX)


def remove_unused_java(target: Target, _selected: Span) -> Change | None:
    """Remove imports that a class does not use."""
    found = found_in(target)
    return None if found is None else _without(found, list(java_imports(found)), frozenset())


def _without(found: Found, imports: Iterable[ImportLine], kept: frozenset[str]) -> Change | None:
    used, at = set(kept), 0
    for span in sorted(found.spans("import"), key=lambda span: span.start):
        used.update(WORD.findall(found.text, at, span.start))
        at = span.end
    used.update(WORD.findall(found.text, at))
    index = LineIndex(found.text)
    edits, removed = list[Edit](), list[Span]()
    for line in imports:
        lines = lines_of(index, line.span)
        first = index.line_of(line.span.start)
        above = index.line_text(first - 1) if first else ""
        unused = {name for name in line.names if name not in used}
        if not unused or _KEPT.search(above + found.code(lines)):
            continue
        if len(unused) == len(set(line.names)):
            if stands_alone(index, line.span):
                removed.append(lines)
        elif line.clause is not None:
            new = _clause(found.code(line.clause), unused)
            edits.append(Edit(line.clause, new))
    return change_of(found.text, [*edits, *_without_lines(index, removed)])


def _without_lines(index: LineIndex, removed: Iterable[Span]) -> Iterator[Edit]:
    """Yield edits that leave no blank line at the top, and no two of them in the middle."""
    runs: list[Span] = []
    for lines in sorted(removed, key=lambda lines: lines.start):
        if runs and runs[-1].end == lines.start:
            lines = Span(runs.pop().start, lines.end)
        runs.append(lines)
    for lines in runs:
        before = index.line_of(lines.start) - 1
        below = index.line_of(lines.end)
        is_blank_below = below + 1 < index.n_lines and not index.line_text(below).strip()
        is_blank_above = before < 0 or not index.line_text(before).strip()
        if is_blank_below and is_blank_above:
            lines = Span(lines.start, index.line_span(below + 1).start)
        yield Edit(lines, "")


def _clause(clause: str, unused: set[str]) -> str:
    """Return what stands between `import` and `from` without some names, but not without all."""
    head, brace, rest = clause.partition("{")
    inside, _, tail = rest.partition("}")
    kept_type = "type " if head.startswith("type ") else ""
    heads = [
        part.strip()
        for part in head.removeprefix("type ").split(",")
        if part.strip() and _local(part) not in unused
    ]
    if not brace:
        return kept_type + ", ".join(heads) + " "
    pieces = [piece for piece in inside.split(",") if piece.strip()]
    kept = [piece for piece in pieces if _local(piece) not in unused]
    if len(kept) == len(pieces):
        named = "{" + inside + "}"
    elif "\n" in inside:
        end = inside[len(inside.rstrip()) :]
        comma = "," if inside.rstrip().endswith(",") else ""
        named = "{" + ",".join(piece.rstrip() for piece in kept) + comma + end + "}"
    else:
        padding = " " if inside.startswith(" ") else ""
        named = "{" + padding + ", ".join(piece.strip() for piece in kept) + padding + "}"
    return kept_type + ", ".join([*heads, named] if kept else heads) + (tail or " ")


def _local(piece: str) -> str:
    words = WORD.findall(piece)
    return words[-1] if words else ""
