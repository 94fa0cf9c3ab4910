"""The arguments of a call: read as JSON, mended where that is plain, checked by the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ownstack.engine.messages import Tool
from ownstack.engine.structured import value_of
from ownstack.errors import ToolError

MAX_CHARS = 200_000
_NUMBER = re.compile(r"-?\d{1,12}")


def checked(tool: Tool, arguments: str) -> dict[str, Any]:
    """Return the arguments of a call.

    A number in quotes becomes a number, and null is as good as nothing: no model means
    something else by them.

    Raises:
        ToolError: they do not keep to the schema; what is wrong, for the model to mend.
    """
    if len(arguments) > MAX_CHARS:
        raise ToolError(f"The arguments have more than {MAX_CHARS:,} characters.", "Send fewer.")
    try:
        given: object = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        raise ToolError("The arguments are no JSON.", _expected(tool)) from None
    if not isinstance(given, dict):
        raise ToolError("The arguments are no JSON object.", _expected(tool))
    value, why = value_of(json.dumps(_mended(tool, given)), tool.parameters)
    if why or not isinstance(value, dict):
        raise ToolError(f"The arguments do not fit: {why}.", _expected(tool))
    return value


def _mended(tool: Tool, given: Mapping[str, Any]) -> dict[str, Any]:
    properties = tool.parameters.get("properties")
    known = properties if isinstance(properties, Mapping) else {}
    mended = {}
    for name, value in given.items():
        schema = known.get(name)
        kind = schema.get("type") if isinstance(schema, Mapping) else None
        if value is None and kind != "null":
            continue
        if kind == "integer" and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            value = int(value)
        mended[name] = value
    return mended


def _expected(tool: Tool) -> str:
    properties = tool.parameters.get("properties")
    known = ", ".join(properties) if isinstance(properties, Mapping) else ""
    required = tool.parameters.get("required")
    needed = ", ".join(map(str, required)) if isinstance(required, list) and required else "none"
    return f"{tool.name} takes: {known or 'nothing'}. Required: {needed}."
