"""Names that the project's index knows at a cursor, as a small network does not.

Behind a dot: the members of what stands before it, if that is a module of the project or has a
type that can be seen, the class around the cursor too; else those of anything that begin so.
Elsewhere: what a module that is named on the line defines, what is imported, what any other file
defines at its top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from ownstack.completion.context.cursor_names import types_of
from ownstack.completion.context.known_symbols import NOTHING, KnownSymbols, bare
from ownstack.completion.context.scope import Scope
from ownstack.completion.postprocess.arguments import Arguments, arguments
from ownstack.document import Document
from ownstack.extract.kinds import FUNCTIONS, TYPES
from ownstack.index.search.symbol_lookup import (
    count_uses,
    members,
    symbols_beginning,
    symbols_named,
)
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.snapshot import Snapshot

MIN_BEGUN = 2
"""A single letter begins too many names, unless it is known what they belong to."""
MAX_BASES = 8
_MAX_HEAD_CHARS = 1_000
"""A longer line was not written by hand, and patterns may take its square."""
_TYPES_BEFORE = 20_000
"""Characters before the cursor in which the type of a variable is looked for."""
_MEMBER = re.compile(r"([A-Za-z_$][\w$]*)?(?:\(\))?[?!]?(?:\.|::|->)([\w$]*)$")
_NAME = re.compile(r"(?<![\w$])(?:[A-Za-z_$][\w$]*)?$")
_FROM = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+")
_UNCALLED = re.compile(r"^\s*(?:from\b|import\b|export\b|use\b|@|#)|[`'\"][\w$.]*$")
"""Beginnings of lines after which the name of a function is not called, but named."""
_OWN = frozenset(("self", "this", "cls", "super", "Self"))
_BASE = re.compile(r"[A-Za-z_$][\w$.]*")
_BASES = re.compile(r"\bclass\s+[\w$]+\s*\(([^()]*)\)|\b(?:extends|implements|:)\s+([^{]+)")


def known_symbols_at(
    snapshot: Snapshot,
    document: Document,
    offset: int,
    left_out: Callable[[str], bool] = lambda path: False,
) -> KnownSymbols:
    """Return what completes the name at a cursor. `left_out`: see `Scope`.

    Cost: a third of a millisecond, 2 in one of 20; tenths of a second the first time for a large
    project.
    """
    head = document.text[:offset].rpartition("\n")[2][-_MAX_HEAD_CHARS:]
    member, name = _MEMBER.search(head), _NAME.search(head)
    scope = Scope(snapshot, document, left_out)
    if member is not None:
        begun = member[2]
        found, complete = _members(scope, document, offset, member[1] or "", begun)
    elif name is not None:
        begun = name[0]
        found, complete = _names(scope, head, begun)
    else:
        return NOTHING
    names = {
        symbol.name for symbol in found if symbol.name.startswith(begun) and symbol.name != begun
    }
    if not begun.startswith("_"):
        names = {name for name in names if not name.startswith("__")}

    def rank(name: str) -> tuple[bool, int, int, str]:
        return name not in scope.imports, -count_uses(snapshot, name), len(name), name

    ordered = tuple(name[len(begun) :] for name in sorted(names, key=rank))
    calls: dict[str, Arguments] = {}
    if scope.language is not None and scope.language.calls and not _UNCALLED.search(head):
        calls = {name[len(begun) :]: how for name, how in _calls(found).items() if name in names}
    declared: frozenset[str] = frozenset()
    if member is not None:
        functions = (
            function
            for function in found
            if function.kind in FUNCTIONS and function.name.startswith(begun)
        )
        tails = (
            function.signature[function.signature.find(function.name) + len(begun) :]
            for function in functions
        )
        declared = frozenset(map(bare, tails))
    return KnownSymbols(ordered, calls, declared, complete and bool(ordered))


def _members(
    scope: Scope, document: Document, offset: int, receiver: str, begun: str
) -> tuple[list[StoredSymbol], bool]:
    """Return what may stand behind a dot, and whether that is all."""
    found: list[StoredSymbol] = []
    if receiver in _OWN:
        line = document.text.count("\n", 0, offset) + 1
        for around in _classes_around(scope, line):
            members = _of_class(scope, around)
            found += [
                member
                for member in members
                if (member.path, member.name_line) != (scope.path, line)
            ]
    elif receiver:
        for name in (receiver, *_types(receiver, document.text, offset)):
            imported = scope.imports.get(name)
            if imported is not None:
                dotted = f"{imported.module}.{imported.name}" if imported.name else imported.module
                found += scope.of_module(dotted)
            for symbol in scope.seen(symbols_named(scope.snapshot, name)):
                found += _of_class(scope, symbol) if symbol.kind in TYPES else ()
    if found or len(begun) < MIN_BEGUN:
        return found, True
    members = symbols_beginning(scope.snapshot, begun)
    return scope.seen(member for member in members if member.parent is not None), False


def _names(scope: Scope, head: str, begun: str) -> tuple[list[StoredSymbol], bool]:
    """Return what a bare name may mean, and whether that is all."""
    if (module := _FROM.match(head)) is not None:
        return scope.of_module(module[1]), True
    if len(begun) < MIN_BEGUN and not begun.isupper():
        return [], False
    imported = [name for name in scope.imports if name.startswith(begun)]
    named = (symbol for name in imported for symbol in symbols_named(scope.snapshot, name))
    at_top = (
        symbol for symbol in symbols_beginning(scope.snapshot, begun) if symbol.parent is None
    )
    return scope.seen((*named, *at_top)), False


def _calls(found: Iterable[StoredSymbol]) -> dict[str, Arguments]:
    """Return what functions must be given, of names that are those of functions alone."""
    kinds: dict[str, set[Arguments | None]] = {}
    for symbol in found:
        how = arguments(symbol.signature, symbol.name) if symbol.kind in FUNCTIONS else None
        kinds.setdefault(symbol.name, set()).add(how)
    told: dict[str, Arguments] = {}
    for name, hows in kinds.items():
        known = [how for how in hows if how is not None]
        if len(known) == len(hows):
            told[name] = known[0] if len(known) == 1 else "any"
    return told


def _types(receiver: str, text: str, offset: int) -> list[str]:
    start = max(0, offset - _TYPES_BEFORE)
    return types_of(receiver, text[start:offset], offset - start)


def _classes_around(scope: Scope, line: int) -> list[StoredSymbol]:
    """Return the class that a line stands in, as the index has the file."""
    symbols = (scope.snapshot.symbol(row) for row in scope.snapshot.symbols_of(scope.path))
    around = [symbol for symbol in symbols if symbol.start_line <= line and symbol.kind in TYPES]
    return [symbol for symbol in around if symbol.end_line >= line][-1:] or around[-1:]


def _of_class(scope: Scope, start: StoredSymbol) -> list[StoredSymbol]:
    """Return the members of a class, and of what it inherits from as far as that has one name."""
    found: list[StoredSymbol] = []
    waiting, known = [start], {start.row}
    while waiting and len(known) <= MAX_BASES:
        current = waiting.pop()
        found += members(scope.snapshot, current)
        for base in _bases(current.signature):
            same = [each for each in symbols_named(scope.snapshot, base) if each.kind in TYPES]
            waiting += [each for each in same if len(same) == 1 and each.row not in known]
            known.update(each.row for each in same)
    return found


def _bases(signature: str) -> Iterable[str]:
    for match in _BASES.finditer(signature):
        for base in _BASE.findall(match[1] or match[2] or ""):
            yield base.rpartition(".")[2]
