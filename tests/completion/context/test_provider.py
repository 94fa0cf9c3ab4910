"""When other files are looked at, through the completer."""

import asyncio
from pathlib import Path

import pytest

from ownstack.engine.scripted import ScriptedEngine
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, turns

OTHER = "file:///project/other.py"
SECRET = "file:///project/.env"
HELPERS = "def helper(alpha, beta):\n    return alpha * beta\n"


def paths(engine: ScriptedEngine, number: int) -> list[str]:
    return [snippet.path for snippet in engine.infills[number].context]


async def test_other_files_are_shown_once_the_cursor_has_settled(tmp_path: Path) -> None:
    """Not in the request, but before the next one; and the prompt is read meanwhile."""
    engine = ScriptedEngine("1", "", "2")
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        await turns()
        window.show("y = $0\n")
        await window.ask()

        first, warming, second = engine.infills
        assert first.context == ()
        assert (warming.max_tokens, warming.context) == (1, second.context)
        assert paths(engine, 2) == ["other.py"]


async def test_the_context_is_the_same_while_typing(tmp_path: Path) -> None:
    """Keys and time change nothing in it."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        await turns()
        for char in "abc":
            window.type(char)
            await window.ask()
            window.timers.advance(1)
            await turns()

        contexts = [request.context for request in engine.infills[2:]]
        assert len(contexts) == 3
        assert set(contexts) == {contexts[0]}


async def test_secrets_and_excluded_files_are_never_shown(tmp_path: Path) -> None:
    """Neither what holds keys nor what the user excludes is a source."""
    engine = ScriptedEngine()
    settings = CompletionSettings(prefetch=False, exclude=("private/",))
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("TOKEN = 1\n$0", uri=SECRET)
        window.show("PASSWORD = 'hunter2'\n$0", uri="file:///project/secrets.py")
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("a")
        await window.ask()

        assert [request.context for request in engine.infills] == [(), ()]


async def test_the_file_that_was_left_is_a_source(tmp_path: Path) -> None:
    """Changing files back and forth shows each the other."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "\nz = $0", uri=OTHER)
        await window.ask()
        window.timers.advance(1)
        window.show("import one, two\nx = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("a")
        await window.ask()

        assert paths(engine, len(engine.infills) - 1) == ["other.py"]


CLIENT = "class ShopClient:\n    def send_order(self, order: int) -> bool:\n        return True\n"
SIGNATURES = "class ShopClient\n    def send_order(self, order: int) -> bool"


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """A project of one file that is not open."""
    (tmp_path / "client.py").write_text(CLIENT)
    read = read_files(ReadFiles(str(tmp_path), (FileToRead("client.py"),)))
    return Snapshot.empty(Texts(tmp_path), dim=2).with_batch(read.batch)


async def settle(window: Window, engine: ScriptedEngine) -> None:
    """Let the cursor settle; what is looked up then has been asked for at the end."""
    asked = len(engine.infills)
    for _ in range(2_000):
        window.timers.advance(1)
        if len(engine.infills) > asked:
            return
        await asyncio.sleep(0.005)


async def test_definitions_are_shown_once_the_cursor_has_settled(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    """Not in the request; before the next one; and the model reads them meanwhile."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine, snapshot=snapshot) as window:
        window.show("from client import ShopClient\nshop = ShopClient()\nshop.$0\n")
        await window.ask()
        await settle(window, engine)
        window.type("s")
        await window.ask()

        first, warming, second = engine.infills
        assert first.context == ()
        assert warming.max_tokens == 1
        assert [(snippet.path, snippet.text) for snippet in second.context] == [
            ("client.py", SIGNATURES)
        ]


async def test_definitions_leave_room_for_open_files(tmp_path: Path, snapshot: Snapshot) -> None:
    """Those come after, and both stay the same while one types."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine, snapshot=snapshot) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("from client import ShopClient\nShopClient$0\n")
        await window.ask()
        window.timers.advance(1)
        known = window.completer._context.snippets
        for _ in range(2_000):
            if len(known(window.place.uri)) == 2:
                break
            await asyncio.sleep(0.005)
        window.type("(")
        await window.ask()
        window.type("1")
        await window.ask()

        assert paths(engine, -1) == ["client.py", "other.py"]
        assert engine.infills[-1].context == engine.infills[-2].context


async def test_a_small_model_that_scores_lines_is_shown_no_definitions(
    tmp_path: Path, snapshot: Snapshot
) -> None:
    """Its window is small, and it has never seen other files."""
    engine = ScriptedEngine(scores_lines=True)
    async with Window(tmp_path, engine, snapshot=snapshot) as window:
        window.show("from client import ShopClient\nshop = ShopClient()\nshop.$0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("s")
        await window.ask()

        assert {request.context for request in engine.scorings} == {()}


async def test_what_the_user_excludes_is_not_shown(tmp_path: Path, snapshot: Snapshot) -> None:
    """Though it is in the index."""
    engine = ScriptedEngine()
    settings = CompletionSettings(prefetch=False, exclude=("client.py",))
    async with Window(tmp_path, engine, settings=settings, snapshot=snapshot) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("from client import ShopClient\nShopClient$0\n")
        await window.ask()
        await settle(window, engine)
        window.type("(")
        await window.ask()

        assert paths(engine, -1) == ["other.py"]
