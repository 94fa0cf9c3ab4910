"""The pipeline as a whole, over an engine that says what it was told to."""

import asyncio
from pathlib import Path

import pytest

from ownstack.completion.suggestion import Asked, Trigger
from ownstack.engine.protocol import Finish, InfillRequest, Priority
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.settings import CompletionSettings
from ownstack.text import Span
from tests.support.completing import Window, turns


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


async def test_typed_through(tmp_path: Path) -> None:
    """What is typed as suggested keeps the suggestion, and the model is not asked again."""
    engine = ScriptedEngine("compute(a, b)")
    async with Window(tmp_path, engine) as window:
        window.show("total = $0\n")
        first = await window.ask()
        answers = []
        for char in "comp":
            window.type(char)
            answers.append(await window.ask())

        assert [a.suggestion and a.suggestion.text for a in answers] == [
            "ompute(a, b)",
            "mpute(a, b)",
            "pute(a, b)",
            "ute(a, b)",
        ]
        assert {a.trace.tier for a in answers} == {"typed-through"}
        assert {a.trace.source for a in answers} == {"model"}
        assert {a.trace.id for a in answers} == {first.trace.id}
        assert len(engine.infills) == 1


async def test_backspacing_into_a_suggestion_keeps_it(tmp_path: Path) -> None:
    """Deleting what was typed of a suggestion brings it back."""
    async with Window(tmp_path, ScriptedEngine("compute(a)")) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("com")
        window.backspace(2)

        assert await window.text() == "ompute(a)"


async def test_a_closing_bracket_of_the_editor_keeps_the_suggestion(tmp_path: Path) -> None:
    """Typing an opener as suggested goes on though the editor adds the closer."""
    engine = ScriptedEngine("compute(a)")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("compute")
        window.type("(", closers=")")

        answer = await window.ask()

        assert answer.trace.tier == "typed-through"
        assert answer.suggestion is not None
        assert answer.suggestion.text == "a)"
        offset = window.place.offset
        assert answer.suggestion.span == Span(offset, offset + 1)


async def test_the_cache_answers_after_a_detour(tmp_path: Path) -> None:
    """Typing something else and taking it back finds the first answer in the cache."""
    engine = ScriptedEngine("compute(a)", "zero")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("z")
        assert await window.text() == "zero"
        window.backspace()
        window.type("comp")

        answer = await window.ask()

        assert answer.trace.tier == "cache"
        assert answer.suggestion is not None
        assert answer.suggestion.text == "ute(a)"
        assert len(engine.infills) == 2


async def test_another_suffix_is_another_place(tmp_path: Path) -> None:
    """The cache knows what stands after the cursor."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\nprint(1)\n")
        await window.ask()
        window.show("x = $0\nwhile True: pass\n")

        assert await window.text() == "two()"


async def test_another_file_is_another_place(tmp_path: Path) -> None:
    """The cache knows which file it was."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.show("x = $0\n", uri="file:///project/b.py")

        assert await window.text() == "two()"


async def test_indentation_is_part_of_the_place(tmp_path: Path) -> None:
    """White space is not stripped from keys: another depth is another question."""
    engine = ScriptedEngine("one()", "two()")
    async with Window(tmp_path, engine) as window:
        window.show("if a:\n    x = $0\n")
        await window.ask()
        window.show("if a:\n        x = $0\n")

        assert await window.text() == "two()"


async def test_the_rest_of_a_cut_answer_is_in_the_cache(tmp_path: Path) -> None:
    """What was cut from an answer is offered once the shown part has been accepted."""
    engine = ScriptedEngine()
    engine.enqueue("    a = 1\n    b = 2\n    c =", finish=Finish.LENGTH)
    async with Window(tmp_path, engine) as window:
        window.show("def f():\n$0\n")
        first = await window.ask(Trigger.INVOKED)
        window.accept(first)
        second = await window.ask(Trigger.INVOKED)

        assert first.suggestion is not None
        assert first.suggestion.text == "    a = 1\n    b = 2"
        assert second.suggestion is not None
        assert (second.suggestion.text, second.trace.tier) == ("\n    c =", "cache")


async def test_a_running_answer_is_joined(tmp_path: Path) -> None:
    """A key that agrees with what is being written waits for it."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue(("comp", "ute(a)"), gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        window.type("c")
        second = window.asking()
        await turns()
        gate.set()
        stale, joined = await first, await second

        assert len(engine.infills) == 1
        assert joined.suggestion is not None
        assert (joined.suggestion.text, joined.trace.tier) == ("ompute(a)", "joined")
        assert stale.suggestion is None


async def test_a_cancelled_request_leaves_the_work_to_others(tmp_path: Path) -> None:
    """Giving up one request does not end the generation another one waits for."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        window.type("c")
        second = window.asking()
        await turns()
        first.cancel()
        await turns()
        gate.set()
        answer = await second

        assert first.cancelled()
        assert answer.suggestion is not None
        assert answer.suggestion.text == "ompute(a)"
        assert len(engine.infills) == 1


async def test_an_answer_nobody_waited_for_is_in_the_cache(tmp_path: Path) -> None:
    """What a cancelled request asked for is there when the cursor is still there."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        first.cancel()
        await turns()
        gate.set()
        await turns()

        answer = await window.ask()

        assert answer.trace.tier == "cache"
        assert len(engine.infills) == 1


async def test_divergence_cancels(tmp_path: Path) -> None:
    """A key that contradicts what has been written ends the generation and asks anew."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    engine.enqueue("ero")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        first = window.asking()
        await turns()
        engine.generations[0].push("comp")
        window.type("z")
        second = await window.ask()

        assert engine.generations[0].cancelled
        assert (await first).suggestion is None
        assert second.suggestion is not None
        assert second.suggestion.text == "ero"


async def test_a_jump_of_the_cursor_cancels(tmp_path: Path) -> None:
    """There is one cursor: work for where it was is given up."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    engine.enqueue("2")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\ny = \n")
        first = window.asking()
        await turns()
        window.show("x = \ny = $0\n")

        assert await window.text() == "2"
        assert engine.generations[0].cancelled
        assert (await first).suggestion is None


async def test_an_old_version_is_answered_with_nothing(tmp_path: Path) -> None:
    """An answer for a text that has changed is not shown, but kept."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("compute(a)", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        asked = window.place
        first = window.asking()
        await turns()
        window.type("c")
        gate.set()
        answer = await first

        assert answer.suggestion is None
        assert "changed" in answer.trace.reason
        late = await window.completer.complete(Asked(asked.document, asked.offset))
        assert late.suggestion is None
        assert await window.text() == "ompute(a)"


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


async def test_what_follows_is_there_after_tab(tmp_path: Path) -> None:
    """While a suggestion is read, what comes after it is computed; Tab finds it at once."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        second = await window.ask()

        assert [request.priority for request in engine.infills[:2]] == [
            Priority.COMPLETION,
            Priority.BACKGROUND,
        ]
        assert engine.infills[1].prefix == "x = compute(a)"
        assert second.suggestion is not None
        assert (second.suggestion.text, second.trace.tier) == ("\nprint(x)", "cache")


async def test_an_unfinished_prefetch_is_asked_again_with_priority(tmp_path: Path) -> None:
    """Tab before the prefetch has a line: the same is asked for at once, and shown."""
    engine = ScriptedEngine("compute(a)")
    engine.enqueue("\nnever", gate=asyncio.Event())
    engine.enqueue("\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        second = await window.ask()

        assert engine.generations[1].cancelled
        assert engine.infills[2].priority is Priority.COMPLETION
        assert engine.infills[2].max_lines == engine.infills[1].max_lines
        assert second.suggestion is not None
        assert second.suggestion.text == "\nprint(x)"


async def test_single_lines_only(tmp_path: Path) -> None:
    """Who wants no blocks gets none after Tab either."""
    engine = ScriptedEngine("compute(a)")
    settings = CompletionSettings(multiline="never")
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())
        await window.ask()

        assert {request.max_lines for request in engine.infills} == {1}


async def test_a_prefetch_is_found_after_enter_too(tmp_path: Path) -> None:
    """Typing the line break by hand finds the line that was computed."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        first = await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.accept(first)
        window.type("\n")
        window.type("p")

        assert await window.text() == "rint(x)"


async def test_a_prefetch_makes_room_for_a_key(tmp_path: Path) -> None:
    """Background work ends as soon as something else has been typed."""
    engine, gate = ScriptedEngine("compute(a)"), asyncio.Event()
    engine.enqueue("\nprint(x)", gate=gate)
    engine.enqueue("ero")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(0.2)
        await turns()
        window.type("c")
        kept = engine.generations[1].cancelled
        window.type("z")

        assert (kept, engine.generations[1].cancelled) == (False, True)


async def test_nothing_is_prefetched_for_somebody_who_types_on(tmp_path: Path) -> None:
    """The model is left alone until a suggestion has stood for a moment."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        for char in "comp":
            await window.ask()
            window.timers.advance(0.1)
            window.type(char)
        before = len(engine.infills)
        await window.ask()
        window.timers.advance(0.2)

        assert (before, len(engine.infills)) == (1, 2)


async def test_a_prefetch_can_be_switched_off(tmp_path: Path) -> None:
    """The setting is obeyed."""
    engine = ScriptedEngine("compute(a)", "\nprint(x)")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(0.2)
        await turns()

        assert len(engine.infills) == 1


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


async def test_another_model_forgets_what_the_last_one_said(tmp_path: Path) -> None:
    """After a change of the model its own answers are shown."""
    async with Window(tmp_path, ScriptedEngine("old()")) as window:
        window.show("x = $0\n")
        await window.ask()
        window.engine = ScriptedEngine("new()")
        window.type("q")
        window.backspace()

        assert await window.text() == "new()"


async def test_a_request_for_more_is_not_cut_short_by_the_cache(tmp_path: Path) -> None:
    """Who asks explicitly gets an answer made for that, and may have more lines."""
    engine = ScriptedEngine("a = 1", "a = 1\n    return a")
    async with Window(tmp_path, engine) as window:
        window.show("def f():\n    b = 0; $0\n")
        await window.ask()
        await window.ask(Trigger.INVOKED)

        first, second = engine.infills
        assert first.max_lines < second.max_lines


async def test_a_selected_item_is_completed(tmp_path: Path) -> None:
    """With an item selected in the editor's own list, the suggestion begins with it."""
    engine = ScriptedEngine("(a)")
    async with Window(tmp_path, engine) as window:
        window.show("x = com$0\n")
        place = window.place
        asked = Asked(place.document, place.offset, selected="compute", selected_span=Span(4, 7))

        answer = await window.completer.complete(asked)

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.suggestion.span) == ("compute(a)", Span(4, 7))
        assert engine.infills[0].prefix == "x = compute"


async def test_a_burst_is_answered_whole(tmp_path: Path) -> None:
    """Two hundred requests at once, none waiting for the one before: all are answered."""
    engine = ScriptedEngine(*["y" * 3] * 250)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        tasks = []
        for number in range(200):
            window.type("ab"[number % 2])
            tasks.append(window.asking())
        answers = await asyncio.gather(*tasks)

        assert len(answers) == 200
        assert all(a.suggestion is not None or a.trace.reason for a in answers)
        assert answers[-1].suggestion is not None


async def test_requests_cancelled_at_any_moment_leave_a_working_completer(tmp_path: Path) -> None:
    """Whichever step is interrupted, the next request is answered."""
    for steps in range(12):
        engine = ScriptedEngine("compute(a)", "compute(a)")
        async with Window(tmp_path, engine) as window:
            window.show("x = $0\n")
            task = window.asking()
            await turns(steps)
            task.cancel()

            assert await window.text() == "compute(a)"


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
        assert {"gate", "typed-through", "cache", "shape", "window", "model"} <= set(
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
