"""A client hears that there is a better suggestion than the one that it was given."""

import asyncio
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.completion import improvement
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp.protocol import CompletionImproved
from tests.support.editor import PATIENCE_S, URI, Editor
from tests.support.gguf_models import make_gguf
from tests.support.open_notebook import OpenNotebook

from .conftest import Engines


@pytest.fixture
def gate(engines: Engines, chosen: str, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Have the built-in network answer at once, and the model when this is set."""
    make_gguf(Path(os.environ["OWNSTACK_BUILTIN"]))
    engines.quick = ScriptedEngine(name="builtin", scores_lines=True)
    line = ScoredLine("open_file(path)", math.log(0.6), 3, proposed=False, found=True)
    engines.quick.enqueue("", scored=[line])
    made = asyncio.Event()
    monkeypatch.setattr(improvement, "UNKNOWN_CHANCE", 0.99)
    engines.engine.enqueue("read_lines(path)", gate=made)
    return made


async def begun(editor: Editor, engines: Engines, *, improvements: bool = True) -> None:
    """Open the window, and wait until both are loaded."""
    await editor.hello(improvements=improvements, notebooks=True)
    await editor.told(lambda status: status.state == "ready")
    assert engines.quick is not None
    while not engines.quick.prepared:
        await asyncio.sleep(0)


async def test_the_client_is_told_and_asks_again(
    editor: Editor, engines: Engines, gate: asyncio.Event
) -> None:
    """By the version of the text that it has."""
    await begun(editor, engines)
    at = editor.type(editor.open("x $0\n"), "= ")
    assert await editor.ghost(at) == "open_file(path)"
    assert editor.improved.empty()

    gate.set()
    told = await asyncio.wait_for(editor.improved.get(), PATIENCE_S)

    assert told == CompletionImproved(URI, 2)
    assert await editor.ghost(at) == "read_lines(path)"
    assert editor.improved.empty()


async def test_what_came_later_counts_by_when_it_came(
    editor: Editor, engines: Engines, host: Host, gate: asyncio.Event
) -> None:
    """Once: neither the key that was answered with nothing, nor who then asks again."""
    await begun(editor, engines)
    [session] = host._listeners
    assert isinstance(session, Session)
    completion = replace(session.settings.completion, eagerness="shy")
    session.settings = replace(session.settings, completion=completion)
    at = editor.open("x = $0\n")
    assert await editor.ghost(at) == ""
    assert not session._punctuality._answers

    # Whatever has come is too late from here on.
    completion = replace(completion, deadline_ms=0)
    session.settings = replace(session.settings, completion=completion)
    gate.set()
    await asyncio.wait_for(editor.improved.get(), PATIENCE_S)

    assert await editor.ghost(at) == "read_lines(path)"
    assert [came for _, came in session._punctuality._answers] == [False]


async def test_of_a_notebook_it_names_the_cell(
    editor: Editor, engines: Engines, gate: asyncio.Event
) -> None:
    """As the editor knows it, and by the version that it has there."""
    await begun(editor, engines)
    notebook = OpenNotebook(editor)
    _, at = notebook.open("import os", "x = $0")
    cell = notebook.cells[1]
    assert await editor.ghost(at, cell.uri) == "open_file(path)"

    gate.set()
    told = await asyncio.wait_for(editor.improved.get(), PATIENCE_S)

    assert told == CompletionImproved(cell.uri, cell.version)
    assert await editor.ghost(at, cell.uri) == "read_lines(path)"


async def test_a_client_that_does_not_ask_again_is_told_nothing(
    editor: Editor, engines: Engines, gate: asyncio.Event
) -> None:
    """It gets the better one when it happens to ask again."""
    await begun(editor, engines, improvements=False)
    at = editor.open("x = $0\n")
    assert await editor.ghost(at) == "open_file(path)"

    gate.set()
    await engines.engine.generations[-1].result()
    while await editor.ghost(at) != "read_lines(path)":
        await asyncio.sleep(0)

    assert editor.improved.empty()
