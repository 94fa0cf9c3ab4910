"""JSON schemas as grammars: GBNF of the JSON values that a schema allows.

llama.cpp's own converter (as its Python bindings ship it) writes grammars that cannot be parsed for
names with quotes or backslashes, and JSON without commas for additional properties. What a grammar
cannot say (`multipleOf`, `uniqueItems`, `not`, long ranges) is let through: a value is still to be
checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from ownstack.engine.llama.chat import gbnf, string_patterns
from ownstack.errors import EngineError
from ownstack.terminal import visible

MAX_LISTED = 256
"""Whole numbers of a range that are listed one by one."""
_MAX_DEPTH = 64
_MAX_PARTS = 20_000
_TIME = r'([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9] ("." [0-9]{3})? '
_RULES = {
    "space": '" "?',
    "char": r'[^"\\\x7F\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F]{4})',
    "whole": '"0" | [1-9] [0-9]{0,15}',
    "boolean": '("true" | "false") $space',
    "null": '"null" $space',
    "integer": '"-"? $whole $space',
    "number": '"-"? $whole ("." [0-9]{1,16})? ([eE] [-+]? $whole)? $space',
    "string": r'"\"" $char* "\"" $space',
    "value": "$object | $array | $string | $number | $boolean | $null",
    "object": '"{" $space ($member ("," $space $member)*)? "}" $space',
    "member": '$string ":" $space $value',
    "array": '"[" $space ($value ("," $space $value)*)? "]" $space',
    "positive": "[1-9] [0-9]{0,14} $space",
    "natural": '("0" | [1-9] [0-9]{0,14}) $space',
    "date": '[0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | [1-2] [0-9] | "3" [0-1])',
    "time": _TIME + '("Z" | [-+] ([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9])',
    "uuid": ' "-" '.join(f"[0-9a-fA-F]{{{count}}}" for count in (8, 4, 4, 4, 12)),
}
_FORMATS = {"uuid": "$uuid", "date": "$date", "time": "$time", "date-time": '$date "T" $time'}
_SIGNS = {
    "object": ("properties", "additionalProperties", "required"),
    "array": ("items", "prefixItems", "minItems", "maxItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
}
"""What gives the type of a schema away that does not say it."""
_PLACE = re.compile(r"\$([a-z]+)")
_CHOICES = ("anyOf", "oneOf")
_COMMA = ' "," $space '
_HINT = "Use types, properties, enum and items."


def schema_grammar(schema: object, prefix: str = "") -> str:
    """Return GBNF for the JSON values that a schema allows; the order of properties counts.

    All its rules begin with `prefix`; its root is `<prefix>root`.

    Raises:
        EngineError: the schema cannot be used: which part of it, and why.
    """
    return _Grammar(schema, prefix).text()


class _Grammar:
    """The rules of one schema. A part of it becomes a rule, and is used by that rule's name."""

    def __init__(self, schema: object, prefix: str) -> None:
        self._schema = schema
        self._prefix = prefix
        self._rules: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._targets: dict[str, str] = {}
        self._open: frozenset[str] = frozenset()
        self._path: list[str] = []
        self._parts = 0

    def text(self) -> str:
        self._rules[f"{self._prefix}root"] = self._value(self._schema)
        return "\n".join(f"{name} ::= {body}" for name, body in self._rules.items()) + "\n"

    def _rule(self, body: str) -> str:
        """Return the name of the rule with this body."""
        if body not in self._names:
            self._names[body] = f"{self._prefix}r{len(self._names)}"
            self._rules[self._names[body]] = body
        return self._names[body]

    def _known(self, body: str) -> str:
        """Return a body in which the names of `_RULES` are those of this grammar."""
        return _PLACE.sub(lambda match: self._primitive(match.group(1)), body)

    def _primitive(self, name: str) -> str:
        rule = f"{self._prefix}{name}"
        if rule not in self._rules:
            self._rules[rule] = ""  # Named before it is written: values hold values.
            self._rules[rule] = self._known(_RULES[name])
        return rule

    def _unusable(self, why: str) -> EngineError:
        where = f' at "{visible("/".join(self._path))[:200]}"' if self._path else ""
        return EngineError(f"The JSON schema cannot be used{where}: {why}.", _HINT)

    def _inside(self, where: str, schema: object) -> str:
        """Return the rule of a part of the schema that is being read."""
        self._parts += 1
        if len(self._path) >= _MAX_DEPTH or self._parts > _MAX_PARTS:
            why = "large" if self._parts > _MAX_PARTS else "deep"
            raise EngineError(f"The JSON schema cannot be used: it is too {why}.", "Ask for less.")
        self._path.append(where)
        made = self._value(schema)
        self._path.pop()
        return made

    def _within(self, where: str, schema: object) -> str:
        """Return the rule of a part that is not written at the very beginning of the whole."""
        outer, self._open = self._open, frozenset()
        made = self._inside(where, schema)
        self._open = outer
        return made

    def _value(self, schema: object) -> str:
        if schema is True:
            return self._primitive("value")
        if schema is False:
            raise self._unusable("it allows no value")
        if not isinstance(schema, Mapping):
            raise self._unusable("it is no schema, which is an object")
        if "$ref" in schema:
            return self._reference(schema["$ref"])
        if "const" in schema:
            return self._rule(self._one_of([schema["const"]]))
        if "enum" in schema:
            return self._rule(self._one_of(schema["enum"]))
        if "allOf" in schema:
            return self._all_of(schema)
        for key in _CHOICES:
            if key in schema:
                rest = _without(schema, key)
                parts = self._list(schema[key], key)
                return self._choice(key, [_merged(rest, part) for part in parts])
        return self._typed(schema)

    def _typed(self, schema: Mapping[str, Any]) -> str:
        kind = schema.get("type", _type_by_signs(schema))
        if kind is None:
            return self._primitive("value")
        if isinstance(kind, (list, tuple)):
            return self._choice("type", [{**schema, "type": one} for one in kind])
        made: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
        }
        if isinstance(kind, str) and kind in made:
            return self._rule(self._known(made[kind](schema)))
        if not isinstance(kind, str) or kind not in ("number", "boolean", "null"):
            raise self._unusable(f"{visible(str(kind))[:40]} is no type of JSON")
        return self._primitive(kind)

    def _one_of(self, values: object) -> str:
        values = self._list(values, "enum")
        try:
            texts = dict.fromkeys(gbnf.json_text(value) for value in values)
        except (ValueError, TypeError):
            raise self._unusable("one of its values is no JSON") from None
        return self._known(f"({' | '.join(map(gbnf.literal, texts))}) $space")

    def _choice(self, key: str, schemas: Sequence[object]) -> str:
        possible = [schema for schema in schemas if schema is not False]
        if not possible:
            raise self._unusable(f"{key} allows no value")
        return self._rule(" | ".join(self._inside(key, schema) for schema in possible))

    def _all_of(self, schema: Mapping[str, Any]) -> str:
        merged: object = _without(schema, "allOf")
        for part in self._list(schema["allOf"], "allOf"):
            if isinstance(part, Mapping) and isinstance(part.get("$ref"), str):
                part = self._target(part["$ref"])
            merged = _merged(merged, part)
        return self._inside("allOf", merged)

    def _object(self, schema: Mapping[str, Any]) -> str:
        properties = schema.get("properties")
        others = schema.get("additionalProperties", properties is None)
        wanted = schema.get("required")
        required = wanted if isinstance(wanted, (list, tuple)) else ()
        if properties is not None and not isinstance(properties, Mapping):
            raise self._unusable("its properties are no object")
        parts = dict(properties or {})
        if others is not False:
            parts |= {str(name): True for name in required if name not in parts}
        if not parts and others is True and properties is None:
            return "$object"
        members = {name: self._member(name, part) for name, part in parts.items()}
        must = [rule for name, rule in members.items() if name in required]
        may = [f"{rule}?" for name, rule in members.items() if name not in required]
        if others is not False:
            value = self._within("additionalProperties", others)
            may.append(self._rule(self._known(f'$string ":" $space {value}')) + "*")
        return f'"{{" $space {self._members(must, may)} "}}" $space'

    def _member(self, name: str, schema: object) -> str:
        if not isinstance(name, str):
            raise self._unusable("a name of a property is no text")
        value = self._within(name, schema)
        key = gbnf.literal(gbnf.json_text(name))
        return self._rule(self._known(f'{key} $space ":" $space {value}'))

    def _members(self, must: list[str], may: list[str]) -> str:
        """Return what stands in braces. Those that may be there end in how often: "?" or "*"."""
        tails = [""]
        for member in reversed(may):
            behind = f'("," $space {member[:-1]}){member[-1]} {tails[0]}'
            tails.insert(0, self._rule(self._known(behind)))
        if must:
            return f"{_COMMA.join(must)} {tails[0]}"
        firsts = []
        for number, member in enumerate(may):
            more = f'("," $space {member[:-1]})*' if member[-1] == "*" else ""
            firsts.append(f"{member[:-1]} {more} {tails[number + 1]}")
        return f"({' | '.join(firsts)})?" if firsts else ""

    def _array(self, schema: Mapping[str, Any]) -> str:
        items = schema.get("items")
        first = schema.get("prefixItems", items if isinstance(items, (list, tuple)) else [])
        rest = schema.get("additionalItems", False) if first is items else items
        least, most = self._bounds(schema, "minItems", "maxItems")
        if rest is None and not first:
            rest = True
        parts = [
            self._within("prefixItems", part) for part in self._list(first, "items", empty=True)
        ]
        body = _COMMA.join(parts)
        if rest is not None and rest is not False and most != 0:
            item = self._within("items", rest)
            if not parts:
                more = gbnf.times(max(0, least - 1), None if most is None else most - 1)
                body = f'({item} ("," $space {item}){more}){"" if least else "?"}'
            elif most is None or most > len(parts):
                left = None if most is None else most - len(parts)
                body += f' ("," $space {item}){gbnf.times(max(0, least - len(parts)), left)}'
        return f'"[" $space {body} "]" $space'

    def _string(self, schema: Mapping[str, Any]) -> str:
        form = schema.get("format")
        if isinstance(schema.get("pattern"), str):
            try:
                inside = string_patterns.rule(schema["pattern"])
            except ValueError as error:
                raise self._unusable(f"its pattern {error}") from None
        elif isinstance(form, str) and form in _FORMATS:
            inside = _FORMATS[form]
        else:
            inside = f"$char{gbnf.times(*self._bounds(schema, 'minLength', 'maxLength'))}"
        return rf'"\"" {inside} "\"" $space'

    def _integer(self, schema: Mapping[str, Any]) -> str:
        lower = max(_limits(schema, "minimum", "exclusiveMinimum", 1), default=None)
        upper = min(_limits(schema, "maximum", "exclusiveMaximum", -1), default=None)
        if lower is None:
            return "$integer"
        if upper is not None and upper < lower:
            raise self._unusable("no number is in its range")
        if upper is not None and upper - lower < MAX_LISTED:
            return self._one_of(list(range(lower, upper + 1)))
        return "$integer" if lower < 0 else "$positive" if lower else "$natural"

    def _bounds(self, schema: Mapping[str, Any], low: str, high: str) -> tuple[int, int | None]:
        for key in (low, high):
            if isinstance(schema.get(key), (str, list, tuple, Mapping)):
                raise self._unusable(f"{key} is no number")
        least, most = _whole(schema.get(low)) or 0, _whole(schema.get(high))
        if least < 0 or (most is not None and most < least):
            raise self._unusable(f"{low} and {high} leave nothing")
        return least, most

    def _list(self, values: object, key: str, *, empty: bool = False) -> Sequence[object]:
        if not isinstance(values, (list, tuple)):
            raise self._unusable(f"{key} is no list")
        if not values and not empty:
            raise self._unusable(f"{key} is empty, which allows no value")
        return values

    def _reference(self, reference: object) -> str:
        if not isinstance(reference, str):
            raise self._unusable("$ref is no text")
        if reference in self._open:
            raise self._unusable(f"{visible(reference)[:80]} refers to itself")
        name = self._targets.get(reference)
        if name is None:
            name = self._targets[reference] = f"{self._prefix}t{len(self._targets)}"
            outer, self._open = self._open, self._open | {reference}
            self._rules[name] = self._inside(reference, self._target(reference))
            self._open = outer
        return name

    def _target(self, reference: str) -> object:
        """Return what a reference leads to, which stands in the same schema: nothing is fetched."""
        found: object = self._schema
        if reference != "#" and not reference.startswith("#/"):
            raise self._unusable(f"{visible(reference)[:80]} is not in it")
        for part in reference.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping) and key in found:
                found = found[key]
            elif isinstance(found, (list, tuple)) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise self._unusable(f"{visible(reference)[:80]} is not in it")
        return found


def _type_by_signs(schema: Mapping[str, Any]) -> str | None:
    return next((kind for kind, signs in _SIGNS.items() if any(s in schema for s in signs)), None)


def _without(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != key}


def _merged(one: object, other: object) -> object:
    """Return a schema of what both allow, as far as one can say it; the other's words count."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return other if one is True or (isinstance(one, Mapping) and other is not True) else one
    made = {**one, **other}
    for key in ("properties", "required"):
        a, b = one.get(key), other.get(key)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            made[key] = {**a, **b}
        elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            made[key] = [*a, *(name for name in b if name not in a)]
    return made


def _limits(schema: Mapping[str, Any], closed: str, open_: str, step: int) -> list[int]:
    inner, outer = _whole(schema.get(closed)), _whole(schema.get(open_))
    return [n for n in (inner, None if outer is None else outer + step) if n is not None]


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
