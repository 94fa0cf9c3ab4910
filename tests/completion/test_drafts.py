"""What was written before, given to a larger model to check."""

import dataclasses
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.sources.line_weigher import CANDIDATES
from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import Window
from tests.support.native import model_file, opened

pytestmark = pytest.mark.native

SEEN = "".join(f"total = compute({name}, 1)\n" for name in ("first", "second", "third"))


async def test_an_unsure_echo_becomes_drafts(tmp_path: Path) -> None:
    """The model is given what might follow, the likeliest first, and answers."""
    engine = ScriptedEngine("compute(fourth, 1)")
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(f"{SEEN}total = $0\n")

        assert await window.text() == "compute(fourth, 1)"

        (request,) = engine.infills
        assert sorted(request.drafts) == [
            f"compute({name}, 1)" for name in ("first", "second", "third")
        ]
        assert len(request.drafts) <= CANDIDATES


async def test_where_nothing_was_written_before(tmp_path: Path) -> None:
    """There is nothing to draft."""
    engine = ScriptedEngine("x")
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show("$0\n")
        await window.ask()

        assert [request.drafts for request in engine.infills] == [()]


async def test_a_sure_echo_needs_no_model(tmp_path: Path) -> None:
    """It answers at once."""
    engine = ScriptedEngine("x")
    line = "    for index, value in enumerate(values):\n        print(index, value)\n"
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show(f"def f():\n{line * 6}    for index, value in enum$0\n        print(index)\n")

        answer = await window.ask()

        assert (answer.trace.tier, engine.infills) == ("echo", [])


async def test_what_drafts_were_worth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real model that says one of the lines: the trace and the window's figures tell."""
    monkeypatch.setattr("ownstack.completion.sources.echo.ECHO_SURE", 1.0)
    says = ("compute", "(", "third", ",", " one", ")")
    path = model_file("spm", says=says)
    seen = "".join(f"start()\ncompute({name}, one)\n" for name in ("first", "second", "third"))
    async with (
        opened(path, tmp_path) as engine,
        Window(tmp_path, engine, echo=Echo()) as window,
    ):
        # As a model has it that is too large to score.
        engine._parts.capabilities = dataclasses.replace(engine.capabilities, scores_lines=False)
        window.show(f"{seen}start()\n$0\n")

        answer = await window.ask()
        figures = window.completer.statistics()

    trace = answer.trace
    assert answer.suggestion is not None
    assert answer.suggestion.text == "".join(says)
    assert trace.tier == "model"
    assert 0 < trace.accepted_tokens <= trace.drafted_tokens
    assert figures["drafted_tokens"] == trace.drafted_tokens
    assert figures["accepted_tokens"] == trace.accepted_tokens
