"""Which symbols a file defines, out of what its queries captured."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from ownstack.captures import Bytes, Captured
from ownstack.index.attributes import KIND, assigned_fields
from ownstack.index.docs import documentation
from ownstack.index.rows import Symbol
from ownstack.index.source import Source

CLASSES = frozenset(
    (
        "class",
        "interface",
        "struct",
        "enum",
        "trait",
        "protocol",
        "object",
        "union",
        "table",
        "scope",
    )
)
FUNCTIONS = frozenset(("function", "method", "macro"))
VALUES = frozenset(("variable", "constant", "field"))
_DOTTED = FUNCTIONS | CLASSES | {"module", "type", "field", "clause"}
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


@dataclass(slots=True, eq=False)
class Definition:
    """A symbol in the making, or a scope that only lends its name to what is in it."""

    kind: str
    name: str
    start: int
    end: int
    """Bytes, with decorators."""
    name_at: int
    body: Bytes | None
    core: int
    """Where it starts without decorators."""
    within: str = ""
    """What its own name or its receiver says that it stands in."""
    parent: int | None = None
    """Place in the list of definitions."""
    is_clause: bool = False
    """Whether it is one of several equations that make a function."""
    qualified: str = ""
    signature: str = ""
    doc: str = ""
    rows: tuple[int, int] = (0, 0)
    """Of itself, with its decorators."""
    first_row: int = 0
    """Of itself, with the comment above it."""
    symbol: int | None = None
    """Place among the file's symbols; for a scope, of the class of its name, if it is there."""


def _place(one: Definition) -> tuple[int, int, int]:
    """Return what sorts definitions in the order of the text, outer ones first."""
    return one.start, -one.end, one.name_at


@dataclass(frozen=True, slots=True)
class Definitions:
    """All definitions of a file, in the order of its text, and the names of locals."""

    all: list[Definition]
    symbols: tuple[Symbol, ...]
    locals: dict[int, set[str]] = field(default_factory=dict)
    """Names that belong to a function, by its place in `all`."""
    names: frozenset[int] = frozenset()
    """The first byte of each name that is defined."""


def definitions(captured: Captured, source: Source) -> Definitions:
    """Put captures in order: what encloses what, what is local, what belongs to each."""
    found, assignments = _found(captured, source)
    named = (one for _, one in captured.grouped if "name" in one and _ASSIGNED not in one)
    names = {one["name"][0] for one in named}
    names.update(definition.name_at for definition in found)
    _extend(found, captured.lone.get("extent", ()), source)
    _extend(found, captured.lone.get("extent.signature", ()), source, is_signature=True)
    kept, own = _nested(found)
    for name in ("local", "local.type"):
        _add_locals(own, kept, captured.lone.get(name, ()), source, name == "local.type")
    fields = assigned_fields(assignments, kept, FUNCTIONS, CLASSES)
    names.update(definition.name_at for definition in fields)
    for definition in (*kept, *fields):
        definition.rows = source.rows((definition.start, definition.end))
        definition.first_row = definition.rows[0]
        definition.signature = _signature(definition, source)
    documented = [one for one in fields if source.is_first_in_row(one.start)]
    documentation([*kept, *documented], captured, source)
    return Definitions(kept, _symbols(kept, fields, source), own, frozenset(names))


def _found(captured: Captured, source: Source) -> tuple[list[Definition], list[Definition]]:
    """Return one definition for each name, and what methods assign, in the order of the text.

    Of two patterns the earlier one counts.
    """
    kinds: dict[int, str] = {}
    imported = {one["import.alias"][0] for _, one in captured.grouped if "import.alias" in one}
    best: dict[int, tuple[int, Definition]] = {}
    for pattern, spans in captured.grouped:
        kind = kinds.get(pattern)
        if kind is None:
            keys = (key for key in spans if key.startswith("definition."))
            kind = kinds[pattern] = next(keys, "").removeprefix("definition.")
        if not kind or "name" not in spans or spans["name"][0] in imported:
            continue
        known = best.get(spans["name"][0])
        if known is None or pattern < known[0]:
            best[spans["name"][0]] = (pattern, _definition(kind, spans, source))
    made = [definition for _, definition in best.values() if definition.name]
    made.sort(key=_place)
    assignments = [one for one in made if one.kind == KIND]
    return [one for one in made if one.kind != KIND] if assignments else made, assignments


def _definition(kind: str, spans: dict[str, Bytes], source: Source) -> Definition:
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
    body = spans.get("body")
    return Definition(
        kind, name[:_MAX_NAME_CHARS], start, end, name_start, body, start, within[:_MAX_NAME_CHARS]
    )


def _extend(
    found: list[Definition],
    extents: list[Bytes] | tuple[()],
    source: Source,
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
    in_class = parent is not None and parent.kind in CLASSES
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
    source: Source,
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


def _signature(definition: Definition, source: Source) -> str:
    end = definition.body[0] if definition.body else definition.end
    text = source.slice(definition.core, min(end, definition.core + 2_000))
    if definition.body is None and definition.kind not in FUNCTIONS:
        text = text.lstrip("\r\n").partition("\n")[0]
    line, longer = " ".join(text.split()), ""
    while line != longer:
        longer, line = line, line.rstrip(_SIGNATURE_END).removesuffix("=>")
    return line if len(line) <= _MAX_SIGNATURE_CHARS else line[:_MAX_SIGNATURE_CHARS] + "…"


def _symbols(
    kept: list[Definition], fields: list[Definition], source: Source
) -> tuple[Symbol, ...]:
    """Number what is a symbol; a scope stands for the class of its name, if there is one."""
    by_name: dict[str, int] = {}
    real = [one for one in kept if one.kind != "scope"]
    if fields:
        real = sorted([*real, *fields], key=_place)
    for number, one in enumerate(real):
        one.symbol = number
        if one.kind in CLASSES:
            by_name.setdefault(one.qualified, number)
    for one in kept:
        if one.kind == "scope":
            one.symbol = by_name.get(one.qualified)
    return tuple(
        Symbol(
            one.name,
            one.kind,
            one.qualified,
            one.signature,
            one.doc,
            one.rows[0] + 1,
            one.rows[1] + 1,
            source.row(one.name_at) + 1,
            _parent(one, kept, by_name),
        )
        for one in real
    )


def _parent(definition: Definition, kept: list[Definition], by_name: dict[str, int]) -> int | None:
    if definition.within:
        return by_name.get(definition.qualified.rpartition(".")[0])
    at = definition.parent
    while at is not None and kept[at].symbol is None:
        at = kept[at].parent
    return None if at is None else kept[at].symbol
