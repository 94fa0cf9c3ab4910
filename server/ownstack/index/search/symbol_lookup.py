"""Finding symbols by their names: exactly, or by what somebody types of them."""

from __future__ import annotations

import functools
import itertools
import re
from unicodedata import normalize

from ownstack.extract.classify import FLAG_GENERATED, FLAG_TEST, FLAG_VENDORED
from ownstack.extract.kinds import MINOR_KINDS
from ownstack.extract.letters import composed, folded
from ownstack.extract.terms import words
from ownstack.index.snapshot import names
from ownstack.index.snapshot.answers import StoredSymbol
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import term_hash
from ownstack.index.storage.encode import MAX_NAME_CHARS
from ownstack.languages import languages

EXACT, EXACT_NO_CASE, BEGINS, WORD, INITIALS, INSIDE, SCATTERED = 100, 90, 80, 70, 65, 50, 20
ASIDE = 15
"""What a symbol of a test, a generated or a vendored file loses, and an example in prose."""
MINOR = 10
"""What a variable or a field loses: there are many, and few are looked for."""
MAX_QUERY_CHARS = 2_000
"""As of other questions; no name is as long."""
MAX_FOUND = 5_000
"""More matches are not ranked, unless more are wanted; a query of a letter or two has so many."""
_WORD_START = re.compile(r"(?<![A-Za-z])[a-z]|[A-Z](?![A-Z])|(?<![A-Z])[A-Z]|\d+")


def symbols_named(snapshot: Snapshot, name: str) -> list[StoredSymbol]:
    """Return the symbols that have exactly this name, in live files; some microseconds each."""
    return [snapshot.symbol(row) for row in names.written(snapshot, name)]


def symbols_beginning(snapshot: Snapshot, begun: str) -> list[StoredSymbol]:
    """Return symbols of live files whose names are longer than this and begin so, in its case."""
    rows = itertools.chain(names.defined(snapshot, begun), names.beginning(snapshot, begun))
    found = (snapshot.symbol(row) for row in rows)
    return [symbol for symbol in found if symbol.name.startswith(begun) and symbol.name != begun]


def count_uses(snapshot: Snapshot, name: str) -> int:
    """Return in how many symbols of live and former files a name is used; some microseconds."""
    wanted = term_hash(normalize("NFC", name))
    return sum(len(part.block.references_to(wanted)) for part in snapshot.parts)


def members(snapshot: Snapshot, symbol: StoredSymbol) -> list[StoredSymbol]:
    """Return what stands directly in a symbol, in the file's order."""
    rows = map(snapshot.symbol, snapshot.symbols_of(symbol.path))
    return [row for row in rows if row.parent == symbol.row]


def find_symbols(snapshot: Snapshot, query: str, limit: int, below: str = "") -> list[StoredSymbol]:
    """Return symbols whose names hold the letters of a query in their order, best first.

    A query with dots (`Order.total`) names what a symbol stands in, too. Symbols of files that
    changed since they were read are left out; `below` is a path to look at alone. Cost: 10
    to 70 ms for 90,000 symbols, the more of them match.
    """
    *scope, wanted = re.split(r"\.|::|#", "".join(query[:MAX_QUERY_CHARS].split()))
    if not wanted or len(wanted) > MAX_NAME_CHARS:
        return []
    ranked = []
    most = max(MAX_FOUND, limit)
    for row in itertools.islice(names.holding(snapshot, folded(wanted)), most):
        symbol = snapshot.symbol(row)
        if (scope and not _stands_in(symbol, scope)) or not is_below(symbol.path, below):
            continue
        score = match(wanted, symbol.name) - _handicap(snapshot, symbol)
        ranked.append((-score, len(symbol.name), symbol.path, symbol.start_line, symbol))
    ranked.sort(key=lambda row: row[:4])
    found, known = list[StoredSymbol](), dict[str, bool]()
    for *_, symbol in ranked:
        if len(found) == limit:
            break
        if symbol.path not in known:
            known[symbol.path] = snapshot.check(symbol.path)
        if known[symbol.path]:
            found.append(symbol)
    return found


def is_below(path: str, folder: str) -> bool:
    """Say whether a path is another one, or lies below it; everything lies below ""."""
    folder = folder.strip("/")
    return not folder or path == folder or path.startswith(f"{folder}/")


def match(query: str, name: str) -> int:
    """Return how well a name fits a query whose letters it holds in their order."""
    name, query = composed(name), composed(query)
    if name == query:
        return EXACT
    small, asked = folded(name), folded(query)
    if small == asked:
        return EXACT_NO_CASE
    if small.startswith(asked):
        return BEGINS
    at = small.find(asked)
    if 0 < at < len(name) and (not name[at - 1].isalnum() or name[at].isupper()):
        return WORD
    starts = _WORD_START.findall(name) if name.isascii() else words(name)
    initials = "".join(found[0].lower() for found in starts)
    if initials.startswith(asked):
        return INITIALS
    return INSIDE if at >= 0 else SCATTERED


def _stands_in(symbol: StoredSymbol, scope: list[str]) -> bool:
    """Say whether the last names around a symbol begin with the given ones."""
    around = re.split(r"\.|::|#", folded(symbol.qualified))[:-1][-len(scope) :]
    return len(around) == len(scope) and all(
        name.startswith(folded(asked)) for name, asked in zip(around, scope, strict=True)
    )


@functools.cache
def _prose() -> frozenset[str]:
    return frozenset(language.id for language in languages() if language.prose)


def _handicap(snapshot: Snapshot, symbol: StoredSymbol) -> int:
    document = snapshot.documents[int(snapshot.document_of_symbol[symbol.row])]
    aside = document.flags & (FLAG_TEST | FLAG_VENDORED | FLAG_GENERATED)
    is_example = document.language in _prose() and symbol.kind != "section"
    return ASIDE * bool(aside or is_example) + MINOR * (symbol.kind in MINOR_KINDS)
