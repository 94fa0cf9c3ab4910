"""The built-in network beside a larger model: held, told of, and answering meanwhile."""

from __future__ import annotations

import asyncio
import math
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownstack.app.engines.engine_pool import Progress
from ownstack.app.engines.load_policy import Room
from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.completion.suggestion import Trigger
from ownstack.engine.protocol import Engine
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ModelCorruptError
from ownstack.models.reference import ModelReference
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.gguf_models import make_gguf

URI = "file:///project/a.py"


class Loading:
    """A host whose larger models are loaded when a test says so."""

    def __init__(self, home: Home) -> None:
        self.may_load = asyncio.Event()
        self.error: Exception | None = None
        self.loaded: list[str] = []
        self.quick = ScriptedEngine(name="builtin", scores_lines=True)
        self.larger = ScriptedEngine(name="larger")
        self.host = Host(home, mode="inProcess", open_engine=self._open)

    async def _open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        if name != "builtin":
            await self.may_load.wait()
            if self.error is not None:
                raise self.error
        self.loaded.append(name)
        return self.quick if name == "builtin" else self.larger


@pytest.fixture
async def loading(home: Home) -> AsyncIterator[Loading]:
    made = Loading(home)
    make_gguf(Path(os.environ["OWNSTACK_BUILTIN"]))
    yield made
    await made.host.close()


@pytest.fixture
async def session(loading: Loading, tmp_path: Path) -> AsyncIterator[Session]:
    """A window that completes with a larger model, and has found that out."""
    loading.host.registry.add(make_gguf(tmp_path / "larger.gguf"))
    opened = Session(loading.host)
    opened.configure({"models": {"completion": "larger"}, "index": {"enabled": False}})
    opened.start()
    await opened.models.picked()
    yield opened
    await opened.close()


async def shown(session: Session, text: str) -> tuple[str, str]:
    """Return what is suggested at the end of a text, and who made it."""
    session.open(URI, "python", 1, text)
    answer = await session.complete(URI, len(text), Trigger.INVOKED)
    return answer.suggestion.text if answer.suggestion else "", answer.trace.model


async def test_it_answers_while_the_model_is_loaded(loading: Loading, session: Session) -> None:
    """The status says so, and who answers then."""
    await session.models.quick.ready()
    line = ScoredLine("open(path)", math.log(0.9), 3, proposed=False, found=True)
    loading.quick.enqueue("", scored=[line])
    assert await shown(session, "x = ") == ("open(path)", "builtin")
    status = session.status()
    assert (status.state, status.model, status.completer) == ("loading", "larger", "builtin")
    assert status.reason == "Loading larger (0 %). Until then, the built-in completer answers."

    loading.may_load.set()
    await session.ready()

    loading.larger.enqueue("read(path)")
    assert await shown(session, "y = ") == ("read(path)", "larger")
    status = session.status()
    assert (status.state, status.completer) == ("ready", "model")
    assert loading.loaded == ["builtin", "larger"]


async def test_it_answers_where_the_model_cannot_be_loaded(
    loading: Loading, session: Session
) -> None:
    """Nobody is told that completion only repeats what is in the files."""
    loading.error = ModelCorruptError("The file is damaged.")
    loading.may_load.set()
    await session.ready()
    await session.models.quick.ready()

    status = session.status()

    assert (status.state, status.completer) == ("error", "builtin")
    assert status.reason == "The file is damaged. Until then, the built-in completer answers."


@pytest.mark.parametrize("name", ["none", "builtin"])
async def test_it_is_not_held_beside_itself_or_nothing(
    loading: Loading, session: Session, name: str
) -> None:
    """Who wants no model gets none."""
    loading.may_load.set()
    await session.ready()

    session.configure({"models": {"completion": name}, "index": {"enabled": False}})
    await session.models.picked()
    await session.models.ready()

    assert session.models.quick.engine is None
    assert session.status().completer == ("echo" if name == "none" else "model")


async def test_without_its_file_there_is_none(loading: Loading, tmp_path: Path) -> None:
    """The model completes alone, as before."""
    Path(os.environ["OWNSTACK_BUILTIN"]).unlink()
    loading.host.registry.add(make_gguf(tmp_path / "larger.gguf"))
    loading.may_load.set()
    session = Session(loading.host)
    session.configure({"models": {"completion": "larger"}, "index": {"enabled": False}})
    session.start()
    try:
        await session.models.picked()
        await session.ready()
        assert session.models.quick.engine is None
        assert loading.loaded == ["larger"]
        assert session.status().completer == "model"
    finally:
        await session.close()


async def test_no_model_makes_room_for_it(
    loading: Loading, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it left memory for the larger one, it does not come back in its stead."""
    loading.may_load.set()
    await session.ready()
    await session.models.quick.ready()
    (quick,) = (model for model in loading.host.engines.models if model.name == "builtin")
    loading.host.engines._unload(quick, "builtin was unloaded to make room for larger.")
    assert session.models.quick.engine is None
    monkeypatch.setattr(loading.host.memory, "room", lambda settings: Room(1, True, None))

    session.models.wake()
    await session.models.quick.ready()

    assert session.models.quick.engine is None
    assert session.engine is not None
    assert sorted(loading.loaded) == ["builtin", "larger"]
