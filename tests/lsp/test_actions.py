"""Code actions over a real connection: offered, made by a scripted model, accepted by hunks."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.actions.catalogue import KINDS
from ownstack.app import window_actions
from ownstack.app.actions import pending
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from ownstack.text import LineIndex
from tests.support.acting import Actor, named, span, until
from tests.support.editor import PATIENCE_S

from .conftest import Connect

pytestmark = pytest.mark.process

SHOP = '''import os


def repair(bike):
    """Mend a bicycle."""
    mended = bike.mend()
    return mended


def sell(bike):
    price = bike.price
    bike.owner = None
    return price
'''
SIMPLER = '''```python
def repair(bike):
    """Mend a bicycle."""
    return bike.mend()
```'''
DEAR = """```python
def sell(bike):
    amount = bike.price
    bike.owner = None
    return amount
```"""


@pytest.fixture
async def actor(connect: Connect, shop: Path, model: ScriptedEngine) -> Actor:
    """A window on the shop, whose editor can all that editors can."""
    made = Actor(await connect())
    await made.hello(shop.parent)
    made.open(shop)
    return made


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    file = folder / "shop.py"
    file.write_bytes(SHOP.encode())
    return file


# Offers -------------------------------------------------------------------------------------


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


# Without a model ----------------------------------------------------------------------------


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


# Edits --------------------------------------------------------------------------------------


async def test_an_edit_is_made_shown_accepted_and_undone(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """Nothing is touched before it is accepted; undone, the bytes are the same."""
    model.enqueue(SIMPLER)

    made = await actor.edit(shop, span(5), "refactor.simplify")
    untouched = (actor.editing.text(shop), list(actor.editing.asked))
    left = await actor.accept()

    assert (made.tier, made.model, made.rounds, made.drafts) == (2, "talker", 1, 1)
    assert made.label == "Simplify `repair`"
    assert ("syntax", "passed") in [(check.name, check.state) for check in made.checks]
    [file] = made.files
    assert (file.path, file.uri, file.before) == ("shop.py", shop.as_uri(), SHOP)
    [hunk] = file.hunks
    assert (hunk.index, hunk.start_line, hunk.after) == (0, 6, "    return bike.mend()\n")
    assert untouched == (SHOP, [])
    assert left.files == []
    after = actor.editing.text(shop)
    assert after == file.after
    assert "    return bike.mend()\n" in after
    [asked] = actor.editing.asked
    assert asked.label == "Simplify `repair`"
    assert undone(asked, SHOP, after) == SHOP
    with pytest.raises(JsonRpcException, match="does not wait any more"):
        await actor.accept()


async def test_progress_says_what_is_written(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """The lines as they would stand, without what models write around them."""
    gate = asyncio.Event()
    model.enqueue(
        ["Here:\n```python\ndef repair(bike):\n", "    return 1\n```"], gate=gate, gate_at=1
    )

    asked = actor.begin(
        messages.EDIT,
        messages.EditParams("e1", shop.as_uri(), 1, span(5), "refactor.simplify"),
    )
    told = await actor.told(lambda news: bool(news.text))
    gate.set()
    await asked

    assert (told.id, told.stage, told.text) == ("e1", "writing", "def repair(bike):")
    assert (told.start_line, told.end_line) == (4, 7)


async def test_hunks_are_accepted_and_rejected_one_by_one(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """What is left is numbered anew, in the file as it is then."""
    model.enqueue(DEAR)

    made = await actor.edit(shop, span(10), "refactor.instruct", instruction="Say amount.")
    kept = await actor.accept(hunks=[1])
    after = actor.editing.text(shop)
    none = await actor.reject(hunks=[0])

    assert made.label == "Say amount."
    assert [hunk.index for hunk in made.files[0].hunks] == [0, 1]
    assert after == SHOP.replace("return price", "return amount")
    [file] = kept.files
    assert file.before == after
    assert [(hunk.index, hunk.after) for hunk in file.hunks] == [(0, "    amount = bike.price\n")]
    assert none.files == []
    assert actor.editing.text(shop) == after


@pytest.mark.parametrize("hunks", [[], [2], [-1], [0, 5]], ids=str)
async def test_hunks_that_are_not_there_are_refused(
    actor: Actor, shop: Path, model: ScriptedEngine, hunks: list[int]
) -> None:
    model.enqueue(DEAR)
    await actor.edit(shop, span(10), "refactor.instruct", instruction="Say amount.")

    with pytest.raises(JsonRpcException, match="has 2 hunks, numbered from 0"):
        await actor.accept(hunks=hunks)

    assert actor.editing.text(shop) == SHOP


async def test_an_edit_moves_with_what_is_typed_elsewhere(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """Before it is accepted, and while it is made."""
    gate = asyncio.Event()
    model.enqueue(SIMPLER, gate=gate)
    params = messages.EditParams("e1", shop.as_uri(), 1, span(5), "refactor.simplify")

    asked = actor.begin(messages.EDIT, params)
    await actor.told(lambda news: news.stage == "waiting")
    await actor.asks(model)
    actor.editor.type(types.Position(0, 0), "import sys\n", shop.as_uri())
    gate.set()
    made = await asked
    actor.editor.type(types.Position(0, 0), "# Bikes 🚲\n", shop.as_uri())
    await actor.accept()

    assert made.files[0].before == "import sys\n" + SHOP
    assert made.files[0].hunks[0].start_line == 7
    simpler = SHOP.replace(
        "    mended = bike.mend()\n    return mended\n", "    return bike.mend()\n"
    )
    assert actor.editing.text(shop) == f"# Bikes 🚲\nimport sys\n{simpler}"


async def test_an_edit_of_lines_that_were_changed_is_refused(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """The document is left alone; the edit waits, and can be rejected."""
    model.enqueue(SIMPLER)
    await actor.edit(shop, span(5), "refactor.simplify")
    typed = actor.editor.type(types.Position(5, 4), "really_", shop.as_uri())

    with pytest.raises(JsonRpcException, match="changed"):
        await actor.accept()
    left = await actor.reject()

    assert typed.character == 11
    assert "really_mended = bike.mend()" in actor.editing.text(shop)
    assert actor.editing.asked == []
    assert left.files == []


async def test_an_editor_that_refuses_leaves_the_edit_waiting(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    model.enqueue(SIMPLER)
    await actor.edit(shop, span(5), "refactor.simplify")
    actor.editing.refuses = "no"

    with pytest.raises(JsonRpcException, match="The editor did not do it: no"):
        await actor.accept()
    actor.editing.refuses = ""
    await actor.accept()

    assert "return bike.mend()" in actor.editing.text(shop)


async def test_what_fails_goes_back_to_the_model(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """A draft that breaks the file's syntax is not shown; the next one is."""
    model.enqueue(SIMPLER.replace("bike.mend()", "bike.mend(="))
    for _ in range(4):
        model.enqueue(SIMPLER)

    made = await actor.edit(shop, span(5), "refactor.simplify")

    assert made.drafts == 2
    assert "return bike.mend()\n" in made.files[0].after
    assert "not right yet" in model.chats[1].messages[-1].text


async def test_a_request_that_is_cancelled_leaves_nothing(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """The model stops, no edit waits, and the next one is made at once."""
    model.enqueue(SIMPLER, gate=asyncio.Event())
    model.enqueue(SIMPLER)
    params = messages.EditParams("e1", shop.as_uri(), 1, span(5), "refactor.simplify")
    sent = actor.editor.protocol._converter.unstructure(params)

    answer = actor.editor.send_request(messages.EDIT, sent, "cancelled")
    await actor.asks(model)
    actor.editor.send({"method": "$/cancelRequest", "params": {"id": "cancelled"}})
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE_S)
    await until(lambda: model.streams[0].cancelled)
    with pytest.raises(JsonRpcException, match="does not wait any more"):
        await actor.accept()
    again = await actor.edit(shop, span(5), "refactor.simplify")

    assert again.files
    assert actor.editing.asked == []


async def test_two_at_once_on_the_same_lines_wait_for_each_other(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """The second is told that it waits; once the first is accepted it does not fit any more."""
    gate = asyncio.Event()
    model.enqueue(SIMPLER, gate=gate)
    model.enqueue(SIMPLER.replace("return", "return +"))
    first, second = (
        actor.begin(
            messages.EDIT, messages.EditParams(id, shop.as_uri(), 1, span(5), "refactor.simplify")
        )
        for id in ("one", "two")
    )

    waits = await actor.told(lambda news: news.id == "two")
    await actor.asks(model)
    asked = len(model.chats)
    gate.set()
    await first
    await second
    await actor.accept("one")
    with pytest.raises(JsonRpcException, match="changed"):
        await actor.accept("two")

    assert (waits.stage, asked) == ("waiting", 1)
    assert "return bike.mend()" in actor.editing.text(shop)


async def test_more_than_a_few_at_once_are_refused(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    gate = asyncio.Event()
    asked = []
    for number in range(window_actions.MAX_AT_ONCE):
        model.enqueue(SIMPLER, gate=gate)
        params = messages.EditParams(f"{number}", shop.as_uri(), 1, span(5), "refactor.simplify")
        asked.append(actor.begin(messages.EDIT, params))
    await actor.told(lambda news: news.id == f"{window_actions.MAX_AT_ONCE - 1}")

    with pytest.raises(JsonRpcException, match="Ask again later"):
        await actor.edit(shop, span(5), "refactor.simplify", "more")
    gate.set()

    assert all(made.files for made in await asyncio.gather(*asked))


async def test_an_id_names_one_edit(actor: Actor, shop: Path, model: ScriptedEngine) -> None:
    model.enqueue(SIMPLER)
    await actor.edit(shop, span(5), "refactor.simplify")

    for id, why in (("e1", "of this id already"), ("", "1 to 100"), ("x" * 101, "1 to 100")):
        with pytest.raises(JsonRpcException, match=why):
            await actor.edit(shop, span(5), "refactor.simplify", id)


async def test_the_oldest_of_many_edits_is_dropped(connect: Connect, shop: Path) -> None:
    actor = Actor(await connect())
    await actor.hello(shop.parent)
    actor.open(shop)

    for number in range(pending.MAX_PENDING + 1):
        await actor.edit(shop, span(0), "removeUnusedImports", f"{number}")
    with pytest.raises(JsonRpcException, match="does not wait any more"):
        await actor.accept("0")
    left = await actor.accept("1")

    assert left.files == []


async def test_tests_are_written_into_a_new_file(
    actor: Actor, shop: Path, model: ScriptedEngine
) -> None:
    """The editor makes the file; it is not there before."""
    (shop.parent / "pytest.ini").write_text("[pytest]\n", "utf-8")
    code = "from shop import sell\n\n\ndef test_sell():\n    assert sell\n"
    model.enqueue(f"```python\n{code}```")

    made = await actor.edit(shop, span(10), "test")
    [file] = made.files
    test = shop.parent / file.path
    was_there = test.exists()
    await actor.accept()

    assert (file.is_new, file.before, was_there) == (True, "", False)
    assert test.read_text("utf-8") == code


async def test_an_editor_that_does_not_edit_has_the_file_written(
    connect: Connect, shop: Path, model: ScriptedEngine
) -> None:
    """If it has no unsaved changes."""
    actor = Actor(await connect())
    await actor.hello(shop.parent, workspace=None)
    actor.open(shop)
    model.enqueue(SIMPLER)
    model.enqueue(DEAR)

    await actor.edit(shop, span(5), "refactor.simplify")
    await actor.accept()
    written = shop.read_text("utf-8")
    actor.editor.replace(f"# Mine.\n{written}", shop.as_uri())
    await actor.edit(shop, span(10), "refactor.instruct", "e2", instruction="Say amount.")
    with pytest.raises(JsonRpcException, match="not saved"):
        await actor.accept("e2")

    assert "return bike.mend()" in written
    assert shop.read_text("utf-8") == written


def undone(asked: types.ApplyWorkspaceEditParams, before: str, after: str) -> str:
    """Take back an edit as an editor does in one step, by what it replaced."""
    [change] = asked.edit.document_changes or ()
    assert isinstance(change, types.TextDocumentEdit)
    index, text, shift = LineIndex(before), after, 0
    for edit in change.edits:
        assert isinstance(edit, types.TextEdit)
        start = index.offset(edit.range.start.line, edit.range.start.character)
        end = index.offset(edit.range.end.line, edit.range.end.character)
        at = start + shift
        assert text[at : at + len(edit.new_text)] == edit.new_text
        text = text[:at] + before[start:end] + text[at + len(edit.new_text) :]
    return text
