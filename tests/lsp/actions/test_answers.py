"""Explanations, reviews and messages: what is said of code, and shown beside it."""

import json
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.window_actions import BLANKED
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.lsp.actions.bicycles import SHOP, window
from tests.lsp.conftest import Connect
from tests.support.acting import named, span, until
from tests.support.repository import git, make_repository

pytestmark = pytest.mark.process


def finding(line: int = 6, code: str = "mended = bike.mend()", **more: Any) -> dict[str, Any]:
    about = {"file": "shop.py", "line": line, "code": code, "end_line": line}
    said = {"severity": "warning", "title": "It may be None.", "detail": "Check it."}
    return about | said | more


def review(*findings: dict[str, Any]) -> str:
    return json.dumps({"findings": list(findings)})


@pytest.fixture
def repository(shop: Path) -> Path:
    """A repository in which the shop is committed, and changed since."""
    make_repository(shop.parent)
    shop.write_text(SHOP.replace("mended = bike.mend()", "mended = bike.mend(1)"), "utf-8")
    return shop.parent


async def test_an_explanation_is_answered_and_shown(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """In an editor without a chat of ours."""
    actor = await window(connect, shop)
    model.enqueue("It mends a bicycle.")

    found = await actor.actions(shop, span(5))
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
        span(5, 5, 4, 10),
        "may be None",
        severity=types.DiagnosticSeverity.Warning,
        source="checker",
    )

    code = await actor.request(
        messages.QUESTION, messages.ActionQuestionParams(shop.as_uri(), span(5), "explain.code")
    )
    fault = await actor.request(
        messages.QUESTION,
        messages.ActionQuestionParams(shop.as_uri(), span(5), "explain.diagnostic", [diagnostic]),
    )

    assert "Explain `repair`" in code.text
    assert code.editor.selection is not None
    assert (code.editor.selection.start_line, code.editor.selection.end_line) == (4, 7)
    assert "may be None" in fault.text
    assert [(each.line, each.severity) for each in fault.editor.diagnostics] == [(6, "warning")]
    assert model.chats == []
    for action, why in (("explain.diagnostic", "No diagnostic"), ("fix", "explains nothing")):
        params = messages.ActionQuestionParams(shop.as_uri(), span(5), action)
        with pytest.raises(JsonRpcException, match=why):
            await actor.request(messages.QUESTION, params)


async def test_what_a_review_finds_is_shown_as_diagnostics(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """Until it is cleared; what the model made up is left out."""
    actor = await window(connect, shop)
    model.enqueue(review(finding(), finding(line=5, code="not there")))

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
    assert shown.range == found.findings[0].range == span(5, 6)
    assert shown.message == "It may be None.\nCheck it."


async def test_a_review_is_run_by_its_command_as_well(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(review(finding()))

    found = await actor.actions(shop, span(5))
    done = await actor.run(named(found, "review"))

    assert done == {"text": "Findings: 1.", "applied": False}
    await until(lambda: bool(actor.editor.diagnostics.get(shop.as_uri())))


async def test_changes_are_reviewed(
    connect: Connect, shop: Path, repository: Path, model: ScriptedEngine
) -> None:
    actor = await window(connect, shop)
    model.enqueue(review(finding(code="mended = bike.mend(1)")))

    found = await actor.request(messages.REVIEW, messages.ReviewParams("r1", diff="working"))

    assert [(each.uri, each.range.start.line) for each in found.findings] == [(shop.as_uri(), 5)]
    for diff, why in (("staged", "Nothing is changed"), ("--output=x", "no range of commits")):
        with pytest.raises(JsonRpcException, match=why):
            await actor.request(messages.REVIEW, messages.ReviewParams("r2", diff=diff))
    (shop.parent / "link").symlink_to("/")
    for folder in ("file:///elsewhere", (shop.parent / "link").as_uri()):
        params = messages.ReviewParams("r3", diff="working", folder=folder)
        with pytest.raises(JsonRpcException, match="in no folder of this workspace"):
            await actor.request(messages.REVIEW, params)


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


async def test_an_untrusted_workspace_has_no_actions_of_a_model(
    connect: Connect, shop: Path, repository: Path, model: ScriptedEngine
) -> None:
    """They say why; those without a model are there."""
    actor = await window(connect, shop, trusted=False)

    found = await actor.actions(shop, span(0, 7))
    done = await actor.edit(shop, span(0), "removeUnusedImports")

    reason = named(found, "refactor.simplify").disabled
    assert reason is not None
    assert "not trusted" in reason.reason
    assert named(found, "removeUnusedImports").disabled is None
    assert done.files
    uri = shop.as_uri()
    for method, params in (
        (messages.EDIT, messages.EditParams("e2", uri, None, span(5), "refactor.simplify")),
        (messages.REVIEW, messages.ReviewParams("r1", uri)),
        (messages.COMMIT_MESSAGE, messages.CommitMessageParams()),
    ):
        with pytest.raises(JsonRpcException, match="not trusted"):
            await actor.request(method, params)
    assert model.chats == []
