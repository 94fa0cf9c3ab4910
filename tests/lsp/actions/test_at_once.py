"""Edits that are made at once, cancelled, or wait: one holds up no other."""

import asyncio
from pathlib import Path

import pytest
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.app import window_actions
from ownstack.app.actions import pending
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.lsp.actions.bicycles import SIMPLER
from tests.lsp.conftest import Connect
from tests.support.acting import Actor, span, until
from tests.support.editor import PATIENCE_S

pytestmark = pytest.mark.process


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
