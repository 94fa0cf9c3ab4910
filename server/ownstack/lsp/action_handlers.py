"""What each message about code actions does: convert, call, convert."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from ownstack.actions.catalogue import ACTIONS
from ownstack.errors import OwnstackError
from ownstack.lsp.action_convert import code_action, review_finding, said, text_range
from ownstack.lsp.action_messages import (
    RUN,
    ActionArguments,
    ActionQuestion,
    ActionQuestionParams,
    ActionRunResult,
    CommitMessageParams,
    CommitMessageResult,
    EditHunksParams,
    EditParams,
    ReviewClearParams,
    ReviewClearResult,
    ReviewParams,
    ReviewResult,
)
from ownstack.lsp.file_edits import workspace_edit
from ownstack.lsp.handlers import refused, refusing
from ownstack.lsp.progress import WorkBar, new_token
from ownstack.lsp.window import WindowServer, converter

if TYPE_CHECKING:
    from ownstack.actions.offers import Offer
    from ownstack.app.actions.making import Asked
    from ownstack.app.actions.values import EditProgressed, EditResult

log = logging.getLogger(__name__)

TROUBLE = "The action cannot be done"
MAX_SHOWN_CHARS = 4_000
"""Of an explanation in a message box; the answer of the request has all of it."""
_STAGES = {
    "waiting": "waiting for the model",
    "reading": "the model reads",
    "writing": "the model writes",
    "checking": "what it wrote is checked",
    "repairing": "the model mends what did not pass",
}


async def code_actions(
    ls: WindowServer, params: types.CodeActionParams
) -> list[types.CodeAction | types.Command] | None:
    """Answer with what fits the place; what goes wrong is logged, never shown."""
    context, uri = params.context, params.text_document.uri
    only = tuple(kind if isinstance(kind, str) else kind.value for kind in context.only or ())
    is_automatic = context.trigger_kind == types.CodeActionTriggerKind.Automatic
    try:
        place, found = await (await ls.actions()).offers(
            uri,
            text_range(params.range),
            said(context.diagnostics),
            only,
            automatic=is_automatic,
        )
        offered = []
        for offer in found:
            about = [] if offer.diagnostic is None else [context.diagnostics[offer.diagnostic]]
            version = None if place.kind == "cell" else place.version
            arguments = ActionArguments(offer.action, uri, version, params.range, about)
            made = await _offered(ls, offer, arguments)
            if made is not None:
                offered.append(made)
        return offered
    except OwnstackError as error:
        log.info("No action: %s", error)
    except Exception:
        log.exception("No action for %s", uri)
    return None


async def _offered(
    ls: WindowServer, offer: Offer, arguments: ActionArguments
) -> types.CodeAction | types.Command | None:
    """Return an action as this client can use it; None if it cannot."""
    able = _able(ls)
    data = converter().unstructure(arguments)
    if able.code_action_literal_support is None:
        return None if offer.disabled else types.Command(offer.title, RUN, arguments=[data])
    made = code_action(offer, arguments, data, runs_commands=ls.runs_commands)
    if offer.disabled:
        return made if able.disabled_support else None
    if made.command is not None:
        return made
    properties = able.resolve_support.properties if able.resolve_support is not None else ()
    if able.data_support and "edit" in properties:
        return made if ACTIONS[offer.action].is_edit else None
    if offer.tier > 1:
        return None
    made.data = None
    try:
        edit = await (await ls.actions()).transformed(_asked(arguments))
    except OwnstackError as error:
        log.info("Not offered: %s", error)
        return None
    made.edit = workspace_edit(ls, edit)
    return made


async def resolve(ls: WindowServer, action: types.CodeAction) -> types.CodeAction:
    """Add the edit to an action that has none, and that no command makes."""
    if action.command is not None or action.edit is not None or action.disabled is not None:
        return action
    with refusing(TROUBLE):
        asked = _asked(_arguments(action.data))
        known = next((each for id, each in ACTIONS.items() if id == asked.action), None)
        is_slow = known is not None and known.tier > 1
        with WorkBar(ls, await new_token(ls) if is_slow else None, action.title) as bar:
            made = await (await ls.actions()).resolved(asked, _moves(bar))
    action.edit = workspace_edit(ls, made)
    return action


async def run(ls: WindowServer, arguments: ActionArguments) -> ActionRunResult:
    """Do all of an action; the editor's progress bar, or cancelling the request, ends it."""
    with refusing(TROUBLE), WorkBar(ls, await new_token(ls), "Ownstack") as bar:
        done = await (await ls.actions()).run(_asked(arguments), _moves(bar))
    if not done.applied:
        shown = types.ShowMessageParams(types.MessageType.Info, done.text[:MAX_SHOWN_CHARS])
        ls.window_show_message(shown)
    return ActionRunResult(done.text, done.applied)


async def edit(ls: WindowServer, params: EditParams) -> EditResult:
    """Make an edit, and tell how far it is; cancelling the request ends it."""
    with refusing(TROUBLE):
        return await (await ls.actions()).edit(_asked(params))


async def accept(ls: WindowServer, params: EditHunksParams) -> EditResult:
    with refusing(TROUBLE):
        return await (await ls.actions()).accept(params.id, params.hunks)


async def reject(ls: WindowServer, params: EditHunksParams) -> EditResult:
    with refusing(TROUBLE):
        return await (await ls.actions()).reject(params.id, params.hunks)


async def question(ls: WindowServer, params: ActionQuestionParams) -> ActionQuestion:
    with refusing(TROUBLE):
        actions = await ls.actions()
        where, told = text_range(params.range), said(params.diagnostics)
        return ActionQuestion(*await actions.question(params.action, params.uri, where, told))


async def review(ls: WindowServer, params: ReviewParams) -> ReviewResult:
    where = None if params.range is None else text_range(params.range)
    with refusing(TROUBLE):
        actions = await ls.actions()
        made = await actions.review(params.id, params.uri, where, params.diff, params.folder)
    return ReviewResult([review_finding(each) for each in made.found], made.model, made.reason)


async def clear_review(ls: WindowServer, params: ReviewClearParams) -> ReviewClearResult:
    (await ls.actions()).clear_review(params.uri)
    return ReviewClearResult()


async def commit_message(ls: WindowServer, params: CommitMessageParams) -> CommitMessageResult:
    with refusing(TROUBLE):
        actions = await ls.actions()
        return CommitMessageResult(*await actions.commit_message(params.folder, params.why))


def _asked(params: ActionArguments | EditParams) -> Asked:
    from ownstack.app.actions.making import Asked

    return Asked(
        params.id if isinstance(params, EditParams) else str(uuid.uuid4()),
        params.action,
        params.uri,
        text_range(params.range),
        params.version,
        params.instruction,
        said(params.diagnostics),
        params.run_tests if isinstance(params, EditParams) else None,
    )


def _arguments(data: Any) -> ActionArguments:
    try:
        return converter().structure(data, ActionArguments)
    except Exception as error:
        raise refused("This action is none of ours.") from error


def _moves(bar: WorkBar) -> Callable[[EditProgressed], None]:
    """Return what has a progress bar say how far an edit is."""

    def tell(news: EditProgressed) -> None:
        again = f" (round {news.round})" if news.round > 1 else ""
        is_known = news.stage == "reading" and news.total > 0
        percentage = min(100, 100 * news.done // news.total) if is_known else None
        bar.say(f"{_STAGES[news.stage]}{again}", percentage)

    return tell


def _able(ls: WindowServer) -> types.CodeActionClientCapabilities:
    """Return what the client says that it can do with code actions."""
    documents = ls.client_capabilities.text_document
    able = None if documents is None else documents.code_action
    return able or types.CodeActionClientCapabilities()
