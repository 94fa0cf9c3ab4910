"""What each message about tools of conversations does: convert, call, convert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownstack.app.chats.values import ChatState
from ownstack.lsp.chat_handlers import TROUBLE
from ownstack.lsp.chat_messages import ChatDone
from ownstack.lsp.handlers import refusing
from ownstack.lsp.tool_messages import (
    ChatAnswerParams,
    ChatApplyParams,
    ChatChangesParams,
    ChatChangesResult,
    ChatEdits,
    ChatRefuseParams,
    ChatRestoreCheckpointParams,
    ChatToolsParams,
)
from ownstack.lsp.window import WindowServer

if TYPE_CHECKING:
    from ownstack.app.chats.edit_list import EditList


async def answer(ls: WindowServer, params: ChatAnswerParams) -> ChatDone:
    with refusing(TROUBLE):
        (await ls.chats()).answer(params.session, params.approval, params.answer)
    return ChatDone()


async def changes(ls: WindowServer, params: ChatChangesParams) -> ChatChangesResult:
    with refusing(TROUBLE):
        found = await (await ls.chats()).edits.changes(params.session, params.edits)
    return ChatChangesResult(found)


async def apply(ls: WindowServer, params: ChatApplyParams) -> ChatEdits:
    with refusing(TROUBLE):
        edits = (await ls.chats()).edits
        return _edits(*await edits.apply(params.session, params.edits, params.hunks))


async def refuse(ls: WindowServer, params: ChatRefuseParams) -> ChatEdits:
    with refusing(TROUBLE):
        return _edits(*await (await ls.chats()).edits.refuse(params.session, params.edits))


async def restore_checkpoint(ls: WindowServer, params: ChatRestoreCheckpointParams) -> ChatEdits:
    with refusing(TROUBLE):
        edits = (await ls.chats()).edits
        restored = edits.restore(params.session, params.checkpoint, force=params.force)
        return _edits(*await restored)


async def set_tools(ls: WindowServer, params: ChatToolsParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).set_tools(params.session, params.tools)


def _edits(done: str, listed: EditList) -> ChatEdits:
    return ChatEdits([done], listed.edits, listed.checkpoints)
