"""Edits that a server does whole, by a command: it asks a person to confirm them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.lsp.actions.bicycles import SHOP, SIMPLER, window
from tests.lsp.conftest import Connect
from tests.support.acting import named, span, until
from tests.support.editing_editor import ABLE
from tests.support.editor import PATIENCE_S

pytestmark = pytest.mark.process
ASKS = types.WorkspaceClientCapabilities(
    apply_edit=True,
    workspace_edit=types.WorkspaceEditClientCapabilities(
        document_changes=True,
        change_annotation_support=types.ChangeAnnotationsSupportOptions(),
    ),
)


async def test_a_person_is_asked_before_an_edit_is_applied(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Where the editor can do so: it is told what was checked."""
    actor = await window(connect, shop, workspace=ASKS, progress=True)
    model.enqueue(SIMPLER)

    found = await actor.actions(shop, span(5))
    done = await actor.run(named(found, "refactor.simplify"))

    [asked] = actor.editing.asked
    [(id, annotation)] = (asked.edit.change_annotations or {}).items()
    assert annotation.needs_confirmation
    assert annotation.label == asked.label == "Simplify `repair`"
    assert "✓ syntax" in (annotation.description or "")
    [change] = asked.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 1
    [edit] = change.edits
    assert isinstance(edit, types.AnnotatedTextEdit)
    assert edit.annotation_id == id
    assert done["applied"]
    assert "✓ syntax" in done["text"]
    assert "return bike.mend()" in actor.editing.text(shop)


async def test_progress_is_shown_and_can_be_cancelled(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """The editor's own cancel button ends the model's work; nothing is edited."""
    actor = await window(connect, shop, workspace=ABLE, progress=True)
    model.enqueue(SIMPLER, gate=asyncio.Event())
    found = await actor.actions(shop, span(5))
    simplify = named(found, "refactor.simplify")

    running = asyncio.ensure_future(actor.run(simplify))
    await actor.asks(model)
    token, reports = next(
        (token, reports)
        for token, reports in actor.editor.progress_reports.items()
        if any(getattr(each, "title", "") == "Ownstack" for each in reports)
    )
    actor.editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    with pytest.raises(JsonRpcRequestCancelled):
        await running
    await until(lambda: isinstance(reports[-1], types.WorkDoneProgressEnd))

    assert reports[0] == types.WorkDoneProgressBegin(
        title="Ownstack", cancellable=True, percentage=0
    )
    assert model.streams[0].cancelled
    assert actor.editing.asked == []
    assert actor.editing.text(shop) == SHOP


async def test_a_command_that_is_cancelled_ends_the_model(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Also by the request itself."""
    actor = await window(connect, shop, workspace=ABLE)
    model.enqueue(SIMPLER, gate=asyncio.Event())
    simplify = named(await actor.actions(shop, span(5)), "refactor.simplify")
    sent = {"command": messages.RUN, "arguments": [simplify.data]}

    answer = actor.editor.send_request(types.WORKSPACE_EXECUTE_COMMAND, sent, "run")
    await actor.asks(model)
    actor.editor.send({"method": "$/cancelRequest", "params": {"id": "run"}})
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE_S)
    await until(lambda: model.streams[0].cancelled)

    assert actor.editing.asked == []


async def test_a_person_who_declines_keeps_the_file(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop, workspace=ASKS)
    actor.editing.refuses = "declined"
    model.enqueue(SIMPLER)
    found = await actor.actions(shop, span(5))

    with pytest.raises(JsonRpcException, match="The editor did not do it: declined"):
        await actor.run(named(found, "refactor.simplify"))

    assert actor.editing.text(shop) == SHOP


async def test_an_editor_that_runs_no_commands_resolves_edits_of_a_model(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """It says so at first; what is no edit is then left out."""
    actor = await window(connect, shop, commands=False)
    model.enqueue(SIMPLER)

    found = await actor.actions(shop, span(5))
    simplify = named(found, "refactor.simplify")
    resolved = await actor.editor.code_action_resolve_async(simplify)

    assert simplify.command is None
    assert {"explain.code", "review"}.isdisjoint(each.data["action"] for each in found)
    assert resolved.edit is not None
    [change] = resolved.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document.version == 1
    assert [edit.new_text for edit in change.edits if isinstance(edit, types.TextEdit)] == [
        "    return bike.mend()\n"
    ]


async def test_an_action_with_a_command_is_resolved_as_it_is(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Editors that resolve everything ask no model by that."""
    actor = await window(connect, shop)
    simplify = named(await actor.actions(shop, span(5)), "refactor.simplify")

    resolved = await actor.editor.code_action_resolve_async(simplify)

    assert (resolved.edit, resolved.command) == (None, simplify.command)
    assert model.chats == []


@pytest.mark.parametrize("data", [None, 1, "x", {}, {"action": "fix"}, {"action": 1}], ids=str)
async def test_an_action_that_is_none_of_ours_is_refused(
    connect: Connect, shop: Path, model: ScriptedEngine, data: Any
) -> None:
    actor = await window(connect, shop)

    with pytest.raises(JsonRpcException, match="none of ours"):
        await actor.editor.code_action_resolve_async(types.CodeAction("x", data=data))


async def test_an_instruction_has_to_be_given(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    found = await actor.actions(shop, span(5))

    with pytest.raises(JsonRpcException, match="There is no instruction"):
        await actor.run(named(found, "refactor.instruct"))


async def test_trust_that_is_withdrawn_keeps_edits_of_a_model_from_files(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(SIMPLER)
    await actor.edit(shop, span(5), "refactor.simplify")

    actor.editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"trusted": False})
    )
    with pytest.raises(JsonRpcException, match="not trusted"):
        await actor.accept()

    assert actor.editing.text(shop) == SHOP
