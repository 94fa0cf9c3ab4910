"""Kinds of what a file holds: the one vocabulary of them, and the groups that are told apart."""

from __future__ import annotations

from typing import Literal, get_args

SymbolKind = Literal[
    "class", "constant", "element", "enum", "field", "function", "index", "interface", "key",
    "macro", "method", "module", "object", "protocol", "rule", "section", "struct", "table",
    "trait", "type", "union", "variable", "view",
]  # fmt: skip
"""What a definition is."""
DefinitionKind = Literal[SymbolKind, "attribute", "clause", "scope"]
"""What the queries capture: an attribute becomes a field, a clause a function, a scope none."""
ChunkKind = Literal[SymbolKind, "group", "text"]
"""A chunk has the kind of its symbol; it may be a group of small siblings, or plain text."""
ReferenceKind = Literal["name", "call", "type", "import"]
"""How a name is used."""

SYMBOL_KINDS: frozenset[SymbolKind] = frozenset(get_args(SymbolKind))
REFERENCE_KINDS: tuple[ReferenceKind, ...] = get_args(ReferenceKind)
"""The store keeps places in it: only its end may change."""

FUNCTIONS: frozenset[SymbolKind] = frozenset(("function", "method", "macro"))
VALUES: frozenset[SymbolKind] = frozenset(("variable", "constant", "field"))
CLASSES: frozenset[SymbolKind] = frozenset(
    ("class", "interface", "struct", "enum", "trait", "protocol", "object")
)
TYPES: frozenset[SymbolKind] = CLASSES | {"type"}
HOLDERS: frozenset[DefinitionKind] = CLASSES | {"union", "table", "scope"}
"""Kinds in which functions are methods, and variables are fields."""
MAJOR_KINDS: frozenset[SymbolKind] = TYPES | FUNCTIONS | {"module"}
"""Kinds that a word of a question is about first."""
MINOR_KINDS: frozenset[SymbolKind] = frozenset(("variable", "field", "key", "section"))
"""Kinds of which there are many, and few are looked for."""
MEANT: dict[str, frozenset[SymbolKind]] = {
    "function": frozenset(("function", "method")),
    "class": frozenset(("class", "struct", "object")),
    "type": frozenset(("type", "interface", "struct", "trait", "protocol")),
}
"""Kinds that somebody means who names one; others mean themselves."""
