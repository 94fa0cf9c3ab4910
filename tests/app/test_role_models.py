"""Which model plays each role in a window."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownstack.app.engines.engine_pool import Progress
from ownstack.app.host import Host
from ownstack.app.role_models import RoleModels
from ownstack.app.session import Session
from ownstack.completion.suggestion import Trigger
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ModelError, ModelTooLargeError, NotAllowedError, RemoteEngineError
from ownstack.models.reference import ModelReference
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.roles import ROLES, Role
from ownstack.paths import Home
from ownstack.settings import EngineSettings, ModelSettings, Settings
from ownstack.usage.counting import CountedEngine
from tests.support.crowded import SHORT, Crowded, known
from tests.support.embedding_models import make_encoder
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

SETTINGS = EngineSettings()


@pytest.fixture
async def host(home: Home) -> AsyncIterator[Host]:
    """A host whose engines say nothing."""

    async def scripted(
        reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        return ScriptedEngine(name=name)

    made = Host(home, mode="inProcess", open_engine=scripted)
    yield made
    await made.close()


@pytest.fixture
def talker(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE, fim=None)


@pytest.fixture
def encoder(tmp_path: Path) -> Path:
    return make_encoder(tmp_path / "encoder.gguf")


async def picked(host: Host, **names: object) -> RoleModels:
    models = RoleModels(host, lambda: None)
    models.pick(Settings(models=ModelSettings(**{k: str(v) for k, v in names.items()})), ())
    await settled(models)
    return models


async def settled(models: RoleModels) -> None:
    """Wait until it is known who plays what."""
    assert models._others is not None
    await asyncio.wait({models._others})


def states(models: RoleModels) -> dict[str, tuple[str, str]]:
    return {status.role: (status.model, status.state) for status in models.status()}


async def test_settings_name_a_model_for_each_role(host: Host, talker: Path, encoder: Path) -> None:
    """They are told apart, and nothing but the model for completion is loaded before its time."""
    models = await picked(host, chat=talker, summary=talker, embedding=encoder, completion="none")

    assert states(models) == {
        "completion": ("", "none"),
        "edit": ("", "none"),
        "chat": ("talker", "chosen"),
        "summary": ("talker", "chosen"),
        "embedding": ("encoder", "chosen"),
    }
    assert host.engines.models == []


async def test_what_was_chosen_in_a_terminal_counts(host: Host, talker: Path) -> None:
    """Where the settings name nothing."""
    host.use(str(talker), "chat")

    assert states(await picked(host))["chat"] == ("talker", "chosen")


async def test_roles_that_name_one_file_share_it(host: Host, talker: Path) -> None:
    """It is loaded when the first of them needs it, and prepared for both."""
    models = await picked(host, chat=talker, summary=talker, completion="none")

    chat = await models.engine("chat", SETTINGS)
    summary = await models.engine("summary", SETTINGS)

    assert isinstance(chat, CountedEngine)
    assert isinstance(summary, CountedEngine)
    assert chat.engine is summary.engine
    assert isinstance(chat.engine, ScriptedEngine)
    assert chat.engine.prepared == ["chat", "summary"]
    assert states(models)["chat"] == ("talker", "ready")
    models.close()
    assert host.engines.models[0].users == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != "embedding"])
async def test_a_model_that_cannot_play_its_role(host: Host, encoder: Path, role: Role) -> None:
    """The status says so, and whoever needs it is told what to do."""
    models = await picked(host, **{"completion": "none", role: encoder})
    status = next(status for status in models.status() if status.role == role)

    with pytest.raises(ModelError, match="encoder") as error:
        await models.engine(role, SETTINGS)

    assert (status.state, status.reason) == ("error", str(error.value))
    assert error.value.hint == f"Choose another with: ownstack models use NAME --for {role}"


async def test_no_model_for_a_role(host: Host) -> None:
    """An error that names the command."""
    models = await picked(host)

    with pytest.raises(ModelError, match="No model is chosen for chat") as error:
        await models.engine("chat", SETTINGS)

    assert error.value.hint == "Choose one with: ownstack models use NAME --for chat"


async def test_another_choice_takes_the_place_of_a_model_in_use(
    host: Host, talker: Path, tmp_path: Path
) -> None:
    """The engine of before is let go."""
    other = make_gguf(tmp_path / "other.gguf", chat_template=CHAT_TEMPLATE, fim=None)
    models = await picked(host, chat=talker)
    before = await models.engine("chat", SETTINGS)

    models.pick(Settings(models=ModelSettings(chat=str(other))), ())
    await settled(models)
    after = await models.engine("chat", SETTINGS)

    assert before is not after
    assert after.capabilities.model == "other"


async def test_models_in_folders_that_are_not_trusted(host: Host, talker: Path) -> None:
    """In no role: a workspace chooses no models."""
    models = RoleModels(host, lambda: None)
    models.pick(Settings(models=ModelSettings(chat=str(talker))), (talker.parent,))
    await settled(models)

    with pytest.raises(ModelError, match="not trusted"):
        await models.engine("chat", SETTINGS)


async def test_a_server_plays_a_role(host: Host) -> None:
    """The status says which, and whether what it is given leaves this machine."""
    host.servers.put(EngineEntry("box", "http://127.0.0.1:8080/v1"))
    host.servers.put(EngineEntry("team", "https://gpu.example/v1", roles=("chat",)))
    models = await picked(host, chat="team:m", summary="box:m", edit="team:m", completion="none")

    told = {status.role: status for status in models.status()}
    assert (told["chat"].state, told["chat"].engine, told["chat"].leaves_machine) == (
        "chosen",
        "team",
        True,
    )
    assert "leaves this machine, to gpu.example" in told["chat"].explanation
    assert (told["summary"].engine, told["summary"].leaves_machine) == ("box", False)
    assert told["edit"].state == "error"
    assert "engines allow team --for edit" in told["edit"].reason
    engine = await models.engine("chat", SETTINGS)
    assert engine.capabilities.model == "team:m"


async def test_going_offline_lets_go_of_a_server_elsewhere(host: Host) -> None:
    """At once, also of one that is in use."""
    host.servers.put(EngineEntry("team", "https://gpu.example/v1", roles=("chat",)))
    models = await picked(host, chat="team:m", completion="none")
    await models.engine("chat", SETTINGS)

    models.pick(Settings(models=ModelSettings("none", chat="team:m", offline=True)), ())
    await settled(models)

    assert models["chat"].lease is None
    assert models.status()[2].state == "error"
    with pytest.raises(NotAllowedError, match="on another machine"):
        await models.engine("chat", SETTINGS)


@pytest.fixture
async def box_is_down(home: Home) -> AsyncIterator[Host]:
    """A host that knows a server, which is not there."""

    async def refusing(
        reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        if reference.engine == "box":
            raise RemoteEngineError("box cannot be reached.")
        return ScriptedEngine(name=name)

    made = Host(home, mode="inProcess", open_engine=refusing)
    made.servers.put(EngineEntry("box", "http://127.0.0.1:8080/v1"))
    yield made
    await made.close()


async def test_what_stands_in_for_a_server_that_is_down(box_is_down: Host, talker: Path) -> None:
    """It is used when the other was tried in vain; the status says for what."""
    host = box_is_down
    host.registry.add(talker)
    host.use("box:m", "chat")
    models = await picked(host, completion="none")
    with pytest.raises(RemoteEngineError):
        await models.engine("chat", SETTINGS)

    host.choice.use_fallbacks(["talker"], "chat")
    models.pick(Settings(models=ModelSettings("none")), ())
    engine = await models.engine("chat", SETTINGS)

    assert engine.capabilities.model == "talker"
    status = models.status()[2]
    assert (status.model, status.state) == ("talker", "ready")
    assert "stands in" in status.explanation


async def test_what_stands_in_completes(box_is_down: Host, tmp_path: Path) -> None:
    """Without anybody asking for it; and nothing does where nothing was chosen for that."""
    host = box_is_down
    host.registry.add(make_gguf(tmp_path / "coder.gguf"))
    host.use("box:m", "completion")
    models = await picked(host)
    assert models._standing_in is not None
    await models._standing_in
    assert models.status()[0].state == "error"

    host.choice.use_fallbacks(["coder"], "completion")
    models.pick(Settings(), ())
    assert models._standing_in is not None
    await models._standing_in

    status = models.status()[0]
    assert (status.model, status.state) == ("coder", "ready")
    assert models["completion"].engine is not None


@pytest.fixture
async def crowded(home: Home) -> AsyncIterator[Crowded]:
    made = Crowded(home)
    yield made
    await made.host.close()


async def test_where_memory_is_short_a_smaller_model_chats(
    crowded: Crowded, tmp_path: Path
) -> None:
    """The largest of those that need less, with no word from the user; the status says why."""
    known(crowded.host, tmp_path, "huge", "big", "middle", "small")
    crowded.too_large = {"big", "middle"}
    models = await picked(crowded.host, chat="big", completion="none")

    engine = await models.engine("chat", SETTINGS)

    assert engine.capabilities.model == "small"
    assert crowded.tried == ["big", "middle", "small"]
    status = models.status()[2]
    assert (status.model, status.state, status.reason) == ("small", "ready", str(SHORT))
    assert status.explanation == (
        f"small stands in for the model that is chosen for chat; it runs on this machine. "
        f"Not big: {SHORT}"
    )
    assert await models.engine("chat", SETTINGS) is engine
    assert crowded.tried == ["big", "middle", "small"]


async def test_nothing_smaller_is_there(crowded: Crowded, tmp_path: Path) -> None:
    """The reason is that of the chosen model, which is tried again when it is wanted."""
    known(crowded.host, tmp_path, "big", "middle")
    crowded.too_large = {"big", "middle"}
    models = await picked(crowded.host, chat="big", completion="none")

    with pytest.raises(ModelTooLargeError, match="big needs"):
        await models.engine("chat", SETTINGS)
    status = models.status()[2]
    assert (status.model, status.state, status.reason) == ("big", "error", str(SHORT))

    crowded.too_large = set()
    assert (await models.engine("chat", SETTINGS)).capabilities.model == "big"
    assert models.status()[2].reason == ""


async def test_no_other_model_embeds(crowded: Crowded, tmp_path: Path) -> None:
    """What was embedded with one cannot be compared with what another one embeds."""
    known(crowded.host, tmp_path, "big", "small")
    models = await picked(crowded.host, embedding="big", completion="none")

    with pytest.raises(ModelTooLargeError):
        await models.engine("embedding", SETTINGS)

    assert crowded.tried == ["big"]


async def test_where_memory_is_short_the_built_in_model_completes(
    crowded: Crowded, tmp_path: Path
) -> None:
    """After what is known; the window's status says so."""
    make_gguf(Path(os.environ["OWNSTACK_BUILTIN"]))
    known(crowded.host, tmp_path, "big", "middle")
    crowded.too_large = {"big", "middle"}
    session = Session(crowded.host)
    session.configure({"models": {"completion": "big"}, "index": {"enabled": False}})
    session.start()
    try:
        await session.ready()
        status = session.status()
    finally:
        await session.close()

    # The built-in one is loaded beside the others, so it may come anywhere between them.
    assert [name for name in crowded.tried if name != "builtin"] == ["big", "middle"]
    assert crowded.tried.count("builtin") == 1
    assert (status.state, status.model, status.completer) == ("ready", "builtin", "model")
    assert status.reason == f"The built-in completer stands in: {SHORT}"


async def test_the_status_says_what_was_unloaded(crowded: Crowded, tmp_path: Path) -> None:
    """A model that nobody asked is loaded again when somebody does."""
    known(crowded.host, tmp_path, "small")
    models = await picked(crowded.host, chat="small", completion="none")
    await models.engine("chat", SETTINGS)
    (model,) = crowded.host.engines.models

    crowded.host.engines._unload(model, "small was unloaded: it was not used for 15 min.")

    status = models.status()[2]
    assert (status.state, status.reason) == ("chosen", model.unloaded)
    assert model.unloaded == "small was unloaded: it was not used for 15 min."
    assert (await models.engine("chat", SETTINGS)).capabilities.model == "small"
    assert models.status()[2].state == "ready"


async def test_a_key_wakes_the_model_that_completes(crowded: Crowded, tmp_path: Path) -> None:
    """Where it made room for another one; until then the status says so."""
    known(crowded.host, tmp_path, "small")
    session = Session(crowded.host)
    session.configure({"models": {"completion": "small"}, "index": {"enabled": False}})
    session.start()
    try:
        await session.ready()
        (model,) = crowded.host.engines.models
        crowded.host.engines._unload(model, "small was unloaded to make room for big.")
        told = session.status()
        session.open("file:///a.py", "python", 1, "x = ")
        await session.complete("file:///a.py", 4, Trigger.AUTOMATIC)
        await session.ready()
        woken = session.status()
    finally:
        await session.close()

    assert (told.state, told.completer) == ("ready", "echo")
    assert told.reason.startswith(
        "small was unloaded to make room for big. It is loaded again when you type"
    )
    assert (woken.state, woken.completer) == ("ready", "model")
    assert crowded.tried == ["small", "small"]
