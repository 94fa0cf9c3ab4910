"""A turn is logged as it happens, is answered from what the project says, and compacts in time."""

from __future__ import annotations

import asyncio

import pytest

from ownstack.chat.chat import Chat
from ownstack.chat.learning import propose_from_summary
from ownstack.chat.tool_loop import REPEATED
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ContextOverflowError, EngineError, UsageError
from ownstack.memory.compaction.compactor import Compacted, Declined
from ownstack.memory.conversation import text_of
from tests.chat.conftest import OpenChat

LONG = "What the shop does, it does for every bicycle, one after the other. "


def quiet(_text: str, _is_reasoning: bool) -> None:
    """Show nothing."""


def said(chat: Chat) -> list[tuple[str, str]]:
    return [
        (event.kind, event.text)
        for event in chat.session.events
        if event.kind in ("user", "assistant")
    ]


async def test_a_question_and_its_answer(open_chat: OpenChat) -> None:
    """The model reads what was found before the question; the answer's places are checked."""
    engine = ScriptedEngine()
    engine.enqueue(["It is ", "`repair` in shop/bikes.py:1."])
    chat = open_chat(engine)
    await chat.begin()
    shown: list[str] = []

    answer = await chat.ask("How is a bicycle mended?", lambda text, _aside: shown.append(text))

    assert "".join(shown) == answer.text == "It is `repair` in shop/bikes.py:1."
    assert [citation.place for citation in answer.citations] == ["shop/bikes.py:1"]
    newest = engine.chats[0].messages[-1].text
    assert newest.index("def repair(bike):") < newest.index("How is a bicycle mended?")
    assert engine.chats[0].conversation == chat.session.id
    assert said(open_chat(engine, chat.session.id)) == [
        ("user", "How is a bicycle mended?"),
        ("assistant", answer.text),
    ]
    await chat.close()


async def test_the_beginning_of_a_prompt_stays_the_same(open_chat: OpenChat) -> None:
    """The next question is only added, and no code is shown twice."""
    engine = ScriptedEngine("One.", "Two.")
    chat = open_chat(engine)
    await chat.begin()

    await chat.ask("How is a bicycle mended?", quiet)
    await chat.ask("And the bicycle again?", quiet)

    first, second = (request.messages for request in engine.chats)
    assert second[: len(first)] == first
    assert "def repair" not in second[-1].text
    await chat.close()


async def test_a_follow_up_stays_with_its_topic(open_chat: OpenChat) -> None:
    """Also the third one, and after a pause it finds what was shown for it."""
    engine = ScriptedEngine("One.", "Two.", "Three.")
    chat = open_chat(engine)
    await chat.begin()

    await chat.ask("How is a bicycle mended?", quiet)
    await chat.ask("Why?", quiet)
    answer = await chat.ask("And who does that?", quiet)

    assert [citation.path for citation in answer.citations] == ["shop/bikes.py"]
    assert engine.chats[-1].messages[-1].text == "And who does that?"
    await chat.close()


async def test_rules_are_read_and_read_again(open_chat: OpenChat) -> None:
    rules = open_chat().project.root / "AGENTS.md"
    rules.write_text("Answer in rhymes.", "utf-8")
    engine = ScriptedEngine("One.", "Two.")
    chat = open_chat(engine)
    await chat.begin()

    await chat.ask("Hi?", quiet)
    rules.write_text("Answer in prose.", "utf-8")
    await chat.clear()
    await chat.ask("Hi again?", quiet)

    first, second = (request.messages for request in engine.chats)
    assert "rhymes" in first[0].text
    assert "rhymes" not in second[0].text
    assert "prose" in second[0].text
    assert "Hi?" not in [message.text for message in second]
    await chat.close()


async def test_without_a_model_the_index_answers(open_chat: OpenChat) -> None:
    chat = open_chat()
    await chat.begin()

    answer = await chat.ask("bicycle", quiet)

    assert answer.model == "index"
    assert answer.text.startswith("shop/bikes.py:1-3")
    assert answer.citations[0].place == "shop/bikes.py:1-3"
    assert isinstance(await chat.compact(), Declined)
    nothing = await chat.ask("xylophone", quiet)
    assert "finds nothing" in nothing.text
    assert nothing.citations == ()
    await chat.close()


async def test_a_stopped_answer_keeps_what_came(open_chat: OpenChat) -> None:
    engine = ScriptedEngine()
    whole = [f"{number} " for number in range(3_000)]
    engine.enqueue(whole)
    chat = open_chat(engine)
    await chat.begin()

    answer = await chat.ask("Hi?", lambda _text, _aside: chat.cancel())

    assert answer.finish == "cancelled"
    assert answer.text.startswith("0 ")
    assert len(answer.text) < len("".join(whole))
    assert said(chat)[-1] == ("assistant", answer.text)
    await chat.close()


async def test_an_answer_that_fails_keeps_what_came(open_chat: OpenChat) -> None:
    """And the conversation goes on."""
    engine = ScriptedEngine()
    engine.enqueue("half", error=EngineError("It broke."))
    engine.enqueue("whole")
    chat = open_chat(engine)
    await chat.begin()

    with pytest.raises(EngineError, match="It broke"):
        await chat.ask("Hi?", quiet)
    await chat.ask("Again?", quiet)

    assert [text for _kind, text in said(chat)] == ["Hi?", "half", "Again?", "whole"]
    await chat.close()


async def test_endless_repetition_is_stopped(open_chat: OpenChat) -> None:
    engine = ScriptedEngine()
    engine.enqueue(["And so on, and so on.\n"] * 400)
    chat = open_chat(engine)
    await chat.begin()

    answer = await chat.ask("Hi?", quiet)

    assert len(answer.text) < 700
    assert REPEATED in answer.problems
    await chat.close()


async def test_a_paste_that_is_too_long_is_taken_back(open_chat: OpenChat) -> None:
    """The log keeps it; the next question is asked without it."""
    engine = ScriptedEngine("Fine.")
    chat = open_chat(engine)
    await chat.begin()

    with pytest.raises(ContextOverflowError, match="newest message alone"):
        await chat.ask("x y " * 50_000, quiet)
    await chat.ask("Hi?", quiet)

    assert "x y" not in engine.chats[-1].messages[-1].text
    await chat.close()


async def talk(chat: Chat, engine: ScriptedEngine, turns: int) -> list[Compacted | Declined]:
    """Ask until something was compacted, or so many times."""
    for number in range(turns):
        engine.enqueue(f"Number {number}. " + LONG * 8)
        answer = await chat.ask(f"What about part {number}?", quiet)
        outcome = answer.compacted or await chat.settle()
        if outcome is not None:
            return [outcome]
    return []


async def test_it_is_compacted_while_nobody_waits_and_that_is_undone(open_chat: OpenChat) -> None:
    """The scripted engine's summary is no good, so quotations stand for it."""
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    await chat.begin()

    (outcome,) = await talk(chat, engine, 30)

    assert isinstance(outcome, Compacted)
    assert outcome.after.total < outcome.before.total
    assert chat.conversation.checkpoint is not None
    assert "What about part" in chat.conversation.history[-2].text
    taken_back = await chat.undo()
    assert taken_back is not None
    assert chat.conversation.checkpoint is None
    assert chat.segments is not None
    assert chat.segments.total > outcome.after.total
    assert await chat.undo() is None
    await chat.close()


async def test_what_is_talked_about_is_read_ahead(open_chat: OpenChat) -> None:
    """After a compaction the code of the topic is read while the user writes, then found there."""
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    await chat.begin()
    engine.enqueue("By repair.")
    await chat.ask("How is a bicycle mended?", quiet)
    for number in range(12):
        engine.enqueue(f"Number {number}. " + LONG * 4)
        await chat.ask("Why?", quiet)
        await chat.settle()
    engine.enqueue("no summary")
    await chat.compact()
    while chat.is_busy:
        await asyncio.sleep(0)
    ahead = engine.chats[-1]

    engine.enqueue("Yes.")
    await chat.ask("And what is done with it?", quiet)

    asked = engine.chats[-1]
    assert ahead.conversation == asked.conversation
    assert "def repair(bike)" in ahead.messages[-1].text
    assert ahead.messages[:-1] == asked.messages[:-1]
    assert asked.messages[-1].text.startswith(ahead.messages[-1].text)
    await chat.close()


async def test_after_an_undoing_it_waits_until_it_must(open_chat: OpenChat) -> None:
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    await chat.begin()
    await talk(chat, engine, 30)
    await chat.undo()

    engine.enqueue("Yes.")
    answer = await chat.ask("Short?", quiet)

    assert answer.compacted is None
    assert await chat.settle() is None
    assert await talk(chat, engine, 30)
    await chat.close()


async def test_by_hand_it_is_compacted_at_once(open_chat: OpenChat) -> None:
    """With what it should keep; a compaction that runs can be stopped, and nothing changes."""
    engine = ScriptedEngine(context_tokens=4_096)
    chat = open_chat(engine)
    await chat.begin()
    assert not await talk(chat, engine, 6)

    gate = asyncio.Event()
    engine.enqueue("never", gate=gate)
    work = asyncio.create_task(chat.compact())
    while len(engine.chats) < 7:
        await asyncio.sleep(0)
    chat.cancel()
    stopped = await work
    made = await chat.compact("the bicycles")

    assert stopped == Declined("It was stopped")
    assert isinstance(made, Compacted)
    assert made.event.data["focus"] == "the bicycles"
    await chat.close()


async def test_a_summary_is_edited_and_that_is_undone(open_chat: OpenChat) -> None:
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    await chat.begin()
    with pytest.raises(UsageError, match="no summary"):
        await chat.edit_summary("Mine.")
    await talk(chat, engine, 30)
    before = chat.conversation.checkpoint
    assert before is not None

    with pytest.raises(UsageError, match="say something"):
        await chat.edit_summary(" \n")
    with pytest.raises(ContextOverflowError):
        await chat.edit_summary("too long " * 4_000)
    assert chat.conversation.checkpoint == before
    await chat.edit_summary("## Goal\n- bells for bicycles\n")

    engine.enqueue("Yes.")
    await chat.ask("And now?", quiet)
    assert "- bells for bicycles" in engine.chats[-1].messages[1].text
    await chat.undo()
    assert chat.conversation.checkpoint == before
    await chat.close()


async def test_what_is_pinned_stays_word_for_word(open_chat: OpenChat) -> None:
    """A text, and a summary, through the compactions that come after."""
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    await chat.begin()
    with pytest.raises(UsageError, match="nothing to pin"):
        await chat.pin()
    await chat.pin("Every frame is of steel.")
    with pytest.raises(UsageError, match="pinned already"):
        await chat.pin("Every frame is of steel.")
    await talk(chat, engine, 30)
    summary = await chat.pin()
    await talk(chat, engine, 30)

    assert chat.conversation.checkpoint is not None
    assert chat.conversation.checkpoint.summary != summary
    head = engine.chats[-1].messages[1].text
    assert "Every frame is of steel." in head
    assert summary in head
    with pytest.raises(ContextOverflowError):
        await chat.pin("too long " * 4_000)
    assert await chat.unpin() == 2
    assert await chat.unpin() == 0
    assert chat.conversation.pins == ()
    await chat.close()


async def test_another_model_goes_on(open_chat: OpenChat) -> None:
    chat = open_chat(ScriptedEngine("One.", name="small"))
    await chat.begin()
    await chat.ask("Hi?", quiet)
    await chat.close()

    engine = ScriptedEngine("Two.", name="large")
    again = open_chat(engine, chat.session.id)
    await again.begin()
    await again.ask("And?", quiet)

    models = [
        text_of(event.data, "name") for event in again.session.events if event.kind == "model"
    ]
    assert models == ["small", "large"]
    assert [message.text for message in engine.chats[0].messages][-2] == "One."
    await again.close()


async def test_decisions_are_noted(open_chat: OpenChat) -> None:
    chat = open_chat(ScriptedEngine("Fine."))
    await chat.begin()

    answer = await chat.ask("We decided to use steel for every frame.", quiet)

    assert answer.notes[0].startswith("Noted as D001: We decided to use steel")
    await chat.close()


async def test_a_new_session_knows_what_was_decided(open_chat: OpenChat) -> None:
    """What one states and its user accepts stands in the prompt of the next, from its file."""
    first = open_chat(ScriptedEngine("Fine."))
    await first.begin()
    answer = await first.ask("We decided to use steel for every frame.", quiet)
    assert answer.notes[-1].startswith("New in the inbox: P001.")
    first.memory.accept("P001")
    await first.close()

    engine = ScriptedEngine("Steel.")
    second = open_chat(engine)
    await second.begin()
    await second.ask("Which material?", quiet)

    system = engine.chats[0].messages[0]
    assert system.role == "system"
    line = "- M001 (tier 0.8): We decided to use steel for every frame."
    assert f"## Decisions\n{line}" in system.text
    assert "D001" not in system.text
    await second.close()


async def test_a_new_session_knows_what_nobody_accepted_yet(open_chat: OpenChat) -> None:
    """A decision of the log is known by its name; not what is disputed, nor what is rejected."""
    chat = open_chat()
    await chat.begin()
    await chat.ask("We decided to use brass for bells.", quiet)
    await chat.ask("We decided to use steel for every frame.", quiet)
    await chat.ask("We decided to use carbon for every frame.", quiet)
    await chat.ask("From now on, ship on Mondays.", quiet)
    chat.memory.reject("D004")
    await chat.close()

    engine = ScriptedEngine("Brass.")
    again = open_chat(engine)
    await again.begin()
    await again.ask("Which material?", quiet)

    system = engine.chats[0].messages[0].text
    assert "- D001 (tier 0.7): We decided to use brass for bells." in system
    assert not any(word in system for word in ("steel", "carbon", "Mondays"))
    await again.close()


async def test_memory_is_read_when_rules_are_and_not_between(open_chat: OpenChat) -> None:
    """So that the beginning of a prompt stays as it is while questions are asked."""
    engine = ScriptedEngine("One.", "Two.", "Three.")
    chat = open_chat(engine)
    await chat.begin()

    await chat.ask("Hi?", quiet)
    chat.memory.add("Always answer in rhymes.")
    await chat.ask("And now?", quiet)
    await chat.clear()
    await chat.ask("Now?", quiet)

    first, second, third = (request.messages for request in engine.chats)
    assert second[: len(first)] == first
    assert "rhymes" not in second[0].text
    assert "Always answer in rhymes." in third[0].text
    await chat.close()


async def test_project_memory_survives_a_compaction(open_chat: OpenChat) -> None:
    engine = ScriptedEngine(context_tokens=2_048)
    chat = open_chat(engine)
    chat.memory.add("Bells are brass.")
    await chat.begin()

    (outcome,) = await talk(chat, engine, 30)

    assert isinstance(outcome, Compacted)
    assert "Bells are brass." in chat.conversation.rules
    assert chat.conversation.checkpoint is not None
    assert "Bells are brass." not in chat.conversation.checkpoint.summary
    await chat.close()


async def test_what_is_wrong_with_memory_files_is_said(open_chat: OpenChat) -> None:
    chat = open_chat(ScriptedEngine())
    folder = chat.project.root / ".ownstack" / "memory"
    folder.mkdir(parents=True)
    (folder / "decisions.md").write_text("- Bells.\n  <!-- M001; tier ten -->\n", "utf-8")

    (problem,) = await chat.begin()

    assert problem.startswith(".ownstack/memory/decisions.md:2: this comment is not understood")
    await chat.close()


async def test_a_decision_against_a_file_is_told(open_chat: OpenChat) -> None:
    chat = open_chat()
    chat.memory.add("We decided to use steel for every frame.")
    await chat.begin()

    answer = await chat.ask("We decided to use carbon for every frame.", quiet)

    assert "P001 contradicts M001" in answer.notes[1]
    await chat.close()


async def test_a_summary_of_the_model_proposes(open_chat: OpenChat) -> None:
    chat = open_chat(ScriptedEngine())
    await chat.begin()
    summary = "## Decisions\n- [0.9] Paint every second bell yellow\n- [0.2] Sell all the fish"

    notes = propose_from_summary(chat.session, chat.memory, summary)

    assert notes[0].startswith("New in the inbox: P001.")
    (proposal,) = chat.memory.overview().inbox
    assert proposal.text == "Paint every second bell yellow"
    assert proposal.source.startswith("a model's summary, conversation ")
    assert propose_from_summary(chat.session, chat.memory, summary) == ()
    await chat.close()


async def test_threads_and_solutions_are_kept(open_chat: OpenChat) -> None:
    """Something for later is open until the user says that it is solved, and by what."""
    engine = ScriptedEngine("Hm.", "The fix is to oil the rear chain first.", "Good.", "Good.")
    chat = open_chat(engine)
    await chat.begin()

    left = await chat.ask("TODO: why does the bell rattle?", quiet)
    await chat.ask("ChainError: the rear chain squeaks", quiet)
    done = await chat.ask("Thanks, that fixed it. The rattling bell: that is solved, too.", quiet)
    again = await chat.ask("It works now?", quiet)

    assert left.notes == ("Open as T001: TODO: why does the bell rattle?",)
    assert done.notes == (
        "Resolved: T001 TODO: why does the bell rattle?",
        "Kept for later: ChainError: the rear chain squeaks → "
        "The fix is to oil the rear chain first.",
    )
    assert again.notes == ()
    await chat.close()


def test_a_window_that_is_too_small_is_said(open_chat: OpenChat) -> None:
    with pytest.raises(ContextOverflowError, match="needs 1,024"):
        open_chat(ScriptedEngine(context_tokens=512))
