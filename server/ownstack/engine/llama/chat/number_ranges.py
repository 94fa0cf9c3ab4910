"""Ranges of whole numbers in a JSON schema, for a converter to GBNF that knows none.

A short range becomes a list of its numbers. One that only keeps negative numbers out becomes a
mark, which a rule replaces in the finished grammar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_LISTED = 256
_RULES = {
    "OWNSTACK-INTEGER-FROM-1": "[1-9] [0-9]{0,14}",
    "OWNSTACK-INTEGER-FROM-0": '("0" | [1-9] [0-9]{0,14})',
}
_OF_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONE = ("items", "additionalProperties")


def marked(schema: Any) -> Any:
    """Return a schema whose ranges the converter can express, as far as they can be."""
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("type") == "integer" and "enum" not in schema and "const" not in schema:
        return _narrowed(schema)
    made = dict(schema)
    for key in _OF_SCHEMAS:
        if isinstance(made.get(key), Mapping):
            made[key] = {name: marked(value) for name, value in made[key].items()}
    for key in _LISTS:
        if isinstance(made.get(key), (list, tuple)):
            made[key] = [marked(value) for value in made[key]]
    for key in _ONE:
        if key in made:
            made[key] = marked(made[key])
    return made


def unmarked(grammar: str) -> str:
    """Return a grammar with rules in the places of the marks."""
    for mark, rule in _RULES.items():
        grammar = grammar.replace(f'"\\"{mark}\\""', rule)
    return grammar


def _narrowed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    least = _whole(schema.get("minimum"))
    above = _whole(schema.get("exclusiveMinimum"))
    most = _whole(schema.get("maximum"))
    below = _whole(schema.get("exclusiveMaximum"))
    lower = max((n for n in (least, None if above is None else above + 1) if n is not None),
                default=None)  # fmt: skip
    upper = min((n for n in (most, None if below is None else below - 1) if n is not None),
                default=None)  # fmt: skip
    if lower is None:
        return schema
    if upper is not None and 0 <= upper - lower < MAX_LISTED:
        return {"enum": list(range(lower, upper + 1))}
    if lower < 0:
        return schema
    return {"const": f"OWNSTACK-INTEGER-FROM-{min(lower, 1)}"}


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
