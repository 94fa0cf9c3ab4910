"""Edits over a real connection: made by a scripted model, accepted by hunks, undone."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from ownstack.text import LineIndex
from tests.lsp.actions.bicycles import SHOP, SIMPLER
from tests.lsp.conftest import Connect
from tests.support.acting import Actor, span

pytestmark = pytest.mark.process
DEAR = """```python
def sell(bike):
    amount = bike.price
    bike.owner = None
    return amount
```"""


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
