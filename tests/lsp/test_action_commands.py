"""Actions that a server does whole: edits it asks to confirm, explanations, reviews, messages."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.app.window_actions import BLANKED
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.support.acting import Actor, named, span, until
from tests.support.editing_editor import ABLE
from tests.support.editor import PATIENCE_S

from .conftest import Connect

pytestmark = pytest.mark.process

SHOP = '''def repair(bike):
    """Mend a bicycle."""
    mended = bike.mend()
    return mended
'''
SIMPLER = '''```python
def repair(bike):
    """Mend a bicycle."""
    return bike.mend()
```'''
ASKS = types.WorkspaceClientCapabilities(
    apply_edit=True,
    workspace_edit=types.WorkspaceEditClientCapabilities(
        document_changes=True,
        change_annotation_support=types.ChangeAnnotationsSupportOptions(),
    ),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    file = folder / "shop.py"
    file.write_text(SHOP, "utf-8")
    return file


async def window(connect: Connect, shop: Path, **more: Any) -> Actor:
    actor = Actor(await connect())
    await actor.hello(shop.parent, **more)
    actor.open(shop)
    return actor


def finding(line: int = 3, code: str = "mended = bike.mend()", **more: Any) -> dict[str, Any]:
    about = {"file": "shop.py", "line": line, "code": code, "end_line": line}
    said = {"severity": "warning", "title": "It may be None.", "detail": "Check it."}
    return about | said | more


def review(*findings: dict[str, Any]) -> str:
    return json.dumps({"findings": list(findings)})


# Edits --------------------------------------------------------------------------------------


async def test_a_person_is_asked_before_an_edit_is_applied(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Where the editor can do so: it is told what was checked."""
    actor = await window(connect, shop, workspace=ASKS, progress=True)
    model.enqueue(SIMPLER)

    found = await actor.actions(shop, span(2))
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
    found = await actor.actions(shop, span(2))
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
    simplify = named(await actor.actions(shop, span(2)), "refactor.simplify")
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
    found = await actor.actions(shop, span(2))

    with pytest.raises(JsonRpcException, match="The editor did not do it: declined"):
        await actor.run(named(found, "refactor.simplify"))

    assert actor.editing.text(shop) == SHOP


async def test_an_editor_that_runs_no_commands_resolves_edits_of_a_model(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """It says so at first; what is no edit is then left out."""
    actor = await window(connect, shop, commands=False)
    model.enqueue(SIMPLER)

    found = await actor.actions(shop, span(2))
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
    simplify = named(await actor.actions(shop, span(2)), "refactor.simplify")

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
    found = await actor.actions(shop, span(2))

    with pytest.raises(JsonRpcException, match="There is no instruction"):
        await actor.run(named(found, "refactor.instruct"))


# Explanations -------------------------------------------------------------------------------


async def test_an_explanation_is_answered_and_shown(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """In an editor without a chat of ours."""
    actor = await window(connect, shop)
    model.enqueue("It mends a bicycle.")

    found = await actor.actions(shop, span(2))
    done = await actor.run(named(found, "explain.code"))

    assert done == {"text": "It mends a bicycle.", "applied": False}
    await until(lambda: bool(actor.editor.messages))
    assert actor.editor.messages[-1].message == "It mends a bicycle."
    assert "mended = bike.mend()" in model.chats[0].messages[-1].text


async def test_an_explanation_is_a_question_of_a_conversation(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """So that it can be asked on: it names the lines, and the editor's state has them."""
    actor = await window(connect, shop)
    diagnostic = types.Diagnostic(
        span(2, 2, 4, 10),
        "may be None",
        severity=types.DiagnosticSeverity.Warning,
        source="checker",
    )

    code = await actor.request(
        messages.QUESTION, messages.ActionQuestionParams(shop.as_uri(), span(2), "explain.code")
    )
    fault = await actor.request(
        messages.QUESTION,
        messages.ActionQuestionParams(shop.as_uri(), span(2), "explain.diagnostic", [diagnostic]),
    )

    assert "Explain `repair`" in code.text
    assert code.editor.selection is not None
    assert (code.editor.selection.start_line, code.editor.selection.end_line) == (1, 4)
    assert "may be None" in fault.text
    assert [(each.line, each.severity) for each in fault.editor.diagnostics] == [(3, "warning")]
    assert model.chats == []
    for action, why in (("explain.diagnostic", "No diagnostic"), ("fix", "explains nothing")):
        params = messages.ActionQuestionParams(shop.as_uri(), span(2), action)
        with pytest.raises(JsonRpcException, match=why):
            await actor.request(messages.QUESTION, params)


# Reviews ------------------------------------------------------------------------------------


async def test_what_a_review_finds_is_shown_as_diagnostics(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Until it is cleared; what the model made up is left out."""
    actor = await window(connect, shop)
    model.enqueue(review(finding(), finding(line=2, code="not there")))

    params = messages.ReviewParams("r1", shop.as_uri())
    found = await actor.request(messages.REVIEW, params)
    await until(lambda: bool(actor.editor.diagnostics.get(shop.as_uri())))
    [shown] = actor.editor.diagnostics[shop.as_uri()]
    await actor.request(messages.CLEAR_REVIEW, messages.ReviewClearParams())
    await until(lambda: not actor.editor.diagnostics[shop.as_uri()])

    assert [(each.uri, each.severity, each.title) for each in found.findings] == [
        (shop.as_uri(), "warning", "It may be None.")
    ]
    assert found.model == "talker"
    assert (shown.source, shown.severity) == (
        "ownstack review",
        types.DiagnosticSeverity.Warning,
    )
    assert shown.range == found.findings[0].range == span(2, 3)
    assert shown.message == "It may be None.\nCheck it."


async def test_a_review_is_run_by_its_command_as_well(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(review(finding()))

    found = await actor.actions(shop, span(2))
    done = await actor.run(named(found, "review"))

    assert done == {"text": "Findings: 1.", "applied": False}
    await until(lambda: bool(actor.editor.diagnostics.get(shop.as_uri())))


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(shop: Path) -> Path:
    """A repository in which the shop is committed, and changed since."""
    git(shop.parent, "init", "-q")
    git(shop.parent, "add", ".")
    git(shop.parent, "commit", "-qm", "Open the shop")
    shop.write_text(SHOP.replace("mended = bike.mend()", "mended = bike.mend(1)"), "utf-8")
    return shop.parent


async def test_changes_are_reviewed(
    connect: Connect, shop: Path, repository: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(review(finding(code="mended = bike.mend(1)")))

    found = await actor.request(messages.REVIEW, messages.ReviewParams("r1", diff="working"))

    assert [(each.uri, each.range.start.line) for each in found.findings] == [(shop.as_uri(), 2)]
    for diff, why in (("staged", "Nothing is changed"), ("--output=x", "no range of commits")):
        with pytest.raises(JsonRpcException, match=why):
            await actor.request(messages.REVIEW, messages.ReviewParams("r2", diff=diff))
    (shop.parent / "link").symlink_to("/")
    for folder in ("file:///elsewhere", (shop.parent / "link").as_uri()):
        params = messages.ReviewParams("r3", diff="working", folder=folder)
        with pytest.raises(JsonRpcException, match="in no folder of this workspace"):
            await actor.request(messages.REVIEW, params)


# Commit messages ----------------------------------------------------------------------------


async def test_a_message_is_written_for_what_is_changed(
    connect: Connect, shop: Path, repository: Path, model: ScriptedEngine
) -> None:
    """Nothing is committed; it says whether something is staged."""
    actor = await window(connect, shop)
    answer = json.dumps({"subject": "Mend once", "body": []})
    model.enqueue(answer)
    model.enqueue(answer)

    first = await actor.request(
        messages.COMMIT_MESSAGE, messages.CommitMessageParams(why="for speed")
    )
    shop.write_text(f"{SHOP}\nAWS_KEY = 'AKIAQ3EGRTN5CDXVZ2LM'\n", "utf-8")
    git(repository, "add", ".")
    second = await actor.request(messages.COMMIT_MESSAGE, messages.CommitMessageParams())

    assert first == messages.CommitMessageResult("Mend once", False, "")
    assert (second.is_staged, second.reason) == (True, BLANKED)
    assert "for speed" in model.chats[0].messages[-1].text
    assert "AKIAQ3EGRTN5CDXVZ2LM" not in model.chats[1].messages[-1].text


# Restricted ---------------------------------------------------------------------------------


async def test_an_untrusted_workspace_has_no_actions_of_a_model(
    connect: Connect, shop: Path, repository: Path, model: ScriptedEngine
) -> None:
    """They say why; those without a model are there."""
    shop.write_text(f"import os\n{SHOP}", "utf-8")
    actor = await window(connect, shop, trusted=False)

    found = await actor.actions(shop, span(0, 4))
    done = await actor.edit(shop, span(0), "removeUnusedImports")

    reason = named(found, "refactor.simplify").disabled
    assert reason is not None
    assert "not trusted" in reason.reason
    assert named(found, "removeUnusedImports").disabled is None
    assert done.files
    uri = shop.as_uri()
    for method, params in (
        (messages.EDIT, messages.EditParams("e2", uri, None, span(2), "refactor.simplify")),
        (messages.REVIEW, messages.ReviewParams("r1", uri)),
        (messages.COMMIT_MESSAGE, messages.CommitMessageParams()),
    ):
        with pytest.raises(JsonRpcException, match="not trusted"):
            await actor.request(method, params)
    assert model.chats == []


async def test_trust_that_is_withdrawn_keeps_edits_of_a_model_from_files(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(SIMPLER)
    await actor.edit(shop, span(2), "refactor.simplify")

    actor.editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"trusted": False})
    )
    with pytest.raises(JsonRpcException, match="not trusted"):
        await actor.accept()

    assert actor.editing.text(shop) == SHOP
