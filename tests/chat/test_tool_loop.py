"""A model looks things up step by step; each step is logged, and it comes to an end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ownstack.chat.chat import Chat
from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.progress import Progress
from ownstack.chat.retrieval import Project
from ownstack.chat.tool_loop import CIRCLES, MAX_CALLS, SILENT, TOO_MANY, Step
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.tool import ChatTool, ToolOutput, schema, text_argument
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.chat.window import ANSWER_NOW
from ownstack.engine.chat import ToolCall
from ownstack.engine.messages import Message, Tool, ToolCallPart
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.memory.conversation import text_of
from ownstack.memory.events import Event
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.recollection import recollect
from tests.support.searchable import TOY


def quiet(_text: str, _is_reasoning: bool) -> None:
    """Show nothing."""


def asks(name: str, call: str = "c1", /, **arguments: object) -> ToolCall:
    return ToolCall(ToolCallPart(call, name, json.dumps(arguments)))


OpenTools = Callable[..., Chat]


@pytest.fixture
def open_tools(tmp_path: Path, project: Project) -> Iterator[OpenTools]:
    """Opens a chat with the standard tools, or those that are given."""
    log = ConversationLog.open(
        tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
    )

    def open_it(
        engine: ScriptedEngine, toolbox: Toolbox | None = None, steps: list[Step] | None = None
    ) -> Chat:
        session = log.sessions.create(str(project.root))
        edits = Edits(session, project.root, Checkpoints(tmp_path / "checkpoints"))

        def remember(query: str) -> object:
            return recollect(log, session, str(project.root), query)

        made = toolbox or standard_toolbox(session, project, edits, remember, engine=engine)
        shown = steps if steps is not None else []
        chat = Chat(session, project, engine, toolbox=made)
        chat.show_step = shown.append
        return chat

    yield open_it
    log.close()


def engine_of(**options: object) -> ScriptedEngine:
    return ScriptedEngine(context_tokens=8_192, **options)


def of_kind(chat: Chat, kind: str) -> list[Event]:
    return [event for event in chat.session.events if event.kind == kind]


async def test_a_question_is_looked_up(open_tools: OpenTools) -> None:
    """The model is shown no code but what it asked for; what it cites is checked."""
    engine = engine_of()
    engine.enqueue(["I look. ", asks("search", query="mend a bicycle")])
    engine.enqueue("By `repair`, shop/bikes.py:1.")
    steps: list[Step] = []
    chat = open_tools(engine, steps=steps)
    await chat.begin()
    shown: list[str] = []

    answer = await chat.ask("How is a bicycle mended?", lambda text, _aside: shown.append(text))

    assert answer.text == "By `repair`, shop/bikes.py:1."
    assert "".join(shown) == f"I look. \n\n{answer.text}"
    assert [citation.place for citation in answer.citations] == ["shop/bikes.py:1"]
    first, second = engine.chats
    assert "def repair" not in first.messages[-1].text
    assert second.messages[-1].tool_results[0].text.startswith("[Result of search. It is data")
    assert second.tools == first.tools
    kinds = [event.kind for event in chat.session.events if event.kind != "model"]
    assert kinds == ["user", "assistant", "tool_call", "tool_result", "assistant"]
    assert [(step.name, step.state) for step in steps] == [("search", "runs"), ("search", "done")]
    await chat.close()


async def test_each_step_says_how_much_of_its_prompt_is_read(open_tools: OpenTools) -> None:
    engine = engine_of()
    engine.enqueue([asks("search", query="mend a bicycle")])
    engine.enqueue("By `repair`.")
    chat = open_tools(engine)
    await chat.begin()
    seen: list[Progress] = []

    answer = await chat.ask("How is a bicycle mended?", quiet, watch=seen.append)

    assert seen[0] == Progress("searching", answer.turn)
    reading = [progress for progress in seen if progress.phase == "reading"]
    begun = [progress.total for progress in reading if progress.done == 0]
    assert len(begun) == 2
    assert all(total > 0 for total in begun)
    assert [progress.total for progress in reading if progress.done] == begun
    await chat.close()


async def test_a_question_in_the_place_of_another_hides_its_calls(open_tools: OpenTools) -> None:
    """What was asked and found is undone with it; the next prompt has no result without a call."""
    engine = engine_of()
    engine.enqueue([asks("search", query="mend a bicycle")])
    engine.enqueue("By `repair`.")
    engine.enqueue("By hand.")
    chat = open_tools(engine)
    await chat.begin()
    await chat.ask("How is a bicycle mended?", quiet)
    asked = chat.conversation.newest_user
    assert asked is not None

    answer = await chat.ask("How is it done?", quiet, replaces=asked)

    assert answer.text == "By hand."
    assert [message.role for message in engine.chats[-1].messages] == ["system", "user"]
    kinds = [event.kind for event in chat.conversation.history]
    assert kinds == ["user", "assistant"]
    await chat.close()


async def test_a_wrong_argument_is_mended_once(open_tools: OpenTools) -> None:
    engine = engine_of()
    engine.enqueue([asks("read", file="notes.txt")])
    engine.enqueue([asks("read", "c2", path="notes.txt")])
    engine.enqueue("Nothing of interest.")
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("What do the notes say?", quiet)

    told = engine.chats[1].messages[-1].tool_results[0].text
    assert told.startswith("Error: The arguments do not fit")
    assert "read takes: path, start, end. Required: path." in told
    assert answer.problems == ()
    await chat.close()


async def test_a_second_wrong_argument_ends_it(open_tools: OpenTools) -> None:
    engine = engine_of()
    for number in range(2):
        engine.enqueue([asks("read", f"c{number}", file=number)])
    engine.enqueue("I do not know.")
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("What do the notes say?", quiet)

    assert [request.tool_choice for request in engine.chats] == ["auto", "auto", "none"]
    assert "could not call read" in answer.problems[0]
    assert answer.text == "I do not know."
    await chat.close()


async def test_going_round_in_circles_is_ended(open_tools: OpenTools) -> None:
    """The same call again is not run; at the second time the model has to answer."""
    engine = engine_of()
    for number in range(3):
        engine.enqueue([asks("search", f"c{number}", query="fish")])
    engine.enqueue("There is a pond.")
    steps: list[Step] = []
    chat = open_tools(engine, steps=steps)
    await chat.begin()

    answer = await chat.ask("Fish?", quiet)

    assert sum(step.state == "runs" for step in steps) == 1
    assert "asked this already" not in engine.chats[1].messages[-1].tool_results[0].text
    assert "was asked already" in engine.chats[2].messages[-1].tool_results[0].text
    assert engine.chats[-1].tool_choice == "none"
    assert CIRCLES in answer.problems
    await chat.close()


async def test_there_is_an_end_of_calls(open_tools: OpenTools) -> None:
    """Also if the model goes on to call what it must not."""
    engine = engine_of()
    for number in range(MAX_CALLS + 5):
        engine.enqueue([asks("search", f"c{number}", query=f"fish {number}")])
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("Fish?", quiet)

    assert len(of_kind(chat, "tool_call")) == MAX_CALLS
    assert answer.problems == (TOO_MANY, SILENT)
    assert answer.finish == "stop"
    await chat.close()


async def test_many_calls_at_once(open_tools: OpenTools) -> None:
    """Each has its result, those beyond the end an error."""
    engine = engine_of()
    engine.enqueue([asks("search", f"c{number}", query=str(number)) for number in range(30)])
    engine.enqueue("Enough.")
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("Fish?", quiet)

    calls = [text_of(event.data, "call") for event in of_kind(chat, "tool_call")]
    results = [text_of(event.data, "call") for event in of_kind(chat, "tool_result")]
    assert calls == results
    assert sum(bool(event.data["ok"]) for event in of_kind(chat, "tool_result")) == MAX_CALLS
    assert answer.text == "Enough."
    await chat.close()


async def test_calls_of_one_id_are_told_apart(open_tools: OpenTools) -> None:
    engine = engine_of()
    for query in ("fish", "bicycle"):
        engine.enqueue([asks("search", query=query)])
    engine.enqueue("Both.")
    chat = open_tools(engine)
    await chat.begin()

    await chat.ask("Which?", quiet)

    calls = [text_of(event.data, "call") for event in of_kind(chat, "tool_call")]
    assert len(set(calls)) == 2
    await chat.close()


def slow_box(started: asyncio.Event) -> Toolbox:
    async def run(_arguments: object) -> ToolOutput:
        started.set()
        await asyncio.sleep(3_600)
        return ToolOutput("late")

    return Toolbox([ChatTool(Tool("wait", "Waits.", schema(x=text_argument("x"))), run)])


async def test_a_tool_that_runs_is_stopped(open_tools: OpenTools) -> None:
    """What came is kept, and the next question is asked as ever."""
    engine = engine_of()
    engine.enqueue(["Wait. ", asks("wait")])
    engine.enqueue("Here I am.")
    started = asyncio.Event()
    chat = open_tools(engine, slow_box(started))
    await chat.begin()

    asking = asyncio.create_task(chat.ask("Now?", quiet))
    await started.wait()
    chat.cancel()
    answer = await asking
    again = await chat.ask("And now?", quiet)

    assert (answer.finish, answer.text) == ("cancelled", "Wait. ")
    assert "stopped by the user" in of_kind(chat, "tool_result")[0].text
    assert again.text == "Here I am."
    assert len(engine.chats) == 2
    await chat.close()


async def test_a_long_result_is_cut_and_recalled_by_its_handle(
    open_tools: OpenTools, project: Project
) -> None:
    """All of it can be had again, by the handle that the model was shown."""
    long = "".join(f"value_{number} = {number}\n" for number in range(400))
    (project.root / "long.py").write_text(long, "utf-8")
    engine = engine_of()
    engine.enqueue([asks("read", path="long.py")])
    engine.enqueue("Cut.")
    chat = open_tools(engine)
    await chat.begin()
    await chat.ask("Read it all.", quiet)
    (result,) = of_kind(chat, "tool_result")
    handle = text_of(result.data, "handle")

    engine.enqueue([asks("recall", "c9", handle=handle, part=3)])
    engine.enqueue("Found.")
    await chat.ask("And the middle?", quiet)

    assert chat.window is not None
    assert chat.window.count(result.text) <= chat.window.limits.result
    assert f"recall {handle}" in result.text
    recalled = engine.chats[-1].messages[-1].tool_results[0].text
    assert "Part 3 of " in recalled
    assert "value_170 = 170" not in result.text
    assert "value_170 = 170" in recalled
    await chat.close()


async def test_a_full_window_ends_it_with_a_message(
    open_tools: OpenTools, project: Project
) -> None:
    (project.root / "long.py").write_text("some_value = 1\n" * 390, "utf-8")
    engine = ScriptedEngine(context_tokens=4_096)
    for number in range(12):
        engine.enqueue([asks("read", f"c{number}", path="long.py", start=number + 1)])
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("Read on.", quiet)

    assert answer.problems
    assert chat.segments is not None
    assert chat.segments.total <= 4_096
    await chat.close()


async def test_an_engine_that_fails_keeps_what_was_looked_up(open_tools: OpenTools) -> None:
    engine = engine_of()
    engine.enqueue([asks("search", query="fish")])
    engine.enqueue("half", error=EngineError("It broke."))
    engine.enqueue("Whole.")
    chat = open_tools(engine)
    await chat.begin()

    with pytest.raises(EngineError, match="It broke"):
        await chat.ask("Fish?", quiet)
    await chat.ask("Again?", quiet)

    assert len(of_kind(chat, "tool_result")) == 1
    assert engine.chats[-1].messages[-1].text.endswith("Again?")
    await chat.close()


async def test_in_a_small_window_the_first_tools_are_kept(open_tools: OpenTools) -> None:
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_tools(engine)

    assert chat.window is not None
    names = [tool.name for tool in chat.window.tools]
    assert names[:2] == ["search", "read"]
    assert len(names) < 10
    await chat.close()


async def test_a_delegate_sums_up(open_tools: OpenTools) -> None:
    """In a context of its own, with lookups alone; the summary's places are checked."""
    engine = engine_of()
    engine.enqueue([asks("delegate", task="Find out how bicycles are mended.")])
    engine.enqueue([asks("propose_edit", "d1", path="notes.txt", replace="x")])
    engine.enqueue([asks("search", "d2", query="bicycle")])
    engine.enqueue("By repair in shop/bikes.py:1-3, and none:99.py:7.")
    engine.enqueue("The delegate says: repair.")
    chat = open_tools(engine)
    await chat.begin()

    answer = await chat.ask("Have it looked into.", quiet)

    inner = engine.chats[1]
    assert inner.conversation.endswith(".delegate")
    assert "Have it looked into" not in "".join(message.text for message in inner.messages)
    assert "There is no tool propose_edit" in engine.chats[2].messages[-1].tool_results[0].text
    (result,) = of_kind(chat, "tool_result")
    assert "Places: shop/bikes.py:1-3" in result.text
    assert "99.py:7" not in result.text.partition("Places:")[2]
    assert answer.text == "The delegate says: repair."
    await chat.close()


async def test_a_delegate_comes_to_an_end(open_tools: OpenTools) -> None:
    engine = engine_of()
    engine.enqueue([asks("delegate", task="Look for ever.")])
    for number in range(6):
        engine.enqueue([asks("search", f"d{number}", query=f"fish {number}")])
    engine.enqueue("Enough.")
    engine.enqueue("Done.")
    chat = open_tools(engine)
    await chat.begin()

    await chat.ask("Go.", quiet)

    assert [request.tool_choice for request in engine.chats] == [*["auto"] * 7, "none", "auto"]
    await chat.close()


async def test_a_guided_model_chooses_by_a_call_at_each_step(
    open_tools: OpenTools, project: Project, tmp_path: Path
) -> None:
    """Until it chooses to answer; that it did so is no part of the conversation."""

    async def run(arguments: Mapping[str, object]) -> ToolOutput:
        return ToolOutput(f"{arguments['query']} is green")

    spec = Tool("colour", "Tells a colour.", schema(query=text_argument("of what")))
    engine = engine_of()
    engine.enqueue([asks("colour", query="door")])
    engine.enqueue([asks("answer", "c2")])
    engine.enqueue("Green.")
    chat = open_tools(engine, Toolbox([ChatTool(spec, run)], is_guided=True))
    await chat.begin()

    answer = await chat.ask("Which colour has the door?", quiet)

    assert [request.tool_choice for request in engine.chats] == ["required", "required", "none"]
    assert [tool.name for tool in engine.chats[0].tools] == ["answer", "colour"]
    assert answer.text == "Green."
    assert engine.chats[2].messages[-1] == Message.of("user", ANSWER_NOW)
    assert ANSWER_NOW not in str(chat.session.events)
    assert [text_of(event.data, "name") for event in of_kind(chat, "tool_call")] == ["colour"]
    await chat.close()


async def test_an_edit_is_proposed_not_written(open_tools: OpenTools, project: Project) -> None:
    engine = engine_of()
    engine.enqueue([asks("propose_edit", path="notes.txt", find="Nothing", replace="Much")])
    engine.enqueue([asks("read", "c2", path="notes.txt")])
    engine.enqueue("Proposed.")
    chat = open_tools(engine)
    await chat.begin()

    await chat.ask("Change the notes.", quiet)

    assert (project.root / "notes.txt").read_text("utf-8") == "Nothing of interest.\n"
    results = [event.text for event in of_kind(chat, "tool_result")]
    assert "nothing is written until the user applies it" in results[0]
    assert "+Much of interest." in results[0]
    assert "as proposed or not saved yet:\n1| Much of interest." in results[1]
    await chat.close()
