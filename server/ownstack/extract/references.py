"""Which names a file uses and where, out of what its queries captured."""

from __future__ import annotations

import re

from ownstack.extract.imports import imports_of
from ownstack.extract.kinds import ReferenceKind
from ownstack.extract.rows import Import, Reference
from ownstack.extract.source import SourceText
from ownstack.extract.symbols import Definitions
from ownstack.syntax.captures import Bytes, Captured

_WORD = re.compile(rb"\S+")
_EXTENSION = re.compile(r"\.(?:h|hh|hpp|js|mjs|ts|css|html|zig|sh|rb|lua|php)$")
_SEPARATOR = re.compile(r"[/.\\]|::")
_MAX_NAME_BYTES = 200

# Capture → kind, and whether it can name a local; later ones win where two capture one name.
_KINDS: tuple[tuple[str, ReferenceKind, bool], ...] = (
    ("reference.name", "name", True),
    ("reference.member", "name", False),
    ("reference.type", "type", True),
    ("reference.call", "call", True),
    ("reference.method", "call", False),
)


def references(
    captured: Captured, defined: Definitions, source: SourceText
) -> tuple[tuple[Reference, ...], tuple[Import, ...]]:
    """Return names that are used, without those of locals, and the imports."""
    found: dict[int, tuple[int, ReferenceKind, bool]] = {}
    for capture, kind, may_be_local in _KINDS:
        for start, end in captured.lone.get(capture, ()):
            found[start] = (end, kind, may_be_local)
    imports, spans = imports_of(captured, source)
    for name_at in defined.names:
        found.pop(name_at, None)
    for start, _ in captured.lone.get("reference.none", ()):
        found.pop(start, None)
    for start, end in captured.lone.get("reference.words", ()):
        for word in _WORD.finditer(source.data, start, min(end, start + 10_000)):
            found[word.start()] = (word.end(), "name", False)
    spans += captured.lone.get("skip", ())
    used = list(_in_symbols(found, spans, defined, source))
    for import_ in imports:
        name = import_.name or _SEPARATOR.split(_EXTENSION.sub("", import_.module))[-1]
        if name and name != "*":
            used.append(Reference(name, import_.line, "import"))
    return tuple(used), imports


def _in_symbols(
    found: dict[int, tuple[int, ReferenceKind, bool]],
    imported: list[Bytes],
    defined: Definitions,
    source: SourceText,
) -> list[Reference]:
    """Go through names and definitions together, both in the order of the text."""
    starts = sorted(found)
    rows = (source.row_starts.searchsorted(starts, "right")).tolist()
    all_, own, name_of = defined.all, defined.locals, source.name
    begins = [definition.start for definition in all_] + [len(source.data) + 1]
    skips = [*sorted(imported), (len(source.data) + 1, 0)]
    used: list[Reference] = []
    stack: list[int] = []
    at = skip = 0
    end_of_top, symbol = -1, None
    hidden: set[str] = set()
    for start, line in zip(starts, rows, strict=True):
        if begins[at] <= start or (stack and end_of_top <= start):
            while begins[at] <= start:
                while stack and all_[stack[-1]].end <= begins[at]:
                    stack.pop()
                stack.append(at)
                at += 1
            while stack and all_[stack[-1]].end <= start:
                stack.pop()
            end_of_top = all_[stack[-1]].end if stack else -1
            symbol = next((s for i in reversed(stack) if (s := all_[i].symbol) is not None), None)
            hidden = set().union(*(own[i] for i in stack if i in own))
        while skips[skip][0] <= start and skips[skip][1] <= start:
            skip += 1
        if skips[skip][0] <= start:
            continue
        end, kind, may_be_local = found[start]
        if end - start > _MAX_NAME_BYTES:
            continue
        name = name_of(start, end)
        if not (may_be_local and name in hidden):
            used.append(Reference(name, line, kind, symbol))
    return used
