"""Conversations as any editor has them, over a real connection: asked, streamed, taken up again."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats import questions
from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor, ChatSelection
from ownstack.app.chats.values import (
    ChatChanged,
    ChatCompacted,
    ChatDelta,
    ChatModelChanged,
    ChatProgress,
    ChatQueue,
    ChatTurnChanged,
)
from ownstack.app.host import Host
from ownstack.chat.tool_ability import AbilityRecord
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError
from ownstack.lsp import chat_messages as messages
from tests.support.chatting import Panel
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

from .conftest import Connect, Engines

pytestmark = pytest.mark.process

BIKES = "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n"
COUNTING = [f"{number} " for number in range(200)]
LONG = "What the shop does, it does for every bicycle, one after the other. "


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "bikes.py").write_text(BIKES)
    (folder / "AGENTS.md").write_text("Answer in rhymes.")
    return folder


@pytest.fixture
def talker(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model for chat; return the scripted engine that stands for it."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    engines.engine = ScriptedEngine(name="talker", context_tokens=4_096)
    measured(host, engines.engine)
    return engines.engine


def measured(host: Host, engine: ScriptedEngine) -> None:
    """Have it known that a model chooses tools badly: what is enqueued is for questions alone."""
    AbilityRecord(host.home.tool_ability_file).put(engine.capabilities, 0.0)


async def window(connect: Connect, folder: Path, **more: Any) -> Panel:
    editor = await connect()
    panel = Panel(editor)
    await editor.hello(folder=folder.as_uri(), **more)
    return panel


async def indexed(panel: Panel) -> None:
    await panel.editor.told(lambda status: [each.state for each in status.index] == ["ready"])


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


async def test_an_answer_is_stopped(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What came is kept, and shown when it is opened again."""
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    panel = await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Count.", question="q"))
    await panel.told(ChatDelta)
    stopped = await panel.request(messages.STOP)
    answer = await asked
    again = await panel.request(messages.STOP)

    assert (stopped.stopped, again.stopped) == (True, False)
    assert answer.turn.finish == "cancelled"
    assert answer.turn.answer.startswith("0 1 ")
    assert panel.streamed("q") == answer.turn.answer
    assert (await panel.open(panel.session)).turns == [answer.turn]


async def test_it_is_stopped_while_the_model_is_loaded(
    connect: Connect, project: Path, talker: ScriptedEngine, engines: Engines
) -> None:
    """Loading says how far it is; a question that was not asked is refused with words."""
    engines.loaded.clear()
    panel = await window(connect, project)
    state = await panel.open()

    asked = asyncio.ensure_future(panel.ask("Hi?", question="q"))
    progress = await panel.told(ChatProgress, lambda news: news.phase == "loading")
    await panel.request(messages.STOP)
    with pytest.raises(JsonRpcException, match="stopped before it was asked"):
        await asked
    engines.loaded.set()

    assert progress.total == 100
    assert (state.model.name, state.model.state) in {("", "none"), ("talker", "loading")}
    assert state.context is None
    assert (await panel.told(ChatModelChanged)).model.state == "ready"
    assert (await panel.open(panel.session)).turns == []


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


async def test_questions_wait_for_those_before_them(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """More of them than a window may have requests in work; one is withdrawn."""
    gate = asyncio.Event()
    talker.enqueue("0", gate=gate)
    for number in range(1, 11):
        talker.enqueue(str(number))
    panel = await window(connect, project)
    await panel.open()

    asked = [
        asyncio.ensure_future(panel.ask(f"Question {number}?", question=f"q{number}"))
        for number in range(12)
    ]
    await panel.told(ChatQueue, lambda news: len(news.waiting) == 11)
    state = await panel.open(panel.session)
    withdrawn = await panel.request(
        messages.WITHDRAW, messages.ChatQuestionParams(panel.session, "q5")
    )
    with pytest.raises(JsonRpcException, match="was withdrawn"):
        await asked.pop(5)
    gate.set()
    answers = await asyncio.gather(*asked)

    assert [item.question for item in state.waiting] == [f"q{number}" for number in range(1, 12)]
    assert (state.turns[-1].text, state.turns[-1].finish) == ("Question 0?", "")
    assert state.progress is not None
    assert state.progress.question == "q0"
    assert withdrawn.text == "Question 5?"
    assert [answer.turn.answer for answer in answers] == [str(number) for number in range(11)]
    assert panel.all(ChatQueue)[-1].waiting == []
    assert panel.phases("q3")[0] == "waiting"


async def test_too_many_and_too_long_questions_are_refused(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """With what to do; nothing of them is in the log, and the conversation goes on."""
    gate = asyncio.Event()
    talker.enqueue("0", gate=gate)
    panel = await window(connect, project)
    await panel.open()

    with pytest.raises(JsonRpcException, match="empty"):
        await panel.ask(" \n ")
    with pytest.raises(JsonRpcException, match="mention that"):
        await panel.ask("x" * (questions.MAX_QUESTION_CHARS + 1))
    with pytest.raises(JsonRpcException, match="newest message alone"):
        await panel.ask("x y " * 20_000)
    with pytest.raises(JsonRpcException, match="no turn 7"):
        await panel.ask("Hi?", replaces=7)
    asked = [asyncio.ensure_future(panel.ask("Hi?")) for _ in range(questions.MAX_WAITING + 1)]
    await panel.told(ChatQueue, lambda news: len(news.waiting) == questions.MAX_WAITING)
    with pytest.raises(JsonRpcException, match="Withdraw one"):
        await panel.ask("One too many?")
    gate.set()
    await asyncio.gather(*asked)

    state = await panel.open(panel.session)
    assert {turn.text for turn in state.turns} == {"Hi?"}


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


async def test_a_turn_is_edited_and_what_it_replaced_comes_back(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The model is shown the branch that holds; the log loses neither."""
    for answer in ("one", "two", "three", "again", "four"):
        talker.enqueue(answer)
    panel = await window(connect, project)
    await panel.open()
    await panel.ask("First?")
    await panel.ask("Second?")
    await panel.ask("Third?")

    edited = await panel.ask("Other second?", replaces=2)
    shown = [turn.text for turn in (await panel.open(panel.session)).turns]
    restored = await panel.request(
        messages.RESTORE, messages.ChatRestoreParams(panel.session, edited.turn.turn)
    )
    follow = await panel.ask("Fourth?")

    assert (edited.turn.answer, edited.turn.replaced) == ("again", 2)
    assert shown == ["First?", "Other second?"]
    asked = [message.text for message in talker.chats[3].messages]
    assert any("First?" in text for text in asked)
    assert not any("Third?" in text or text.endswith("\n\nSecond?") for text in asked)
    assert [turn.text for turn in restored.turns] == ["First?", "Second?", "Third?"]
    assert follow.turn.replaced == 0
    prompt = "\n".join(message.text for message in talker.chats[4].messages)
    assert "Third?" in prompt
    assert "Other second?" not in prompt
    whole = await panel.request(messages.EXPORT, messages.ChatExportParams(panel.session, "json"))
    assert "Other second?" in whole.text


async def test_a_question_is_answered_again(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Several times: each answer stands in the place of the one before."""
    for answer in ("one", "two", "three"):
        talker.enqueue(answer)
    panel = await window(connect, project)
    await panel.open()

    first = await panel.ask("First?")
    second = await panel.ask(replaces=first.turn.turn)
    third = await panel.ask(replaces=second.turn.turn)
    back = await panel.request(
        messages.RESTORE, messages.ChatRestoreParams(panel.session, third.turn.turn)
    )

    assert [turn.text for turn in (second.turn, third.turn)] == ["First?", "First?"]
    assert third.turn.replaced == 1
    assert [(turn.answer, turn.replaced) for turn in back.turns] == [("two", 1)]


async def test_an_edit_that_is_too_long_leaves_all_as_it_was(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue("one")
    panel = await window(connect, project)
    await panel.open()
    await panel.ask("First?")

    with pytest.raises(JsonRpcException, match="newest message alone"):
        await panel.ask("x y " * 20_000, replaces=1)

    assert [turn.text for turn in (await panel.open(panel.session)).turns] == ["First?"]


async def fill(panel: Panel, talker: ScriptedEngine, turns: int = 40) -> ChatCompacted:
    """Ask until the window was full and something was summed up."""
    for number in range(turns):
        talker.enqueue(f"Number {number}. " + LONG * 8)
        await panel.ask(f"What about part {number}?")
        await panel.editor.status()  # What was told before is heard by now.
        if panel.all(ChatCompacted):
            break
        gathered = asyncio.ensure_future(panel.told(ChatCompacted))
        await asyncio.wait({gathered}, timeout=0.05)
        gathered.cancel()
    return await panel.told(ChatCompacted)


async def test_a_full_window_is_compacted_edited_pinned_and_undone(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The card comes by itself, with before and after; each step answers with the state."""
    panel = await window(connect, project)
    await panel.open()

    told = await fill(panel, talker)
    card = told.compaction
    edited = await panel.request(
        messages.EDIT_SUMMARY, messages.ChatTextParams(panel.session, "All about bicycles.")
    )
    pinned = await panel.request(messages.PIN, messages.ChatTextParams(panel.session, "Be brief."))
    unpinned = await panel.request(
        messages.UNPIN, messages.ChatUnpinParams(panel.session, pinned.pins[0].event)
    )
    await panel.request(messages.UNDO)
    undone = await panel.request(messages.UNDO)

    assert card.before > card.after > 0
    assert card.covered > 0
    assert (card.newest, card.method) == (True, "extractive")
    assert told.context is not None
    assert told.context.segments["checkpoint"] > 0
    assert edited.compactions[-1].method == "edited"
    assert edited.compactions[-1].summary == "All about bicycles."
    assert [pin.text for pin in pinned.pins] == ["Be brief."]
    assert unpinned.pins == []
    assert undone.compactions == []
    assert undone.context.segments["checkpoint"] == 0


async def test_it_is_compacted_by_hand(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Or it is said why not; a cleared conversation begins anew."""
    panel = await window(connect, project)
    await panel.open()
    talker.enqueue("one")
    await panel.ask("First?")
    params = messages.ChatCompactParams(panel.session, "bicycles")

    declined = await panel.request(messages.COMPACT, params)
    for number in range(6):
        talker.enqueue(f"Number {number}. " + LONG * 8)
        await panel.ask(f"What about part {number}?")
    made = await panel.request(messages.COMPACT, params)
    cleared = await panel.request(messages.CLEAR)

    assert declined.compaction.declined.endswith("nothing to sum up.")
    assert made.compaction.focus == "bicycles"
    assert made.compaction.before > made.compaction.after
    assert cleared.turns == []
    assert cleared.context.segments["history"] == 0


async def test_two_windows_in_one_conversation(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What one asks, the other sees as it comes, and either may stop it or go on."""
    talker.enqueue("one")
    first = await window(connect, project)
    second = await window(connect, project)
    state = await first.open()
    await second.open(state.session.id)

    answer = await first.ask("First?", question="q1")
    seen = await second.told(ChatTurnChanged, lambda news: news.turn.finish == "stop")
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    asked = asyncio.ensure_future(second.ask("Count.", question="q2"))
    await first.told(ChatDelta, lambda news: news.question == "q2")
    await first.request(messages.STOP)
    stopped = await asked
    await first.request(messages.RENAME, messages.ChatRenameParams(first.session, "Counting"))
    await second.told(ChatChanged)

    assert seen == answer
    assert second.streamed("q1") == "one"
    assert stopped.turn.finish == "cancelled"
    assert [turn.answer for turn in (await first.open(first.session)).turns] == [
        "one",
        stopped.turn.answer,
    ]
    assert (first.changes(), second.changes()) == ([], ["title"])
    assert (await second.open(second.session)).session.title == "Counting"


async def test_a_panel_that_is_closed_in_mid_stream_loses_nothing(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The answer goes on into the log; who opens it meanwhile gets it from where it is."""
    gate = asyncio.Event()
    talker.enqueue(COUNTING, gate=gate, gate_at=100)
    first = await window(connect, project)
    await first.open()

    asked = asyncio.ensure_future(first.ask("Count.", question="q"))
    await first.told(ChatDelta)
    await first.request(messages.CLOSE)
    heard = len(first.heard)
    second = await window(connect, project)
    state = await second.open(first.session)
    came = state.turns[-1]
    gate.set()
    ended = await second.told(ChatTurnChanged, lambda news: news.turn.finish != "")

    assert (came.text, came.finish, came.question) == ("Count.", "", "q")
    assert "".join(COUNTING).startswith(came.answer)
    rest = [news for news in second.all(ChatDelta) if news.offset >= len(came.answer)]
    assert came.answer + "".join(news.text for news in rest) == "".join(COUNTING)
    assert (ended.turn.answer, ended.turn.finish) == ("".join(COUNTING), "stop")
    assert len(first.heard) == heard
    assert (await asked).turn == ended.turn


async def test_a_window_that_is_gone_leaves_its_answer_to_the_log(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """What it had asked and was not begun is given up."""
    gate = asyncio.Event()
    talker.enqueue("kept", gate=gate)
    first = await window(connect, project)
    await first.open()
    first.editor.protocol.send_request(
        messages.ASK, messages.ChatAskParams(first.session, "First?", "q1")
    )
    first.editor.protocol.send_request(
        messages.ASK, messages.ChatAskParams(first.session, "Second?", "q2")
    )
    await first.told(ChatQueue, lambda news: len(news.waiting) == 1)
    await first.told(ChatProgress, lambda news: news.phase == "reading")
    assert first.editor.protocol.writer is not None
    first.editor.protocol.writer.close()
    opened = host.chats.get(first.session)
    assert opened is not None
    while opened.waiting:
        await asyncio.sleep(0.01)
    gate.set()
    await opened.settle()

    second = await window(connect, project)
    state = await second.open(first.session)

    assert [(turn.text, turn.answer, turn.finish) for turn in state.turns] == [
        ("First?", "kept", "stop")
    ]


async def test_an_untrusted_workspace_is_not_read(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Neither its rules nor its files, and each answer says so; trust is given later."""
    talker.enqueue("`repair` is in bikes.py:1.")
    talker.enqueue("Yes.")
    panel = await window(connect, project, trusted=False)
    state = await panel.open()

    answer = await panel.ask("What does @bikes.py do?")
    panel.editor.workspace_did_change_configuration(_settings({"ownstack": {}, "trusted": True}))
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


def _settings(settings: Any) -> Any:
    from lsprotocol import types

    return types.DidChangeConfigurationParams(settings)


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


async def test_a_conversation_has_a_title_from_its_first_question_on(
    connect: Connect, project: Path, talker: ScriptedEngine, engines: Engines
) -> None:
    """It is listed by it even while the model is loaded, before the log has a turn of it."""
    engines.loaded.clear()
    talker.enqueue("By hand.")
    panel = await window(connect, project)
    await panel.open()

    async def titles() -> list[str]:
        result = await panel.request(messages.SESSIONS, messages.ChatSessionsParams())
        return [each.title for each in result.sessions]

    asked = asyncio.ensure_future(panel.ask("How is a bicycle mended?\nAnd when?", question="q"))
    await panel.told(ChatProgress, lambda news: news.phase == "loading")
    before = await titles()
    engines.loaded.set()
    await asked

    assert before == await titles() == ["How is a bicycle mended?"]


async def test_sessions_are_listed_found_renamed_exported_and_deleted(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """A new one in which nothing was said is not among them."""
    talker.enqueue("By hand, with a spanner.")
    talker.enqueue("No.")
    panel = await window(connect, project)
    await panel.open()
    await panel.ask("How is a bicycle mended?")
    first = panel.session
    await panel.open()
    await panel.ask("Is there fish?")
    empty = await panel.open()
    await panel.request(messages.RENAME, messages.ChatRenameParams(first, "Repairs\nof bikes"))

    async def found(query: str) -> list[tuple[str, str]]:
        params = messages.ChatSessionsParams(query)
        result = await panel.request(messages.SESSIONS, params)
        return [(each.title, each.found) for each in result.sessions]

    listed = await found("")
    by_title, by_words = await found("repairs"), await found("spanner")
    markdown = await panel.request(messages.EXPORT, messages.ChatExportParams(panel.session))
    await panel.request(messages.DELETE, messages.ChatSessionParams(first))

    assert sorted(title for title, _ in listed) == ["Is there fish?", "Repairs of bikes"]
    assert [title for title, _ in by_title] == ["Repairs of bikes"]
    assert by_words == [("Repairs of bikes", "By hand, with a spanner.")]
    assert markdown.name.endswith(".md")
    assert [title for title, _ in await found("")] == ["Is there fish?"]
    with pytest.raises(JsonRpcException, match="no such conversation"):
        await panel.open(first)
    await panel.request(messages.CLOSE, messages.ChatSessionParams(empty.session.id))


async def test_a_conversation_is_deleted_while_it_is_answered(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Other windows hear of it; whoever has asked is told."""
    talker.enqueue(COUNTING, gate=asyncio.Event(), gate_at=100)
    panel = await window(connect, project)
    other = await window(connect, project)
    await panel.open()
    await other.open(panel.session)

    asked = asyncio.ensure_future(panel.ask("Count."))
    await panel.told(ChatDelta)
    await other.request(messages.DELETE)
    await panel.told(ChatChanged, lambda news: news.what == "deleted")
    await asyncio.wait({asked})

    with pytest.raises(JsonRpcException, match="no such conversation"):
        await panel.open(panel.session)


async def test_what_was_said_and_decided_is_recalled(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue("Noted.")
    panel = await window(connect, project)
    await panel.open()
    answer = await panel.ask("We decided to use SQLite for the log.")

    found = await panel.request(
        messages.RECALL, messages.ChatRecallParams(panel.session, "SQLite log")
    )

    assert answer.turn.notes[0].startswith("Noted as D001")
    assert [decision.name for decision in found.decisions] == ["D001"]
    assert found.turns[0].session == panel.session


async def test_what_is_proposed_is_accepted_or_rejected(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Nothing is in a file before; what contradicts it is asked about; untrusted, nothing is."""
    talker.enqueue("Noted.")
    talker.enqueue("Noted.")
    panel = await window(connect, project)
    await panel.open()
    await panel.ask("We decided to use SQLite for the log.")
    await panel.ask("We decided to write tests with pytest.")

    before = await panel.request(messages.MEMORY)
    first, second = before.inbox
    accepted = await panel.request(
        messages.ACCEPT, messages.ChatAcceptParams(panel.session, first.name)
    )
    rejected = await panel.request(
        messages.REJECT, messages.ChatRejectParams(panel.session, second.name)
    )
    with pytest.raises(JsonRpcException, match="replace or both"):
        await panel.request(messages.ACCEPT, messages.ChatAcceptParams(panel.session, "P001", "x"))
    with pytest.raises(JsonRpcException, match="P077"):
        await panel.request(messages.ACCEPT, messages.ChatAcceptParams(panel.session, "P077"))
    panel.editor.workspace_did_change_configuration(_settings({"ownstack": {}, "trusted": False}))
    with pytest.raises(JsonRpcException, match="not trusted"):
        await panel.request(messages.REJECT, messages.ChatRejectParams(panel.session, second.name))

    assert before.entries == []
    assert "SQLite" in first.text
    assert [entry.text for entry in accepted.memory.entries] == [first.text]
    assert accepted.done
    assert rejected.memory.inbox == []
    assert any(first.text in file.read_text() for file in project.rglob(".ownstack/**/*.md"))


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


async def test_a_long_conversation_is_opened_in_pages(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    panel = await window(connect, project)
    await panel.open()
    for number in range(70):
        talker.enqueue("x" * 100)
        await panel.ask(f"Question {number}?")

    state = await panel.open(panel.session)
    texts = [turn.text for turn in state.turns]
    earlier = state.earlier
    while earlier:
        before = int(texts[0].split()[1].rstrip("?")) + 1
        page = await panel.request(messages.TURNS, messages.ChatTurnsParams(panel.session, before))
        texts = [*(turn.text for turn in page.turns), *texts]
        earlier = page.earlier

    assert len(state.turns) == 30
    assert texts == [f"Question {number}?" for number in range(70)]


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
