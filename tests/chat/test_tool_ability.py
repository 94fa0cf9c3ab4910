"""Whether a model gets tools is measured, remembered, and can be said otherwise."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.chat.tool_ability import (
    TRIALS,
    AbilityRecord,
    Trial,
    Use,
    gets_tools,
    is_guided,
    is_right,
    measure,
)
from ownstack.engine.chat import ToolCall
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.scripted import ScriptedEngine

RIGHT = (
    ("read", {"path": "src/app.py", "start": 10, "end": 20}),
    ("references", {"name": "parse_date"}),
    ("list", {"path": "src/models"}),
    ("git_diff", {}),
    ("search", {"query": "retry of requests"}),
    ("symbols", {"name": "HttpClient"}),
    ("read", {"path": "src/app.py"}),
    None,
    None,
    None,
)
LOCAL = replace(ScriptedEngine().capabilities, parameters=500_000_000)


async def test_a_model_that_chooses_right() -> None:
    engine = ScriptedEngine()
    for choice in RIGHT:
        if choice is None:
            engine.enqueue("Good.")
        else:
            engine.enqueue([ToolCall(ToolCallPart("c", choice[0], json.dumps(choice[1])))])

    assert await measure(engine) == 1.0
    assert len(engine.chats) == len(TRIALS)


async def test_a_model_that_never_calls() -> None:
    assert await measure(ScriptedEngine(*["Hm."] * len(TRIALS))) == 0.3


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("search", "{}"), ("read", '{"path": "other.py"}'), ("read", "{"), ("none", "{}")],
)
def test_what_is_not_right(name: str, arguments: str) -> None:
    trial = Trial("What is in a.py?", frozenset({"read", "search"}), "a.py")

    assert not is_right(trial, [ToolCallPart("c", name, arguments)])
    assert not is_right(trial, [])


@pytest.mark.parametrize(
    ("use", "share", "is_hosted", "gets"),
    [
        ("auto", None, False, False),
        ("auto", None, True, True),
        ("auto", 0.7, False, False),
        ("auto", 0.8, False, True),
        ("on", 0.0, False, True),
        ("off", 1.0, True, False),
    ],
)
def test_who_gets_tools(
    tmp_path: Path, use: Use, share: float | None, is_hosted: bool, gets: bool
) -> None:
    record = AbilityRecord(tmp_path / "ability.json")
    if share is not None:
        record.put(LOCAL, share)

    assert gets_tools(use, replace(LOCAL, leaves_machine=is_hosted), record) is gets


def test_who_is_guided(tmp_path: Path) -> None:
    """Who chooses well is not, nor who is on another machine."""
    record = AbilityRecord(tmp_path / "ability.json")

    assert is_guided(LOCAL, record)
    assert not is_guided(replace(LOCAL, leaves_machine=True), record)
    record.put(LOCAL, 0.9)
    assert not is_guided(LOCAL, record)


@pytest.mark.parametrize(
    "content", ["[", "[]", "{}", '{"scripted:500000000:10": "all"}', "[" * 9_999]
)
def test_a_damaged_record_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "ability.json"
    file.write_text(content, "utf-8")
    record = AbilityRecord(file)

    assert record.get(LOCAL) is None
    record.put(LOCAL, 0.9)
    assert record.get(LOCAL) == 0.9
