"""Which models play a role: files and servers, by settings and by what was chosen."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.app.engines.router import Task, Tier
from ownstack.app.host import Host
from ownstack.errors import ModelError, ModelNotFoundError, NotAllowedError
from ownstack.models.fetching.offline import offline_reason
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.roles import Role
from ownstack.paths import Home
from ownstack.settings import ModelSettings, Settings
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


@pytest.fixture
def host(home: Home, monkeypatch: pytest.MonkeyPatch) -> Host:
    """One that knows a server here, and one elsewhere that may only chat."""
    monkeypatch.delenv("OWNSTACK_OFFLINE", raising=False)
    made = Host(home, mode="inProcess")
    made.servers.put(EngineEntry("box", "http://127.0.0.1:8080/v1"))
    made.servers.put(EngineEntry("team", "https://gpu.example/v1", roles=("chat",)))
    made.servers.put(EngineEntry("claude", "https://a.example/v1", kind="anthropic"))
    return made


@pytest.fixture
def talker(tmp_path: Path) -> Path:
    return make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE, fim=None)


def picked(host: Host, role: Role, offline: bool = False, **settings: str) -> str:
    model = host.pick(role, settings.get(role, ""), offline=offline)
    return "" if model is None else model.name


def test_a_setting_names_a_model_of_a_server(host: Host) -> None:
    """On this machine for everything, on another for what the user allowed."""
    assert picked(host, "summary", summary="box:m") == "box:m"
    assert picked(host, "chat", chat="team:org/model-70b") == "team:org/model-70b"
    with pytest.raises(NotAllowedError, match="ownstack engines allow team --for edit"):
        picked(host, "edit", edit="team:m")


def test_a_cloud_behind_this_machine(host: Host) -> None:
    """A server here that hands on to others is no server here."""
    with pytest.raises(NotAllowedError, match="allow box --for chat"):
        picked(host, "chat", chat="box:gpt-oss:120b-cloud")


@pytest.mark.parametrize("role", ["completion", "chat", "embedding"])
def test_using_one(host: Host, role: Role) -> None:
    """It is written down for all windows."""
    assert host.use("box:m", role) is not None

    assert picked(host, role) == "box:m"
    assert [(model.name, roles) for model, roles in host.served_models()] == [("box:m", [role])]
    assert role not in [role for _, roles in host.known_models() for role in roles]


def test_what_may_not_be_used(host: Host) -> None:
    """Nothing is written down then."""
    with pytest.raises(NotAllowedError, match="engines allow team --for completion"):
        host.use("team:m", "completion")
    with pytest.raises(ModelError, match="does not fill in the middle"):
        host.use("claude:m", "completion")
    with pytest.raises(ModelError, match="cannot be used for embedding"):
        host.use("claude:m", "embedding")
    with pytest.raises(ModelNotFoundError, match="No model is called"):
        host.use("nobody:m", "chat")

    assert not host.home.models_file.exists()


@pytest.mark.parametrize(("setting", "variable"), [(True, None), (False, "1"), (False, "yes")])
def test_offline(
    host: Host, monkeypatch: pytest.MonkeyPatch, setting: bool, variable: str | None
) -> None:
    """By the setting or the environment; a server on this machine still answers."""
    if variable:
        monkeypatch.setenv("OWNSTACK_OFFLINE", variable)

    with pytest.raises(NotAllowedError, match="runs on another machine"):
        picked(host, "chat", chat="team:m", offline=setting)
    assert picked(host, "chat", chat="box:m", offline=setting) == "box:m"


@pytest.mark.parametrize("value", ["", "0", "false", "No"])
def test_not_offline(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """As people write it."""
    monkeypatch.setenv("OWNSTACK_OFFLINE", value)

    assert offline_reason(setting=False) == ""


def test_what_stands_in(host: Host, talker: Path) -> None:
    """For a choice that cannot be used; and for one that was tried in vain."""
    host.registry.add(talker)
    host.use("team:m", "chat")
    assert host.choice.use_fallbacks(["talker"], "chat") == ("talker",)

    assert picked(host, "chat") == "team:m"
    assert picked(host, "chat", offline=True) == "talker"
    route = host.route(Task("chat"), ModelSettings(), {"team:m": ModelError("It does not answer.")})
    assert route.model is not None
    assert route.model.name == "talker"
    assert str(route.problem).endswith("it does not answer.")


def test_what_cannot_stand_in(host: Host, talker: Path) -> None:
    """It is said when it is chosen."""
    with pytest.raises(ModelError, match="does not fill in"):
        host.choice.use_fallbacks(["claude:m"], "completion")
    with pytest.raises(ModelNotFoundError):
        host.choice.use_fallbacks(["nobody"], "chat")


def test_an_override(host: Host, talker: Path) -> None:
    """For one task, whatever was chosen; what is not allowed stays so."""
    host.use("box:m", "chat")

    by_name = host.route(Task("chat", override=str(talker)), ModelSettings())
    assert by_name.model is not None
    assert by_name.model.name == "talker"
    assert by_name.decision.tier is Tier.SMALL
    refused = host.route(Task("edit", override="team:m"), ModelSettings())
    assert refused.model is None
    assert isinstance(refused.problem, NotAllowedError)


def test_a_key_in_the_wrong_place(host: Host) -> None:
    """It is not repeated."""
    with pytest.raises(ModelError) as raised:
        picked(host, "chat", chat="sk-0123456789abcdef")

    assert "ownstack engines key" in str(raised.value)
    assert "0123456789" not in str(raised.value)


def test_a_file_goes_before_a_server(host: Host, talker: Path) -> None:
    """Where both would have the name."""
    host.registry.add(talker, "box:m")

    model = host.pick("chat", "box:m")

    assert model is not None
    assert model.reference.path == talker


def test_an_engine_that_cannot_be_used(home: Home, host: Host) -> None:
    """The role says so; the others do not suffer."""
    host.use("team:m", "chat")
    text = home.engines_file.read_text().replace("https://gpu.example", "ftp://gpu.example")
    home.engines_file.write_text(text)

    with pytest.raises(ModelError, match="no usable URL"):
        picked(host, "chat")
    assert picked(host, "summary", summary="box:m") == "box:m"


def test_settings_do_not_say_where_to_send() -> None:
    """They may have come with a project."""
    raw = {"engines": {"team": {"url": "http://evil.example"}}, "models": {"offline": True}}

    settings, problems = Settings.from_json(raw)

    assert settings.models.offline
    assert len(problems) == 1
    assert "ownstack engines add" in problems[0]
