"""What each message about conversations does: convert, call the window's conversations, convert."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ownstack.app.chats.memory_values import ChatMemory, shown
from ownstack.app.chats.values import (
    ChatCompacted,
    ChatContext,
    ChatDecision,
    ChatPattern,
    ChatRecalled,
    ChatSession,
    ChatState,
    ChatTurnChanged,
)
from ownstack.lsp.chat_messages import (
    ChatAcceptParams,
    ChatAskParams,
    ChatCompactParams,
    ChatDone,
    ChatExportParams,
    ChatExportResult,
    ChatMemoryChange,
    ChatMentionsParams,
    ChatMentionsResult,
    ChatOpenParams,
    ChatQuestionParams,
    ChatRecallParams,
    ChatRecallResult,
    ChatRejectParams,
    ChatRenameParams,
    ChatRestoreParams,
    ChatSessionParams,
    ChatSessionsParams,
    ChatSessionsResult,
    ChatStopResult,
    ChatTextParams,
    ChatTurnsParams,
    ChatTurnsResult,
    ChatUnpinParams,
    ChatWithdrawResult,
)
from ownstack.lsp.handlers import refused, refusing
from ownstack.lsp.window import WindowServer

if TYPE_CHECKING:
    from ownstack.memory.entries.project_memory import Choice
    from ownstack.memory.recollection import Recollection

TROUBLE = "The conversation cannot be kept"


async def sessions(ls: WindowServer, params: ChatSessionsParams) -> ChatSessionsResult:
    with refusing(TROUBLE):
        found = await (await ls.chats()).sessions(params.query, params.folder, params.limit)
    return ChatSessionsResult(found, ls.host.chats.log.recall.problem)


async def open_chat(ls: WindowServer, params: ChatOpenParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).open(params.session, params.folder)


async def turns(ls: WindowServer, params: ChatTurnsParams) -> ChatTurnsResult:
    with refusing(TROUBLE):
        page, cards = await (await ls.chats()).turns(params.session, params.before, params.limit)
    return ChatTurnsResult(page.turns, page.earlier, cards)


async def close(ls: WindowServer, params: ChatSessionParams) -> ChatDone:
    (await ls.chats()).leave(params.session)
    return ChatDone()


async def rename(ls: WindowServer, params: ChatRenameParams) -> ChatSession:
    with refusing(TROUBLE):
        return await (await ls.chats()).rename(params.session, params.title)


async def delete(ls: WindowServer, params: ChatSessionParams) -> ChatDone:
    with refusing(TROUBLE):
        await (await ls.chats()).delete(params.session)
    return ChatDone()


async def export(ls: WindowServer, params: ChatExportParams) -> ChatExportResult:
    with refusing(TROUBLE):
        return ChatExportResult(*await (await ls.chats()).export(params.session, params.format))


async def ask(ls: WindowServer, params: ChatAskParams) -> ChatTurnChanged:
    """Answer a question; cancelling the request ends the waiting alone."""
    with refusing(TROUBLE):
        return await (await ls.chats()).ask(
            params.session, params.text, params.question, params.editor, params.replaces
        )


async def stop(ls: WindowServer, params: ChatSessionParams) -> ChatStopResult:
    with refusing(TROUBLE):
        return ChatStopResult((await ls.chats()).stop(params.session))


async def withdraw(ls: WindowServer, params: ChatQuestionParams) -> ChatWithdrawResult:
    with refusing(TROUBLE):
        return ChatWithdrawResult((await ls.chats()).withdraw(params.session, params.question))


async def restore(ls: WindowServer, params: ChatRestoreParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).restore(params.session, params.turn)


async def compact(ls: WindowServer, params: ChatCompactParams) -> ChatCompacted:
    with refusing(TROUBLE):
        return await (await ls.chats()).compact(params.session, params.focus)


async def undo(ls: WindowServer, params: ChatSessionParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).undo(params.session)


async def edit_summary(ls: WindowServer, params: ChatTextParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).edit_summary(params.session, params.text)


async def pin(ls: WindowServer, params: ChatTextParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).pin(params.session, params.text)


async def unpin(ls: WindowServer, params: ChatUnpinParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).unpin(params.session, params.event)


async def clear(ls: WindowServer, params: ChatSessionParams) -> ChatState:
    with refusing(TROUBLE):
        return await (await ls.chats()).clear(params.session)


async def context(ls: WindowServer, params: ChatSessionParams) -> ChatContext | None:
    with refusing(TROUBLE):
        return await (await ls.chats()).chat(params.session).context()


async def recall(ls: WindowServer, params: ChatRecallParams) -> ChatRecallResult:
    with refusing(TROUBLE):
        found, reason = await (await ls.chats()).recall(params.session, params.query, params.limit)
    return _recalled(found, reason)


async def memory(ls: WindowServer, params: ChatSessionParams) -> ChatMemory:
    with refusing(TROUBLE):
        return shown((await (await ls.chats()).memory(params.session))[1])


async def accept(ls: WindowServer, params: ChatAcceptParams) -> ChatMemoryChange:
    if params.choice not in ("", "replace", "both"):
        raise refused("What contradicts it is replaced, or both are kept: say replace or both.")
    choice = cast("Choice", params.choice)
    with refusing(TROUBLE):
        done, overview = await (await ls.chats()).memory(
            params.session, lambda memory: memory.accept(params.name, None, choice)
        )
    return ChatMemoryChange(done, shown(overview))


async def reject(ls: WindowServer, params: ChatRejectParams) -> ChatMemoryChange:
    with refusing(TROUBLE):
        done, overview = await (await ls.chats()).memory(
            params.session, lambda memory: memory.reject(params.name)
        )
    return ChatMemoryChange(done, shown(overview))


async def mentions(ls: WindowServer, params: ChatMentionsParams) -> ChatMentionsResult:
    with refusing(TROUBLE):
        found = await (await ls.chats()).mentions(params.query, params.folder, params.limit)
    return ChatMentionsResult(found, ls.session.indexes.missing())


def _recalled(found: Recollection, reason: str) -> ChatRecallResult:
    return ChatRecallResult(
        [
            ChatDecision(decision.name, decision.text, decision.rationale, decision.tier)
            for decision in found.decisions
        ],
        [ChatPattern(pattern.problem, pattern.solution) for pattern in found.patterns],
        [
            ChatRecalled(turn.session, turn.turn, turn.kind, turn.at, turn.text)
            for turn in found.turns
        ],
        reason,
    )
