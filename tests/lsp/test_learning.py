"""What was learned, as windows are told of it and change what serves, over a real connection."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from ownstack.app.host import Host
from ownstack.app.status import Status
from ownstack.lsp import learning_messages
from ownstack.lsp.learning_messages import AdapterParams, AdaptersParams
from tests.support.editor import PATIENCE_S, Editor
from tests.support.learned import keep, record_of
from tests.support.open_notebook import OpenNotebook

from .conftest import Connect, Engines

pytestmark = pytest.mark.process  # Whether Git has the folder is asked of Git.


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


@pytest.fixture
def shop(host: Host, engines: Engines, model_file: Path, tmp_path: Path, project: Path) -> str:
    """A generic adapter and one of the project, which the scripted engine asks for; its id."""
    name = os.path.realpath(project)
    keep(host.learned.store, tmp_path, record_of("infill", base=model_file))
    engines.engine.adapters = host.learned.choice_for(model_file)
    record = record_of("shop", base=model_file, project=name, trained={"steps": 48.0})
    return keep(host.learned.store, tmp_path, record)


async def ask(editor: Editor, method: str, params: Any) -> Any:
    return await asyncio.wait_for(editor.protocol.send_request_async(method, params), PATIENCE_S)


def serving(status: Status) -> list[tuple[str, bool]]:
    return [(one.name, one.serves) for one in status.roles[0].adapters]


async def ready(editor: Editor, project: Path, **more: Any) -> Status:
    await editor.hello(folder=project.as_uri(), **more)
    await editor.told(lambda status: status.state == "ready")
    return await editor.told(lambda status: bool(serving(status)))


async def test_the_status_names_what_serves(
    editor: Editor, shop: str, chosen: str, project: Path
) -> None:
    """With the model that completes, in this window's folder."""
    status = await ready(editor, project)

    assert serving(status) == [("shop", True)]
    assert status.roles[0].adapters[0].project == os.path.realpath(project)
    assert all(not role.adapters for role in status.roles[1:])


async def test_an_answer_names_what_served(
    editor: Editor, engines: Engines, shop: str, chosen: str, project: Path
) -> None:
    """The request says which project it is for, and Why? says what was learned of it."""
    await ready(editor, project)
    engines.engine.enqueue(" 1")
    uri = (project / "main.py").as_uri()
    at = editor.open("value =$0\n", uri)

    assert await editor.ghost(at, uri) == " 1"

    assert engines.engine.infills[0].project == os.path.realpath(project)
    assert (await editor.explain()).adapters == (f"shop {shop[:4]}",)

    at = editor.type(at, " ", uri)  # What is kept of the answer tells it, too.
    assert await editor.ghost(at, uri) == "1"
    assert (await editor.explain()).adapters == (f"shop {shop[:4]}",)


async def test_a_cell_belongs_to_its_notebook_s_folder(
    editor: Editor, engines: Engines, shop: str, chosen: str, project: Path
) -> None:
    """What was learned from the folder serves in its notebooks."""
    await ready(editor, project, notebooks=True)
    engines.engine.enqueue(" 1")
    study = OpenNotebook(editor, (project / "study.ipynb").as_uri())
    _, at = study.open("a = 1", "value =$0")

    assert await study.ghost(2, at) == " 1"

    assert engines.engine.infills[0].project == os.path.realpath(project)
    assert (await editor.explain()).adapters == (f"shop {shop[:4]}",)


async def test_outside_of_the_folder_the_generic_one_serves(
    editor: Editor, engines: Engines, shop: str, chosen: str, project: Path
) -> None:
    """What a project is like is nobody else's business."""
    await ready(editor, project)
    engines.engine.enqueue(" 1")
    at = editor.open("value =$0\n", "untitled:Untitled-1")

    assert await editor.ghost(at, "untitled:Untitled-1") == " 1"

    assert engines.engine.infills[0].project == ""
    (name,) = (await editor.explain()).adapters
    assert name.startswith("infill ")


async def test_nothing_that_was_learned_from_a_folder_without_trust_serves(
    editor: Editor, engines: Engines, shop: str, chosen: str, project: Path
) -> None:
    """It is said why, and from when on it does."""
    status = await ready(editor, project, trusted=False)

    assert serving(status) == [("infill", True), ("shop", False)]
    assert "not trusted" in status.roles[0].adapters[1].reason
    assert "not trusted" in (await ask(editor, learning_messages.LIST, AdaptersParams())).refusal

    editor.send({"method": "workspace/didChangeConfiguration",
                 "params": {"settings": {"trusted": True}}})  # fmt: skip

    await editor.told(lambda status: serving(status) == [("shop", True)])
    assert (await ask(editor, learning_messages.LIST, AdaptersParams())).refusal == ""


async def test_what_was_learned_is_listed(
    editor: Editor, shop: str, chosen: str, project: Path
) -> None:
    """The newest first; what serves says so."""
    await ready(editor, project)

    result = await ask(editor, learning_messages.LIST, AdaptersParams())

    told = {one.name: (one.scope, one.serves, one.standing) for one in result.adapters}
    assert told == {"infill": ("generic", True, "fit"), "shop": ("project", True, "fit")}
    assert result.adapters[0].name == "infill"
    assert result.adapters[1].trained == {"steps": 48.0}
    assert (result.problems, result.refusal) == ([], "")


async def test_going_back_and_using_again(
    editor: Editor, connect: Connect, shop: str, chosen: str, project: Path
) -> None:
    """All windows hear of it."""
    await ready(editor, project)
    other = await connect()
    await ready(other, project)

    result = await ask(editor, learning_messages.ROLL_BACK, AdapterParams(shop))

    assert {one.name: one.serves for one in result.adapters} == {"infill": True, "shop": False}
    await other.told(lambda status: serving(status) == [("infill", True), ("shop", False)])
    status = await editor.status()
    assert status.roles[0].adapters[1].reason == "It was taken out of use; it can be used again."

    other.statuses.clear()
    await ask(editor, learning_messages.USE, AdapterParams(shop))

    await other.told(lambda status: serving(status) == [("shop", True)])


async def test_the_report_of_one(editor: Editor, shop: str, chosen: str, project: Path) -> None:
    """A page that names it, and that runs nothing."""
    await ready(editor, project)

    html = (await ask(editor, learning_messages.REPORT, AdapterParams(shop))).html

    assert "<!doctype html>" in html.lower()
    assert "shop" in html
    assert "<script" not in html


@pytest.mark.parametrize(
    "method", [learning_messages.USE, learning_messages.ROLL_BACK, learning_messages.REPORT]
)
@pytest.mark.parametrize("id", ["nothing", "", "../shop", "x" * 100_000])
async def test_what_is_not_there_is_refused(
    editor: Editor, chosen: str, project: Path, method: str, id: str
) -> None:
    """In one sentence of bearable length."""
    await editor.hello(folder=project.as_uri())

    with pytest.raises(JsonRpcException, match="There is no adapter") as refused:
        await ask(editor, method, AdapterParams(id))

    assert len(str(refused.value)) < 300


async def test_what_is_damaged_is_named(
    editor: Editor, host: Host, shop: str, chosen: str, project: Path
) -> None:
    """An adapter whose file is another one does not serve, and it is said why."""
    await ready(editor, project)
    host.learned.store.file(shop).write_bytes(b"something else")
    await host.learned.refreshed()

    status = await editor.told(lambda status: ("shop", False) in serving(status))

    [one] = [each for each in status.roles[0].adapters if each.name == "shop"]
    assert "SHA-256" in one.reason
    result = await ask(editor, learning_messages.LIST, AdaptersParams())
    [listed] = [each for each in result.adapters if each.name == "shop"]
    assert not listed.serves
    assert "SHA-256" in listed.problem


async def test_a_key_in_any_document_is_heard_of(
    editor: Editor, host: Host, chosen: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a notebook's cell too: whoever trains gives way."""
    heard: list[str] = []
    monkeypatch.setattr(host.training._pausing, "typed", lambda: heard.append("a key"))
    await editor.hello(folder=project.as_uri(), notebooks=True)
    at = editor.open("value =$0\n", (project / "main.py").as_uri())
    study = OpenNotebook(editor, (project / "study.ipynb").as_uri())
    [cell] = study.open("a =$0")
    await editor.status()
    assert heard == []

    editor.type(at, " ", (project / "main.py").as_uri())
    await editor.status()
    n_keys = len(heard)
    study.type(1, cell, " 1")
    await editor.status()

    assert 0 < n_keys < len(heard)
