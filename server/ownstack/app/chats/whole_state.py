"""All that is needed to show a conversation, put together for one window."""

from __future__ import annotations

import asyncio

from ownstack.app.background import Beside
from ownstack.app.chats import turns
from ownstack.app.chats.asker import Asker
from ownstack.app.chats.questions import Questions
from ownstack.app.chats.values import ChatModel, ChatSession, ChatState


async def whole_state(
    opened: Questions,
    window: Asker,
    info: ChatSession,
    model: ChatModel,
    beside: Beside,
    *,
    trusted: bool,
    has_folder: bool,
) -> ChatState:
    """Return the state of a conversation; `has_folder`: the window has its folder open."""
    chat = opened.chat
    page = await beside.run(chat.page)
    conversation = await asyncio.to_thread(chat.conversation)
    listed = await chat.edit_list(window)
    newest = list(page.turns)
    running = chat.running
    if running is not None:
        so_far = running.so_far()
        newest = [*(turn for turn in newest if turn.turn != so_far.turn), so_far]
    _, restriction = window.readable(chat.root)
    problems = (
        restriction,
        window.missing(),
        *chat.problems,
        *chat.tools.equipment.problems,
    )
    first = page.turns[0].turn if page.turns and page.earlier else 0
    return ChatState(
        session=info,
        folder=chat.root.as_uri() if has_folder else "",
        trusted=trusted,
        turns=newest,
        earlier=page.earlier,
        compactions=turns.cards(conversation, chat.notes_of, first),
        pins=turns.pins(conversation),
        waiting=opened.shown(),
        progress=None if running is None else running.progress,
        model=model,
        context=await chat.context(),
        problems=list(filter(None, problems)),
        approvals=chat.tools.approvals.waiting,
        edits=listed.edits,
        checkpoints=listed.checkpoints,
        tools=chat.tools.use,
        has_tools=not restriction and await chat.gives_tools(),
    )
