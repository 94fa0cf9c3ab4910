"""Which symbols a file defines, out of what its queries captured."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import cast
from unicodedata import normalize

from ownstack.extract.attributes import KIND, assigned_fields
from ownstack.extract.definition import Definition
from ownstack.extract.docs import documentation
from ownstack.extract.kinds import FUNCTIONS, HOLDERS, VALUES, DefinitionKind, SymbolKind
from ownstack.extract.rows import Symbol
from ownstack.extract.source import SourceText
from ownstack.syntax.captures import Bytes, Captured

_DOTTED = FUNCTIONS | HOLDERS | {"module", "type", "field", "clause"}
"""Kinds whose names may say what they stand in: `Shape::area`, `M.open`."""

_ASSIGNED = f"definition.{KIND}"
_MAX_DEPTH = 30
"""Deeper definitions are no symbols; qualified names would grow with the square."""
_MAX_KEY_DEPTH = 2
_MAX_NAME_CHARS = 200
_MAX_SIGNATURE_CHARS = 300
_JOINT = re.compile(r"::|\.|:|\\")
_QUOTES = tuple("\"'`")
_WHITE = re.compile(r"\s+")
_SIGNATURE_END = " {:=;,"


def _place(definition: Definition) -> tuple[int, int, int]:
    """Return what sorts definitions in the order of the text, outer ones first."""
    return definition.start, -definition.end, definition.name_at


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of a file, in the order of its text, and the names of locals."""

    all: list[Definition]
    symbols: tuple[Symbol, ...]
    locals: dict[int, set[str]] = field(default_factory=dict)
    """Names that belong to a function, by its place in `all`."""
    names: frozenset[int] = frozenset()
    """The first byte of each name that is defined."""


def definitions(captured: Captured, source: SourceText) -> Definitions:
    """Put captures in order: what encloses what, what is local, what belongs to each."""
    found, assignments = _found(captured, source)
    named = (spans for _, spans in captured.grouped if "name" in spans and _ASSIGNED not in spans)
    names = {spans["name"][0] for spans in named}
    names.update(definition.name_at for definition in found)
    _extend(found, captured.lone.get("extent", ()), source)
    _extend(found, captured.lone.get("extent.signature", ()), source, is_signature=True)
    kept, own = _nested(found)
    for name in ("local", "local.type"):
        _add_locals(own, kept, captured.lone.get(name, ()), source, name == "local.type")
    fields = assigned_fields(assignments, kept)
    names.update(definition.name_at for definition in fields)
    for definition in (*kept, *fields):
        definition.rows = source.rows((definition.start, definition.end))
        definition.first_row = definition.rows[0]
        definition.signature = _signature(definition, source)
    documented = [field for field in fields if source.is_first_in_row(field.start)]
    documentation([*kept, *documented], captured, source)
    return Definitions(kept, _symbols(kept, fields, source), own, frozenset(names))


def _found(captured: Captured, source: SourceText) -> tuple[list[Definition], list[Definition]]:
    """Return one definition for each name, and what methods assign, in the order of the text.

    Of two patterns the earlier one counts.
    """
    kinds: dict[int, DefinitionKind] = {}
    imported = {
        spans["import.alias"][0] for _, spans in captured.grouped if "import.alias" in spans
    }
    best: dict[int, tuple[int, Definition]] = {}
    for pattern, spans in captured.grouped:
        if pattern not in kinds:
            keys = (key for key in spans if key.startswith("definition."))
            kinds[pattern] = cast(DefinitionKind, next(keys, "").removeprefix("definition."))
        kind = kinds[pattern]
        if not kind or "name" not in spans or spans["name"][0] in imported:
            continue
        known = best.get(spans["name"][0])
        if known is None or pattern < known[0]:
            best[spans["name"][0]] = (pattern, _definition(kind, spans, source))
    made = [definition for _, definition in best.values() if definition.name]
    made.sort(key=_place)
    assignments = [definition for definition in made if definition.kind == KIND]
    return [
        definition for definition in made if definition.kind != KIND
    ] if assignments else made, assignments


def _definition(kind: DefinitionKind, spans: dict[str, Bytes], source: SourceText) -> Definition:
    start, end = spans[f"definition.{kind}"]
    name_start, name_end = spans["name"]
    name = source.slice(name_start, min(name_end, name_start + 1_000))
    is_plain = name.isidentifier()
    name = name if is_plain else _WHITE.sub(" ", name).strip()
    within = ""
    if kind in _DOTTED and not (is_plain and "receiver" not in spans):
        receiver = source.slice(*spans["receiver"]) if "receiver" in spans else ""
        *outer, last = [part for part in _JOINT.split(name) if part] or [""]
        # `operator->`, `operator::new` and the like keep what they are called.
        if last and not name.startswith("operator"):
            receiver, name = ".".join([receiver, *outer] if receiver else outer), last
        within = _JOINT.sub(".", receiver.removesuffix(".prototype")).strip("*& ")
        within = "" if within in ("exports", "module.exports") else within
    if name[:1] in _QUOTES and name[-1:] == name[:1]:
        name = name.strip(name[0])
    if kind == "section":
        name = name.rstrip("# ")
    # Of `M.open` it is `open` that is defined; `M` is only used.
    name_start = max(name_start, name_end - len(name.encode("utf-8", "replace")))
    body, name = spans.get("body"), normalize("NFC", name)
    return Definition(
        kind, name[:_MAX_NAME_CHARS], start, end, name_start, body, start, within[:_MAX_NAME_CHARS]
    )


def _extend(
    found: list[Definition],
    extents: list[Bytes] | tuple[()],
    source: SourceText,
    is_signature: bool = False,
) -> None:
    """Let definitions reach over decorators, `export` and `template` in front of them."""
    starts = [definition.start for definition in found]
    for start, end in extents:
        at = bisect_left(starts, start)
        if at == len(found) or found[at].end > end:
            continue
        inside = found[at].start, found[at].end
        if source.data[inside[1] : min(end, inside[1] + 8)].strip(b" \t\r\n;"):
            continue
        while at < len(found) and (found[at].start, found[at].end) == inside:
            found[at].start, found[at].end = min(start, inside[0]), max(end, inside[1])
            found[at].core = min(found[at].core, start) if is_signature else found[at].core
            at += 1


def _nested(found: list[Definition]) -> tuple[list[Definition], dict[int, set[str]]]:
    """Find what encloses each definition; values inside functions are locals, not symbols."""
    kept: list[Definition] = []
    own: dict[int, set[str]] = {}
    stack: list[int] = []
    last: dict[int | None, int] = {}
    keys: set[tuple[int | None, str]] = set()
    for definition in found:
        while stack and (
            kept[stack[-1]].end <= definition.start
            or (kept[stack[-1]].start, kept[stack[-1]].end) == (definition.start, definition.end)
        ):
            stack.pop()
        parent = kept[stack[-1]] if stack else None
        if definition.kind in VALUES and _function_around(kept, stack) is not None:
            own.setdefault(_function_around(kept, stack) or 0, set()).add(definition.name)
            continue
        limit = _MAX_KEY_DEPTH if definition.kind == "key" else _MAX_DEPTH
        if len(stack) >= limit or (
            definition.kind == "key" and (stack[-1] if stack else None, definition.name) in keys
        ):
            continue
        keys.add((stack[-1] if stack else None, definition.name))
        definition.parent = stack[-1] if stack else None
        _name_in(definition, parent)
        before = kept[last[definition.parent]] if definition.parent in last else None
        if _continues(definition, before):
            stack.append(last[definition.parent])
            continue
        last[definition.parent] = len(kept)
        if definition.kind != "type":  # `typedef struct node {…} node_t` is beside its struct
            stack.append(len(kept))
        kept.append(definition)
    return kept, own


def _continues(definition: Definition, before: Definition | None) -> bool:
    """Let one equation of a function join those before it."""
    if before is None or not (definition.is_clause and before.is_clause):
        return False
    if before.qualified != definition.qualified:
        return False
    before.end = max(before.end, definition.end)
    return True


def _function_around(kept: list[Definition], stack: list[int]) -> int | None:
    """Return the function that is the nearest enclosing thing but for values."""
    for at in reversed(stack):
        if kept[at].kind not in VALUES:
            return at if kept[at].kind in FUNCTIONS else None
    return None


def _name_in(definition: Definition, parent: Definition | None) -> None:
    in_class = parent is not None and parent.kind in HOLDERS
    if definition.kind == "clause":
        definition.kind, definition.is_clause = "function", True
    if definition.kind == "function" and (in_class or (definition.within and not parent)):
        definition.kind = "method"
    elif definition.kind == "variable":
        if in_class:
            definition.kind = "field"
        elif definition.name.isupper() and len(definition.name) > 1:
            definition.kind = "constant"
    outer = ((parent.qualified,) if parent else ()) + (definition.within,)
    definition.qualified = ".".join([*filter(None, outer), definition.name])


def _add_locals(
    own: dict[int, set[str]],
    kept: list[Definition],
    spans: list[Bytes] | tuple[()],
    source: SourceText,
    is_type: bool,
) -> None:
    """Note names of parameters and variables of functions, of type parameters of anything."""
    stack: list[int] = []
    at = 0
    for start, end in sorted(spans):
        while at < len(kept) and kept[at].start <= start:
            while stack and kept[stack[-1]].end <= kept[at].start:
                stack.pop()
            stack.append(at)
            at += 1
        while stack and kept[stack[-1]].end <= start:
            stack.pop()
        nearest = stack[-1] if stack else None
        owner = nearest if is_type else _function_around(kept, stack)
        if owner is not None:
            own.setdefault(owner, set()).add(source.name(start, end))


def _signature(definition: Definition, source: SourceText) -> str:
    end = definition.body[0] if definition.body else definition.end
    text = source.slice(definition.core, min(end, definition.core + 2_000))
    if definition.body is None and definition.kind not in FUNCTIONS:
        text = text.lstrip("\r\n").partition("\n")[0]
    line, longer = " ".join(text.split()), ""
    while line != longer:
        longer, line = line, line.rstrip(_SIGNATURE_END).removesuffix("=>")
    return line if len(line) <= _MAX_SIGNATURE_CHARS else line[:_MAX_SIGNATURE_CHARS] + "…"


def _symbols(
    kept: list[Definition], fields: list[Definition], source: SourceText
) -> tuple[Symbol, ...]:
    """Number what is a symbol; a scope stands for the class of its name, if there is one."""
    by_name: dict[str, int] = {}
    real = [definition for definition in kept if definition.kind != "scope"]
    if fields:
        real = sorted([*real, *fields], key=_place)
    for number, definition in enumerate(real):
        definition.symbol = number
        if definition.kind in HOLDERS:
            by_name.setdefault(definition.qualified, number)
    for definition in kept:
        if definition.kind == "scope":
            definition.symbol = by_name.get(definition.qualified)
    return tuple(
        Symbol(
            definition.name,
            cast(SymbolKind, definition.kind),
            definition.qualified,
            definition.signature,
            definition.doc,
            definition.rows[0] + 1,
            definition.rows[1] + 1,
            source.row(definition.name_at) + 1,
            _parent(definition, kept, by_name),
            definition.rows[0] - definition.first_row,
        )
        for definition in real
    )


def _parent(definition: Definition, kept: list[Definition], by_name: dict[str, int]) -> int | None:
    if definition.within:
        return by_name.get(definition.qualified.rpartition(".")[0])
    at = definition.parent
    while at is not None and kept[at].symbol is None:
        at = kept[at].parent
    return None if at is None else kept[at].symbol
