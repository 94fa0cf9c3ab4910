"""`package.json` declares what `settings.py` reads: keys, types, defaults, choices, limits."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from ownstack import __version__
from ownstack.settings import Settings, camel

PACKAGE = Path(__file__).parents[2] / "vscode-client" / "package.json"
CLIENT_ONLY = {"ownstack.python.interpreter", "ownstack.environment.folder"}


def declared() -> dict[str, dict[str, Any]]:
    """Return the settings of `package.json`, without those that only the extension reads."""
    sections = json.loads(PACKAGE.read_text())["contributes"]["configuration"]
    settings: dict[str, dict[str, Any]] = {}
    for section in sections:
        settings |= section["properties"]
    return {key: value for key, value in settings.items() if key not in CLIENT_ONLY}


def expected() -> dict[str, dict[str, Any]]:
    """Return what `package.json` must say about each setting."""
    tree: dict[str, dict[str, Any]] = {}
    groups = typing.get_type_hints(Settings)
    for group, kind in groups.items():
        hints = typing.get_type_hints(kind)
        for item in dataclasses.fields(kind):
            default = getattr(kind(), item.name)
            schema = described(hints[item.name], default) | dict(item.metadata)
            tree[f"ownstack.{camel(group)}.{camel(item.name)}"] = schema
    return tree


def described(kind: Any, default: Any) -> dict[str, Any]:
    origin = get_origin(kind)
    if origin is Literal:
        return {"type": "string", "default": default, "enum": list(get_args(kind))}
    if origin is tuple:
        return {"type": "array", "default": list(default), "items": {"type": "string"}}
    if origin is not None and issubclass(origin, Mapping):
        values = {"additionalProperties": {"type": "boolean"}}
        return {"type": "object", "default": dict(default), **values}
    names = {bool: "boolean", int: "integer", str: "string"}
    return {"type": names[kind], "default": default}


def test_settings_agree() -> None:
    """Every setting is declared as the server reads it, and none is declared that it does not."""
    words = {"order", "scope", "description", "markdownDescription", "enumDescriptions"}
    found = {
        key: {name: value for name, value in schema.items() if name not in words}
        for key, schema in declared().items()
    }

    assert found == expected()


def test_settings_are_described() -> None:
    """Every setting says what it does, and every choice of one too."""
    silent = [
        key
        for key, schema in declared().items()
        if not (schema.get("description") or schema.get("markdownDescription"))
        or len(schema.get("enum", [])) != len(schema.get("enumDescriptions", []))
    ]

    assert silent == []


def test_versions_agree() -> None:
    """Extension and server carry one version."""
    assert json.loads(PACKAGE.read_text())["version"] == __version__
