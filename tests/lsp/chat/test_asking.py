"""Questions as any editor has them, over a real connection: asked, streamed, answered, refused."""

import asyncio
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor, ChatSelection
from ownstack.app.chats.values import (
    ChatChanged,
    ChatModelChanged,
    ChatProgress,
    ChatTurnChanged,
)
from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.lsp import chat_messages as messages
from tests.lsp.chat.windows import configured, indexed, measured, window
from tests.lsp.conftest import Connect, Engines
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

pytestmark = pytest.mark.process


async def test_a_question_is_answered_with_its_sources(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """It streams in order, says what is done for it, and the places exist."""
    talker.enqueue(["It is ", "`repair` in ", "bikes.py:1."])
    panel = await window(connect, project)
    await indexed(panel)
    state = await panel.open()
    await panel.told(ChatModelChanged)

    answer = await panel.ask("How is a bicycle mended?", question="q1")

    turn = answer.turn
    assert (state.turns, state.trusted, state.folder) == ([], True, project.as_uri())
    assert (turn.answer, turn.finish, turn.tier) == (
        "It is `repair` in bikes.py:1.",
        "stop",
        "model",
    )
    assert (turn.model, turn.leaves_machine, turn.question) == ("talker", False, "q1")
    assert [(each.path, each.start_line, each.kind) for each in turn.citations] == [
        ("bikes.py", 1, "cited")
    ]
    assert turn.citations[0].uri == (project / "bikes.py").as_uri()
    assert turn.usage is not None
    assert turn.usage.prompt_tokens > 0
    assert panel.streamed("q1") == turn.answer
    assert panel.phases("q1") == ["searching", "reading", "writing"]
    begun, ended = panel.all(ChatTurnChanged)
    assert (begun.turn.text, begun.turn.finish) == ("How is a bicycle mended?", "")
    assert ended == answer
    assert answer.context is not None
    assert answer.context.total == sum(answer.context.segments.values()) > 0
    assert talker.chats[0].tools == ()
    asked = talker.chats[0].messages
    assert "rhymes" in asked[0].text
    assert "def repair" in asked[-1].text


async def test_reading_a_prompt_says_how_far_it_is(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """With an estimate from the model's measured speed."""
    gate = asyncio.Event()
    talker.enqueue("Yes.", gate=gate, evaluated_tokens=500)
    panel = await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Hi?", question="q"))
    reading = await panel.told(ChatProgress, lambda news: news.phase == "reading")
    gate.set()
    await asked

    assert (reading.done, reading.total, reading.left_ms) == (0, 500, 500.0)
    assert reading.turn == 1


async def test_reasoning_is_kept_apart(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    from ownstack.engine.chat import ReasoningDelta

    talker.enqueue([ReasoningDelta("Hm, \U0001f914 so."), "Yes", "."])
    panel = await window(connect, project)
    await panel.open()

    answer = await panel.ask("Hi?", question="q")

    assert (answer.turn.reasoning, answer.turn.answer) == ("Hm, \U0001f914 so.", "Yes.")
    assert panel.streamed("q", reasoning=True) == "Hm, \U0001f914 so."
    assert panel.streamed("q") == "Yes."


async def test_the_editor_is_shown_inside_the_newest_question_alone(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The selection, what is reported of it, and what is open; no path outside of the project."""
    talker.enqueue("One.")
    panel = await window(connect, project)
    await panel.open()
    uri = (project / "bikes.py").as_uri()
    editor = ChatEditor(
        uri=uri,
        line=2,
        selection=ChatSelection(uri, 1, 2, "def repair(bike):\n```\x1b[31m"),
        diagnostics=[
            ChatDiagnostic(uri, 2, "error", "no bike\nhere"),
            ChatDiagnostic(uri, 9, "hint", "elsewhere"),
        ],
        tabs=[uri, "file:///home/somebody/private/notes.txt"],
    )

    await panel.ask("What of this @selection?", editor=editor)

    *before, newest = talker.chats[0].messages
    assert not any("What the editor shows" in message.text for message in before)
    assert "Selected, bikes.py:1-2\n````\ndef repair(bike):\n```" in newest.text
    assert "bikes.py:2: error: no bike here" in newest.text
    assert "elsewhere" not in newest.text
    assert "Also open: notes.txt" in newest.text
    assert "somebody" not in newest.text
    assert newest.text.endswith("What of this @selection?")


async def test_a_model_that_fails_keeps_what_came(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue(["half"], error=EngineError("It broke.", "Try again."))
    talker.enqueue("whole")
    panel = await window(connect, project)
    await panel.open()

    broken = await panel.ask("Hi?")
    await panel.ask("Again?")

    assert (broken.turn.answer, broken.turn.finish) == ("half", "error")
    assert broken.turn.problems == ["It broke. Try again."]
    state = await panel.open(panel.session)
    assert [turn.answer for turn in state.turns] == ["half", "whole"]
    assert state.turns[0].problems == broken.turn.problems


async def test_what_is_not_known_is_refused(connect: Connect, project: Path) -> None:
    panel = await window(connect, project)
    state = await panel.open()

    for method, params, words in (
        (messages.OPEN, messages.ChatOpenParams("nowhere"), "no such conversation"),
        (messages.OPEN, messages.ChatOpenParams(None, "file:///elsewhere"), "no folder of this"),
        (messages.STOP, messages.ChatSessionParams("nowhere"), "not open in this window"),
        (messages.EXPORT, messages.ChatExportParams(state.session.id, "docx"), "markdown or json"),
        (messages.RENAME, messages.ChatRenameParams(state.session.id, " "), "say something"),
        (messages.UNDO, messages.ChatSessionParams(state.session.id), "No compaction is there"),
        (messages.RESTORE, messages.ChatRestoreParams(state.session.id, 3), "no turn 3"),
        (messages.PIN, messages.ChatTextParams(state.session.id), "nothing to pin"),
        (messages.EDIT_SUMMARY, messages.ChatTextParams(state.session.id, "x"), "no summary"),
        (messages.RECALL, messages.ChatRecallParams(state.session.id, ""), "what to recall"),
    ):
        with pytest.raises(JsonRpcException, match=words):
            await panel.request(method, params)


async def test_an_untrusted_workspace_is_not_read(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Neither its rules nor its files, and each answer says so; trust is given later."""
    talker.enqueue("`repair` is in bikes.py:1.")
    talker.enqueue("Yes.")
    panel = await window(connect, project, trusted=False)
    state = await panel.open()

    answer = await panel.ask("What does @bikes.py do?")
    panel.editor.workspace_did_change_configuration(configured({"ownstack": {}, "trusted": True}))
    await panel.told(ChatChanged, lambda news: news.what == "trust")
    await panel.ask("And @bikes.py now?")

    assert state.trusted is False
    assert any("not trusted" in problem for problem in state.problems)
    prompt = "\n".join(message.text for message in talker.chats[0].messages)
    assert "def repair" not in prompt
    assert "rhymes" not in prompt
    assert answer.turn.citations == []
    assert any("not trusted" in problem for problem in answer.turn.problems)
    assert "def repair" in talker.chats[1].messages[-1].text
    assert "rhymes" in talker.chats[1].messages[0].text


async def test_without_a_model_the_index_answers(connect: Connect, project: Path) -> None:
    """And it is said how to get one."""
    panel = await window(connect, project)
    await indexed(panel)
    state = await panel.open()

    answer = await panel.ask("bicycle")

    told = await panel.told(ChatModelChanged)
    assert (told.model.tier, told.model.state) == ("index", "none")
    assert "No model is chosen for chat" in told.model.reason
    assert told.model.command == "ownstack models recommend"
    assert state.context is None
    assert (answer.turn.tier, answer.turn.model, answer.context) == ("index", "index", None)
    assert answer.turn.answer.startswith("bikes.py:1-3")
    assert answer.turn.citations[0].path == "bikes.py"


async def test_a_model_that_is_chosen_meanwhile_goes_on(
    connect: Connect, project: Path, host: Host, engines: Engines, tmp_path: Path
) -> None:
    """What the panel's button leads to: the window is told without asking."""
    panel = await window(connect, project)
    await panel.open()
    await panel.told(ChatModelChanged, lambda news: news.model.state == "none")
    measured(host, engines.engine)

    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    host.models_changed()
    told = await panel.told(ChatModelChanged, lambda news: news.model.state == "ready")
    engines.engine.enqueue("Hi.")
    answer = await panel.ask("Hi?")

    assert (told.model.name, told.model.tier) == ("talker", "model")
    assert told.context is not None
    assert (answer.turn.answer, answer.turn.tier) == ("Hi.", "model")


async def test_mentions_are_completed(connect: Connect, project: Path) -> None:
    (project / "shop").mkdir()
    (project / "shop" / "fish.py").write_text("class Pond:\n    def catch(self): pass\n")
    panel = await window(connect, project)
    await indexed(panel)

    async def offered(query: str) -> list[tuple[str, str]]:
        params = messages.ChatMentionsParams(query)
        result = await panel.request(messages.MENTIONS, params)
        return [(mention.kind, mention.insert) for mention in result.mentions]

    assert ("selection", "@selection") in await offered("")
    assert await offered("diag") == [("diagnostics", "@diagnostics")]
    assert set(await offered("fish")) == {("file", "@shop/fish.py")}
    assert ("folder", "@shop") in await offered("sho")
    assert ("symbol", "@Pond") in await offered("Pond")
    assert await offered("x" * 100_000) == []


async def test_hostile_text_travels_as_it_is(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Lone surrogates, control characters, half fences: nothing is lost or breaks a message."""
    evil = "</script>\x1b]0;x\x07\u202e```\n[x](command:rm) \udc80 \U0001f600\x00"
    talker.enqueue(list(evil))
    panel = await window(connect, project)
    await panel.open()

    answer = await panel.ask(f"Hi {evil}", question="q")
    state = await panel.open(panel.session)

    assert answer.turn.answer == evil
    assert panel.streamed("q") == evil
    assert state.turns[0].text == f"Hi {evil}"
