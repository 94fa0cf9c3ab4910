"""A tool call as a model wrote it, taken apart: a stranger's text, bounded and never run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from ownstack.engine.chat_formats.formats import CallStyle
from ownstack.engine.messages import Tool

MAX_CALL = 64 * 1024
"""Characters of one call, or one list of them."""
MAX_NAME = 128
_NAME_KEYS = ("name", "function", "tool")
_ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")
_FUNCTION = re.compile(r"<function=([^>\n]{1,128})>")
_PARAMETER = re.compile(r"<parameter=([^>\n]{1,128})>\n?")
_ARGS = "[ARGS]"
_CALL_ID = "[CALL_ID]"


@dataclass(frozen=True, slots=True)
class Call:
    """A name, and arguments as JSON text (what was written, where that is no JSON)."""

    name: str
    arguments: str


class JsonEnd:
    """Finds where a JSON object or list ends that comes in pieces."""

    _SIGNS = re.compile(r'["\\{}\[\]]')
    _IN_TEXT = re.compile(r'["\\]')

    def __init__(self) -> None:
        self.begun = False
        self._depth = 0
        self._quoted = False
        self._skip = 0

    def feed(self, text: str) -> int | None:
        """Return the index after the value's last character, if it is in `text`."""
        at = self._skip
        self._skip = 0
        while True:
            pattern = self._IN_TEXT if self._quoted else self._SIGNS
            match = pattern.search(text, at)
            if match is None:
                self._skip = max(0, at - len(text))
                return None
            sign, at = match.group(), match.end()
            if sign == "\\":
                at += self._quoted
            elif sign == '"':
                self._quoted = not self._quoted
            elif sign in "{[":
                self.begun = True
                self._depth += 1
            else:
                self._depth -= 1
                if self._depth <= 0:
                    return at


def parse(style: CallStyle, body: str, tools: Mapping[str, Tool]) -> list[Call]:
    """Return the calls in a body; none if it is not what a call looks like."""
    if style is CallStyle.FUNCTION:
        return list(_functions(body, tools))
    if style is CallStyle.NAMED:
        name, _, arguments = body.partition(_ARGS)
        name = name.partition(_CALL_ID)[0].strip()
        return [Call(name, _compact(arguments))] if 0 < len(name) <= MAX_NAME else []
    value = load(body)
    values = value if isinstance(value, list) else [value]
    return [call for call in map(_of_value, values) if call is not None]


def load(text: str) -> object:
    """Return a JSON value, or None if it is none."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _of_value(value: object) -> Call | None:
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    if isinstance(inner, dict):
        value = inner
    name = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
    if not 0 < len(name) <= MAX_NAME:
        return None
    arguments: object = next((value[key] for key in _ARGUMENT_KEYS if key in value), {})
    if isinstance(arguments, str):
        return Call(name, arguments)
    return Call(name, json.dumps(arguments, ensure_ascii=False))


def _compact(text: str) -> str:
    """Return JSON text as it is, without blanks around it."""
    return text.strip()


def _functions(body: str, tools: Mapping[str, Tool]) -> Iterator[Call]:
    """Read `<function=name><parameter=key>value</parameter></function>`."""
    heads = list(_FUNCTION.finditer(body))
    for head, following in zip_longest(heads, heads[1:]):
        inside = body[head.end() : following.start() if following else len(body)]
        inside = inside.partition("</function>")[0]
        name = head.group(1).strip()
        arguments: dict[str, object] = {}
        marks = list(_PARAMETER.finditer(inside))
        for mark, after in zip_longest(marks, marks[1:]):
            written = inside[mark.end() : after.start() if after else len(inside)]
            written = written.partition("</parameter>")[0].removesuffix("\n")
            key = mark.group(1).strip()
            arguments[key] = _typed(written, key, tools.get(name))
        yield Call(name, json.dumps(arguments, ensure_ascii=False))


def _typed(text: str, key: str, tool: Tool | None) -> object:
    """Return a parameter's value: a text, unless the tool's schema wants something else."""
    properties = tool.parameters.get("properties") if tool is not None else None
    schema = properties.get(key) if isinstance(properties, Mapping) else None
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if kind in (None, "string"):
        return text
    value = load(text)
    return text if value is None else value
