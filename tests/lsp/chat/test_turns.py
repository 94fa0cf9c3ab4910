"""Conversations as they are kept: turns edited, compacted, listed, taken up again."""

import asyncio
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.values import (
    ChatCompacted,
    ChatProgress,
)
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from tests.lsp.chat.windows import LONG, configured, window
from tests.lsp.conftest import Connect, Engines
from tests.support.chatting import Panel

pytestmark = pytest.mark.process


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
    panel.editor.workspace_did_change_configuration(configured({"ownstack": {}, "trusted": False}))
    with pytest.raises(JsonRpcException, match="not trusted"):
        await panel.request(messages.REJECT, messages.ChatRejectParams(panel.session, second.name))

    assert before.entries == []
    assert "SQLite" in first.text
    assert [entry.text for entry in accepted.memory.entries] == [first.text]
    assert accepted.done
    assert rejected.memory.inbox == []
    assert any(first.text in file.read_text() for file in project.rglob(".ownstack/**/*.md"))


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
