"""What belongs to the lines of an action: who calls them, what they use, the project's rules.

All of it is read from the index as it stands, and of files that have not changed since. The same
index and the same lines give the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.actions.target import Target
from ownstack.completion.context.cursor_names import CursorNames, names_in
from ownstack.completion.context.definitions import fitting, meant
from ownstack.completion.context.scope import Scope
from ownstack.document import Document
from ownstack.engine.requests import Snippet
from ownstack.extract.kinds import FUNCTIONS, TYPES
from ownstack.extract.rows import Symbol
from ownstack.files.secret.detection import without_secrets
from ownstack.index.search.map import one_line
from ownstack.index.search.places import shown
from ownstack.index.snapshot.answers import StoredReference
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.languages import family_of
from ownstack.memory import rules as project_rules
from ownstack.memory.compaction.capping import capped

MAX_CALLERS = 12
MAX_DEFINITIONS = 24
MAX_NAMES = 8
"""Definitions of the target whose callers are looked for."""
MAX_REFERENCES = 200
"""Uses of one name that are looked at."""
CALLERS_SHARE, RULES_SHARE = 0.35, 0.25
"""Of the budget; definitions have the rest."""
_MAX_LINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Place:
    """A line of the project, and what it says."""

    path: str
    """In the project, with slashes."""
    line: int
    """1-based; of a notebook, counted in its cell."""
    name: str
    """The qualified name of the symbol that is there, or around it; "" at a file's top."""
    signature: str
    code: str = ""
    """The line itself, of a use."""
    cell: int | None = None

    @property
    def where(self) -> str:
        """Such as "src/shop.py:12"."""
        cell = "" if self.cell is None else f"cell {self.cell}:"
        return f"{self.path}:{cell}{self.line}"


@dataclass(frozen=True, slots=True)
class Around:
    """What belongs to some lines. Secrets are blanked."""

    callers: tuple[Place, ...] = ()
    """Where what the lines define is used, in the order of paths and lines."""
    definitions: tuple[Place, ...] = ()
    """What other files define and the lines use, likewise."""
    related: tuple[Snippet, ...] = ()
    """Both, as a model reads them."""
    rules: str = ""
    """The project's own, as a model is shown them."""


NOTHING = Around()


def around(
    snapshot: Snapshot | None,
    target: Target,
    count: Callable[[str], int],
    budget: int,
    root: Path | None = None,
) -> Around:
    """Return what belongs to a target, in so many tokens. Reads files.

    `root` is the project's folder if its rules are to be read, too.
    """
    rules = ""
    if root is not None:
        said = without_secrets("", project_rules.read(root).text)
        rules = capped(said, int(RULES_SHARE * budget), count, handle="the project's files")
        budget -= count(rules) if rules else 0
    if snapshot is None:
        return Around(rules=rules)
    callers = _fitting(_callers(snapshot, target), int(CALLERS_SHARE * budget), count)
    blocks = _uses(callers)
    budget -= sum(count(f"{block.path}\n{block.text}\n") for block in blocks)
    scope = Scope(snapshot, _document(target))
    found = meant(scope, _names(target))[:MAX_DEFINITIONS]
    drawn = fitting(snapshot, found, (), budget, count)
    definitions = tuple(
        Snippet(block.path, without_secrets(block.path, block.text)) for block in drawn
    )
    paths = {block.path for block in drawn}
    places = (
        _place(snapshot, each.symbol.path, each.symbol.name_line, each.symbol.row)
        for each in found
        if each.symbol.path in paths
    )
    return Around(
        callers,
        _ordered(place for place in places if place is not None),
        (*definitions, *blocks),
        rules,
    )


def _names(target: Target) -> CursorNames:
    """Return the names that the target uses, as its grammar tells them from words of prose."""
    names = names_in(target.code)
    first, last = target.lines
    used = {
        reference.name
        for reference in target.extracted.references
        if first <= reference.line <= last
    }
    if used:
        names.weights = {name: each for name, each in names.weights.items() if name in used}
    return names


def _document(target: Target) -> Document:
    language = "plaintext" if target.language is None else target.language.id
    return Document("", target.path, language, 0, target.text)


def _defined(target: Target) -> list[Symbol]:
    """Return what somebody else may call of what the target defines, outer ones first."""
    first, last = target.lines
    inside = [
        symbol
        for symbol in target.extracted.symbols
        if first <= symbol.name_line <= last and symbol.kind in FUNCTIONS | TYPES
    ]
    return inside[:MAX_NAMES]


def _callers(snapshot: Snapshot, target: Target) -> Iterator[Place]:
    """Yield where what the target defines is used, tests last."""
    family = target.language.family if target.language else ""
    uses: dict[tuple[bool, str, int], tuple[StoredReference, int]] = {}
    for symbol in _defined(target):
        scopes: dict[str, bool] = {}
        for use in snapshot.references(symbol.name)[:MAX_REFERENCES]:
            file = snapshot.file(use.path)
            if file is None or use.kind == "import" or family_of(file.language) != family:
                continue
            if use.path not in scopes:
                scopes[use.path] = _means(snapshot, use.path, file.language, symbol, target)
            if not scopes[use.path]:
                continue
            for line in use.lines:
                if not _is_inside(use.path, line, target):
                    uses.setdefault((file.is_test, use.path, line), (use, line))
    for key in sorted(uses):
        use, line = uses[key]
        place = _place(snapshot, use.path, line, use.symbol, is_use=True)
        if place is not None:
            yield place


def _means(snapshot: Snapshot, path: str, language: str, symbol: Symbol, target: Target) -> bool:
    """Say whether a name, in a file that uses it, is the target's; not if that cannot be told."""
    if path == target.path:
        return True
    if not snapshot.check(path):
        return False
    names = CursorNames({symbol.name: 1.0}, called={symbol.name})
    if symbol.parent is not None:
        names.members.add(symbol.name)
    resolved = Scope(snapshot, Document("", path, language, 0, "")).resolve(symbol.name, names)
    return any(each.path == target.path for each in resolved)


def _is_inside(path: str, line: int, target: Target) -> bool:
    first, last = target.lines
    return path == target.path and first <= line <= last


def _place(
    snapshot: Snapshot, path: str, line: int, row: int | None, *, is_use: bool = False
) -> Place | None:
    """Return a line of a file; None if the file has changed since it was read."""
    place = shown(snapshot, path, line)
    if place is None or not snapshot.check(path):
        return None
    symbol = None if row is None else snapshot.symbol(row)
    name = "" if symbol is None else symbol.qualified
    signature = "" if symbol is None else one_line(symbol, _MAX_LINE_CHARS)
    code = _line(snapshot, path, line) if is_use else ""
    return Place(
        path,
        place[1],
        name,
        without_secrets(path, signature),
        without_secrets(path, code),
        place[0],
    )


def _line(snapshot: Snapshot, path: str, line: int) -> str:
    for row in snapshot.rows_of(path):
        chunk = snapshot.chunk(row)
        if chunk is not None and chunk.start_line <= line <= chunk.end_line:
            lines = chunk.text.split("\n")
            at = line - chunk.start_line
            return lines[at].strip()[:_MAX_LINE_CHARS] if at < len(lines) else ""
    return ""


def _fitting(
    places: Iterable[Place], budget: int, count: Callable[[str], int]
) -> tuple[Place, ...]:
    """Return the first places that fit, in the order of paths and lines."""
    kept: list[Place] = []
    paths: set[str] = set()
    for place in places:
        head = "" if place.path in paths else f"{place.path}\n{_HEAD}\n\n"
        budget -= count(f"{head}{_use(place)}\n")
        if budget < 0 or len(kept) == MAX_CALLERS:
            break
        paths.add(place.path)
        kept.append(place)
    return _ordered(kept)


def _ordered(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(set(places), key=lambda place: (place.path, place.cell or 0, place.line)))


_HEAD = "uses of the lines:"


def _uses(places: Iterable[Place]) -> tuple[Snippet, ...]:
    """Draw places where something is used, one snippet a file."""
    files: dict[str, list[str]] = {}
    for place in places:
        files.setdefault(place.path, [_HEAD]).append(_use(place))
    return tuple(Snippet(path, "\n".join(lines)) for path, lines in files.items())


def _use(place: Place) -> str:
    cell = "" if place.cell is None else f"cell {place.cell}, "
    within = f"  (in {place.signature})" if place.signature else ""
    return f"{cell}line {place.line}: {place.code}{within}"
