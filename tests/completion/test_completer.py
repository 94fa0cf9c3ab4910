"""The pipeline as a whole, over an engine that says what it was told to."""

from pathlib import Path

import pytest

from ownstack.completion.suggestion import CompletionRequest
from ownstack.engine.requests import InfillRequest
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.settings import CompletionSettings
from ownstack.text import Span
from tests.support.completing import Window


async def test_the_model_answers(tmp_path: Path) -> None:
    """Without anything cheaper, the model is asked and its line is shown."""
    async with Window(tmp_path, ScriptedEngine("compute(a, b)")) as window:
        window.show("total = $0\n")

        answer = await window.ask()

        assert answer.suggestion is not None
        assert answer.suggestion.text == "compute(a, b)"
        assert (answer.trace.tier, answer.trace.source, answer.trace.model) == (
            "model",
            "model",
            "scripted",
        )


async def test_the_prompt_is_the_text_around_the_cursor(tmp_path: Path) -> None:
    """The model gets the whole prefix, the partial word included, and the suffix."""
    engine = ScriptedEngine("bs(x)")
    async with Window(tmp_path, engine) as window:
        window.show("import math\r\ny = math.fa$0\r\nprint(y)\r\n")

        await window.ask()

        (request,) = engine.infills
        assert (request.prefix, request.suffix, request.path) == (
            "import math\ny = math.fa",
            "\nprint(y)\n",
            "a.py",
        )
        assert request.max_lines == 1


async def test_what_was_typed_over_twice_is_not_offered_again(tmp_path: Path) -> None:
    """The third time the same suggestion stays away, unless it is asked for."""
    engine = ScriptedEngine("wrong()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        for _ in range(2):
            assert await window.text() == "wrong()"
            window.type("7")
            window.backspace()
        answer = await window.ask()

        assert answer.suggestion is None
        assert "not offered again" in answer.trace.reason


async def test_single_lines_only(tmp_path: Path) -> None:
    """Who wants no blocks gets none after Tab either."""
    engine = ScriptedEngine("compute(a)")
    settings = CompletionSettings(multiline="never")
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())
        await window.ask()

        assert {request.max_lines for request in engine.infills} == {1}


@pytest.mark.parametrize("pieces", [(), ("comp",)], ids=["at once", "in the middle"])
async def test_a_failing_engine_gives_a_reason(tmp_path: Path, pieces: tuple[str, ...]) -> None:
    """An engine that fails costs this suggestion, never an exception."""
    engine = ScriptedEngine()
    engine.enqueue(pieces, error=EngineError("The device is gone."))
    engine.enqueue("fine()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        failed = await window.ask()
        window.type("y")

        assert failed.suggestion is None
        assert "The device is gone." in failed.trace.reason
        assert await window.text() == "fine()"


async def test_a_model_that_cannot_infill_is_not_asked(tmp_path: Path) -> None:
    """A chat model in the place of a completion model is as good as none."""
    engine = ScriptedEngine("x", infill=False)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")

        assert await window.text() is None
        assert engine.infills == []


async def test_a_selected_item_is_completed(tmp_path: Path) -> None:
    """With an item selected in the editor's own list, the suggestion begins with it."""
    engine = ScriptedEngine("(a)")
    async with Window(tmp_path, engine) as window:
        window.show("x = com$0\n")
        place = window.place
        asked = CompletionRequest(
            place.document, place.offset, selected="compute", selected_span=Span(4, 7)
        )

        answer = await window.completer.complete(asked)

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.suggestion.span) == ("compute(a)", Span(4, 7))
        assert engine.infills[0].prefix == "x = compute"


async def test_explain_and_statistics(tmp_path: Path) -> None:
    """Every answer can be explained, and counts."""
    engine = ScriptedEngine()
    engine.enqueue("compute(a)", prompt_tokens=100, evaluated_tokens=10)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        trace = window.completer.explain(answer.trace.id)
        window.accept(answer)
        figures = window.completer.statistics()

        assert trace is not None
        assert (trace.prompt_tokens, trace.evaluated_tokens) == (100, 10)
        assert {"eligibility", "typed-through", "cache", "extent", "window", "model"} <= set(
            trace.stages_ms
        )
        assert (figures["completions_shown"], figures["accepted"]) == (1, 1)
        assert figures["acceptance_rate"] == 1
        assert figures["reused_token_ratio"] == 0.9
        assert figures["answers_model"] == 1
        assert window.completer.explain("no such id") is None


async def test_one_answer_is_asked_for(tmp_path: Path) -> None:
    """One request makes one generation, not several to choose from."""
    engine = ScriptedEngine("a()", "b()", "c()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()

        assert len(engine.requests) == 1


async def test_a_request_names_its_deadline(tmp_path: Path) -> None:
    """The first line is due when the settings say."""
    engine = ScriptedEngine("a()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()

        (request,) = engine.infills
        assert isinstance(request, InfillRequest)
        assert request.first_line_s is not None
        assert request.deadline_s is not None
        assert 0.2 < request.first_line_s <= 0.4 < request.deadline_s
