"""The chat model as other extensions ask it, over a real connection: offered, streamed, counted."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.app import model_chat
from ownstack.app.host import Host
from ownstack.engine.chat import ReasoningDelta, ToolCall
from ownstack.engine.messages import ToolCallPart, ToolResultPart
from ownstack.engine.results import Finish
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.lsp import model_chat_messages as messages
from ownstack.lsp.model_chat_messages import (
    ModelDelta,
    ModelMessage,
    ModelRespondParams,
    ModelTool,
    ModelToolCall,
)
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.model import RemoteModel
from tests.support.editor import PATIENCE_S, Editor
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

from .conftest import Connect, Engines

HI = ModelMessage("user", "Hi?")
LOOK = ModelTool("look", "Look.", {"type": "object", "properties": {"at": {"type": "string"}}})


@pytest.fixture
def talker(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model for chat; return the scripted engine that stands for it."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    engines.engine = ScriptedEngine(name="talker", context_tokens=4_096)
    return engines.engine


class Extension:
    """Asks for what it is told to, and hears answers."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.heard: list[ModelDelta] = []

        @editor.feature(messages.DELTA)
        def delta(news: ModelDelta) -> None:
            self.heard.append(news)

    def begin(self, method: str, params: Any) -> "asyncio.Future[Any]":
        return asyncio.ensure_future(self.editor.protocol.send_request_async(method, params))

    async def request(self, method: str, params: Any) -> Any:
        return await asyncio.wait_for(self.begin(method, params), PATIENCE_S)

    async def offered(self) -> list[Any]:
        result = await self.request(messages.LIST, messages.ModelListParams())
        return list(result.models)

    async def ask(self, *said: ModelMessage, model: str = "talker", **more: Any) -> Any:
        params = ModelRespondParams("r1", model, list(said) or [HI], **more)
        return await self.request(messages.RESPOND, params)


@pytest.fixture
async def extension(connect: Connect) -> Extension:
    editor = await connect()
    await editor.hello()
    return Extension(editor)


async def test_nothing_is_offered_until_a_model_is_chosen(extension: Extension) -> None:
    assert await extension.offered() == []
    with pytest.raises(JsonRpcException, match="that is no model"):
        await extension.ask()


async def test_an_answer_is_streamed(
    host: Host, talker: ScriptedEngine, extension: Extension
) -> None:
    """In order, whole at the end, and counted; what the model writes to itself is its own."""
    talker.enqueue([ReasoningDelta("Hm."), "It ", "is ", "so."])

    offered = await extension.offered()
    answer = await extension.ask(ModelMessage("system", "Be brief."), HI, max_tokens=50)

    assert [(each.name, each.engine, each.leaves_machine) for each in offered] == [
        ("talker", "llama", False)
    ]
    assert offered[0].context_tokens == 0  # It was not loaded yet.
    assert [(delta.request, delta.text) for delta in extension.heard] == [
        ("r1", "It "),
        ("r1", "is "),
        ("r1", "so."),
    ]
    assert (answer.message.text, answer.finish) == ("It is so.", "end")
    assert answer.generated_tokens > 0
    (request,) = talker.chats
    assert [(message.role, message.text) for message in request.messages] == [
        ("system", "Be brief."),
        ("user", "Hi?"),
    ]
    assert (request.max_tokens, request.passing, request.tools) == (50, True, ())
    assert (await extension.offered())[0].context_tokens == 4_096
    (counted,) = await asyncio.to_thread(host.usage.sums)
    assert (counted.role, counted.model, counted.calls) == ("chat", "talker", 1)


async def test_tools_are_called_by_who_asks(talker: ScriptedEngine, extension: Extension) -> None:
    """A call comes whole, and what came of it is told as data."""
    talker.enqueue([ToolCall(ToolCallPart("c1", "look", '{"at": "x"}'))])
    talker.enqueue("Seen.")

    asked = await extension.ask(tools=[LOOK], tool_choice="required", temperature=0.5, stop=["!"])
    (call,) = asked.message.calls
    answer = await extension.ask(
        HI, asked.message, ModelMessage("tool", "A fish.", call="c1"), tools=[LOOK]
    )

    assert asked.finish == "tool_calls"
    assert extension.heard[0].call == call == ModelToolCall("c1", "look", '{"at": "x"}')
    assert answer.message.text == "Seen."
    first, second = talker.chats
    assert (first.tool_choice, first.temperature, first.stop) == ("required", 0.5, ("!",))
    assert first.tools[0].parameters == LOOK.parameters
    assert second.messages[-1].parts == (ToolResultPart("c1", "look", "A fish."),)


async def test_cancelling_ends_the_answer(talker: ScriptedEngine, extension: Extension) -> None:
    talker.enqueue("Never.", gate=asyncio.Event())
    params = ModelRespondParams("r1", "talker", [HI])

    running = extension.editor.protocol.send_request_async(messages.RESPOND, params, msg_id="1")
    running = asyncio.ensure_future(running)
    while not talker.streams:
        await extension.offered()
    extension.editor.cancel_request(types.CancelParams("1"))
    answer = await asyncio.wait_for(talker.streams[0].result(), PATIENCE_S)

    assert answer.finish is Finish.CANCELLED
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(running, PATIENCE_S)


async def test_a_few_are_answered_at_once(
    talker: ScriptedEngine, extension: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is refused leaves the others alone, and a place is free again after each."""
    monkeypatch.setattr(model_chat, "MAX_RUNNING", 1)
    gate = asyncio.Event()
    talker.enqueue("First.", gate=gate)
    talker.enqueue("Third.")

    first = extension.begin(messages.RESPOND, ModelRespondParams("r1", "talker", [HI]))
    with pytest.raises(JsonRpcException, match="1 requests wait"):
        await extension.ask()
    gate.set()

    assert (await asyncio.wait_for(first, PATIENCE_S)).message.text == "First."
    assert (await extension.ask()).message.text == "Third."


async def test_what_fails_is_said(talker: ScriptedEngine, extension: Extension) -> None:
    talker.enqueue("Half", error=EngineError("It broke."))

    with pytest.raises(JsonRpcException, match="It broke"):
        await extension.ask()


REFUSED: list[tuple[ModelMessage, dict[str, Any], str]] = [
    (HI, {"model": "other"}, "other is not the model of the chat: that is talker"),
    (ModelMessage("robot", "Hi?"), {}, "'robot' says no such message"),
    (ModelMessage("user", "", [ModelToolCall("c", "x", "{}")]), {}, "'user' says no such"),
    (ModelMessage("tool", "x", call="c9"), {}, "No call 'c9' comes before"),
    (ModelMessage("user", "x" * 80_000), {}, "longer than the 4,096 tokens"),
    (HI, {"tools": [LOOK] * 200}, "at most 128 tools"),
    (HI, {"tools": [LOOK, LOOK]}, "each another"),
    (HI, {"tools": [ModelTool("")]}, "names of 1 to 200"),
    (HI, {"tools": [ModelTool("x" * 201)]}, "names of 1 to 200"),
    (HI, {"tool_choice": "perhaps"}, "'perhaps' is none of"),
    (HI, {"tool_choice": "required"}, "without tools none can be required"),
    (HI, {"stop": [""]}, "stop: at most"),
    (HI, {"temperature": -1.0}, "temperature: from 0 to 2"),
    (HI, {"temperature": float("nan")}, "temperature: from 0 to 2"),
]


async def test_what_makes_no_sense_is_refused(talker: ScriptedEngine, extension: Extension) -> None:
    """And reaches no model."""
    for said, more, why in REFUSED:
        with pytest.raises(JsonRpcException, match=why):
            await extension.ask(said, **more)
    assert talker.chats == []


async def test_tokens_are_counted(talker: ScriptedEngine, extension: Extension) -> None:
    """Until the model is loaded, which counting does not do, they are an estimate."""
    params = messages.ModelCountParams("talker", "x" * 10)

    before = await extension.request(messages.COUNT, params)
    await extension.ask()
    after = await extension.request(messages.COUNT, params)

    assert (before.tokens, before.exact) == (3, False)
    assert after.tokens == talker.count(params.text)
    with pytest.raises(JsonRpcException, match="not the model of the chat"):
        await extension.request(messages.COUNT, messages.ModelCountParams("other", "x"))


async def test_a_model_elsewhere_is_named_as_such(
    host: Host, extension: Extension, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is given nothing that was meant for another one."""
    entry = EngineEntry("team", "openai", "https://models.example.org/v1")
    remote = RemoteModel(entry, "large")
    roles = next(iter(host._listeners)).models  # type: ignore[attr-defined]
    await roles.known()
    monkeypatch.setattr(roles["chat"], "info", remote)

    (offered,) = await extension.offered()

    assert (offered.name, offered.engine, offered.leaves_machine) == ("team:large", "team", True)
    with pytest.raises(JsonRpcException, match="talker is not the model of the chat"):
        await extension.ask()
