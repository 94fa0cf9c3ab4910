"""What is offered over a real connection, and edits that need no model."""

from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.actions.catalogue import KINDS
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.lsp.actions.bicycles import SHOP
from tests.lsp.conftest import Connect
from tests.support.acting import Actor, named, span

pytestmark = pytest.mark.process


async def test_what_a_server_offers_is_said_at_first(connect: Connect, shop: Path) -> None:
    """Kinds, that actions are resolved, and the command that runs them."""
    able = (await Actor(await connect()).hello(shop.parent)).capabilities

    offered = able.code_action_provider
    assert isinstance(offered, types.CodeActionOptions)
    assert list(offered.code_action_kinds or ()) == list(KINDS)
    assert offered.resolve_provider
    assert able.execute_command_provider is not None
    assert messages.RUN in able.execute_command_provider.commands


async def test_a_menu_has_what_fits_the_place(actor: Actor, shop: Path) -> None:
    """Each action that a model does has a command with all that it needs."""
    found = await actor.actions(shop, span(5))

    simplify = named(found, "refactor.simplify")
    assert simplify.title == "Simplify `repair`"
    assert simplify.disabled is None
    assert simplify.command is not None
    assert simplify.command.command == messages.RUN
    [arguments] = simplify.command.arguments or ()
    assert arguments == {
        "action": "refactor.simplify",
        "uri": shop.as_uri(),
        "version": 1,
        "range": {
            "start": {"line": 5, "character": 0},
            "end": {"line": 5, "character": 0},
        },
        "diagnostics": [],
        "instruction": "",
    }
    assert {"document", "test", "explain.code", "review", "refactor.instruct"} <= {
        each.data["action"] for each in found
    }


async def test_a_kind_stands_for_all_below_it(actor: Actor, shop: Path) -> None:
    found = await actor.actions(shop, span(5), only=["source"])

    kinds = {each.kind for each in found}
    assert kinds
    assert all(str(kind).startswith("source.") for kind in kinds)


async def test_a_fix_is_offered_for_each_diagnostic(actor: Actor, shop: Path) -> None:
    """Those of the cursor, each with the diagnostic itself."""
    here = types.Diagnostic(span(5, 5, 4, 10), "unused", severity=types.DiagnosticSeverity.Warning)
    there = types.Diagnostic(span(10, 10, 4, 9), "elsewhere")

    found = await actor.actions(shop, span(5, 5, 6, 6), diagnostics=[there, here])

    fix = named(found, "fix")
    assert (fix.title, fix.kind) == ("Fix: unused", "quickfix")
    assert fix.diagnostics == (here,) or fix.diagnostics == [here]
    assert named(found, "explain.diagnostic").title == "Explain: unused"


async def test_without_a_model_actions_say_why(connect: Connect, shop: Path) -> None:
    """They are disabled where the editor shows that, else they are left out."""
    able, simple = Actor(await connect()), Actor(await connect())
    await able.hello(shop.parent)
    code_action = types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(
            types.ClientCodeActionKindOptions([])
        )
    )
    await simple.hello(
        shop.parent, documents=types.TextDocumentClientCapabilities(code_action=code_action)
    )
    for each in (able, simple):
        each.open(shop)

    shown = await able.actions(shop, span(5))
    left = await simple.actions(shop, span(5))

    reason = named(shown, "refactor.simplify").disabled
    assert reason is not None
    assert "ownstack models use NAME" in reason.reason
    assert named(shown, "refactor.simplify").command is None
    assert [each for each in left if each.edit is None] == []


async def test_an_old_editor_is_offered_commands(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """It knows no actions that are more than a command; also those without a model."""
    actor = Actor(await connect())
    await actor.hello(shop.parent, documents=None)
    actor.open(shop)

    found = await actor.actions(shop, span(5))

    assert found
    assert all(isinstance(each, types.Command) for each in found)
    assert {each.command for each in found} == {messages.RUN}


async def test_actions_can_be_switched_off(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    actor = Actor(await connect())
    await actor.hello(shop.parent, settings={"actions": {"enabled": False}})
    actor.open(shop)

    assert await actor.actions(shop, span(5)) == []
    with pytest.raises(JsonRpcException, match="switched off in the settings"):
        await actor.edit(shop, span(5), "refactor.simplify")


async def test_an_action_without_a_model_is_resolved(connect: Connect, shop: Path) -> None:
    """Its edit names the version; another one of the document is refused."""
    actor = Actor(await connect())
    await actor.hello(shop.parent)
    actor.open(shop)
    found = await actor.actions(shop, span(0))

    resolved = await actor.editor.code_action_resolve_async(named(found, "removeUnusedImports"))
    actor.editor.type(types.Position(0, 0), "# ", shop.as_uri())
    with pytest.raises(JsonRpcException, match="has changed since"):
        await actor.editor.code_action_resolve_async(named(found, "removeUnusedImports"))

    assert resolved.edit is not None
    [change] = resolved.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    assert change.text_document == types.OptionalVersionedTextDocumentIdentifier(shop.as_uri(), 1)
    assert [edit.new_text for edit in change.edits if isinstance(edit, types.TextEdit)] == [""]


async def test_an_editor_that_resolves_nothing_has_the_edit_at_once(
    connect: Connect, shop: Path
) -> None:
    """As a plain list of edits, if it knows no versions."""
    actor = Actor(await connect())
    able = types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(
            types.ClientCodeActionKindOptions([])
        )
    )
    documents = types.TextDocumentClientCapabilities(code_action=able)
    await actor.hello(shop.parent, documents=documents, workspace=None)
    actor.open(shop)

    found = await actor.actions(shop, span(0), only=["source.removeUnusedImports"])

    [remove] = found
    assert remove.edit is not None
    assert list((remove.edit.changes or {}).keys()) == [shop.as_uri()]


async def test_an_edit_without_a_model_can_be_asked_for_as_well(
    connect: Connect, shop: Path
) -> None:
    """It says that none was needed."""
    actor = Actor(await connect())
    await actor.hello(shop.parent)
    actor.open(shop)

    made = await actor.edit(shop, span(0), "removeUnusedImports")
    await actor.accept()

    assert (made.tier, made.model, made.label) == (1, "", "Remove unused imports")
    assert actor.editing.text(shop) == SHOP.removeprefix("import os\n\n\n")
