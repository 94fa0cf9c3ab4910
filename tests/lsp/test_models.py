"""What the picker of models asks: what could be had, getting it, and what servers have."""

import asyncio
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack.app.host import Host
from ownstack.app.model_offers import ModelOffers
from ownstack.lsp import model_messages, protocol
from ownstack.models import catalogue
from ownstack.models.hardware.machine import Machine
from ownstack.models.remote.entry import EngineEntry
from tests.support import hub as hubs
from tests.support.editor import PATIENCE_S, Editor
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf
from tests.support.hub import TestHub
from tests.support.scripted_server import scripted_server, whole

SMALL = catalogue.named("qwen2.5-coder-1.5b-q8")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    """Has a tiny file under the name of one of the catalogue's of which no hash is known."""
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "OWNSTACK_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    content = make_gguf(tmp_path / "made.gguf", chat_template=CHAT_TEMPLATE).read_bytes()
    with hubs.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put(SMALL.repository, SMALL.file, content)
        yield hub


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without graphics on which the smaller models run well."""
    here = Machine("This machine", 16_000_000_000, 8, 40e9)
    monkeypatch.setattr(ModelOffers, "machine", lambda self: here)


async def ask(editor: Editor, method: str, params: Any) -> Any:
    return await asyncio.wait_for(editor.protocol.send_request_async(method, params), PATIENCE_S)


async def offered(editor: Editor, role: str = "completion") -> Any:
    return await ask(editor, protocol.MODEL_OFFERS, model_messages.ModelOffersParams(role))


async def pull(editor: Editor, role: str = "completion", **more: Any) -> Any:
    params = model_messages.PullModelParams(SMALL.name, role, **more)
    return await ask(editor, protocol.PULL_MODEL, params)


@pytest.mark.parametrize("role", ["completion", "chat", "summary"])
async def test_models_are_offered_for_a_role(editor: Editor, hub: TestHub, role: str) -> None:
    """First what is recommended and why, last what speaks against others; nobody is asked."""
    await editor.hello()

    result = await offered(editor, role)

    first, *others = result.offers
    assert first.recommended
    assert "the best of the catalogue that fits" in first.reason.lower()
    assert first.tokens_per_s > 6
    assert first.license
    assert not any(offer.recommended for offer in others)
    assert [offer.advised for offer in others] == sorted(
        (offer.advised for offer in others), reverse=True
    )
    assert all(offer.reason for offer in others if not offer.advised)
    assert {offer.name for offer in result.offers} == {
        model.name
        for model in catalogue.catalogue()
        if ("completion" if role == "completion" else "chat") in model.uses
    }
    assert {offer.blocked for offer in result.offers if offer.size_bytes < 1e9} == {""}
    assert result.host == f"127.0.0.1:{hub.port}"
    assert "16.0 GB of memory" in result.machine
    assert hub.asked == []


async def test_where_none_is_recommended_it_is_said_why(editor: Editor) -> None:
    """As for embedding, without graphics."""
    await editor.hello()

    result = await offered(editor, "embedding")

    assert not any(offer.recommended for offer in result.offers)
    assert result.reason.startswith("The table that comes with Ownstack")


async def test_what_is_here_is_not_offered_as_missing(
    editor: Editor, host: Host, tmp_path: Path
) -> None:
    """A file of the catalogue is known by the user's name for it."""
    host.registry.add(make_gguf(tmp_path / SMALL.file), "mine")
    await editor.hello()

    offers = {offer.name: offer for offer in (await offered(editor)).offers}

    assert offers[SMALL.name].installed_as == "mine"
    assert {offer.installed_as for offer in offers.values()} == {"mine", ""}


async def test_offline_each_offer_says_so(editor: Editor, hub: TestHub) -> None:
    """And a download that is asked for all the same is refused with the same words."""
    await editor.hello({"models": {"offline": True}})

    reasons = {offer.blocked for offer in (await offered(editor)).offers}
    with pytest.raises(JsonRpcException, match=r"Nothing is downloaded.*models\.offline"):
        await pull(editor)

    assert len(reasons) == 1
    assert "ownstack.models.offline is on" in reasons.pop()
    assert hub.asked == []


async def test_a_full_disk_is_seen_before(
    editor: Editor, hub: TestHub, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models that would not fit say so; what an earlier attempt left need not come again."""
    free = SMALL.size_bytes + 500_000_000 - 1000
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": free}))
    await editor.hello()

    before = {offer.name: offer for offer in (await offered(editor)).offers}
    begun = host.home.models_folder / SMALL.repository.replace("/", "--")
    begun.mkdir(parents=True)
    (begun / f"{SMALL.file}.0123456789ab.part").write_bytes(b"x" * 2000)
    after = {offer.name: offer for offer in (await offered(editor)).offers}

    assert "not enough room on the disk" in before[SMALL.name].blocked
    assert before["qwen2.5-coder-0.5b"].blocked == ""
    assert (after[SMALL.name].begun_bytes, after[SMALL.name].blocked) == (2000, "")


async def test_a_model_is_downloaded_and_used(editor: Editor, hub: TestHub, host: Host) -> None:
    """How far it is comes by the token of the request; then the model completes."""
    told = editor.progress_reports.setdefault("download-1", [])
    await editor.hello(progress=True)

    status = await pull(editor, work_done_token="download-1")

    assert status.model == SMALL.name
    assert (await editor.told(lambda status: status.state == "ready")).model == SMALL.name
    assert host.registry.choice("completion") == SMALL.name
    kinds = [value.kind for value in told]
    assert kinds[0] == "begin"
    assert kinds[-1] == "end"
    assert "report" in kinds
    [installed] = [o for o in (await offered(editor)).offers if o.installed_as]
    assert installed.name == SMALL.name


@pytest.mark.parametrize("by", ["request", "progress"])
async def test_a_download_is_cancelled(editor: Editor, hub: TestHub, host: Host, by: str) -> None:
    """By the request or by its progress: nothing becomes known, and no model is chosen."""
    hub.statuses = deque([(503, {"retry-after": "60"})] * 3)
    editor.progress_reports["download-1"] = []
    await editor.hello(progress=True)
    params = model_messages.PullModelParams(SMALL.name, "completion", "download-1")
    future = editor.protocol.send_request(protocol.PULL_MODEL, params, msg_id="pull")
    while not hub.contents_asked():
        assert not future.done(), future.result()
        await asyncio.sleep(0.001)

    if by == "request":
        editor.cancel_request(types.CancelParams("pull"))
    else:
        editor.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams("download-1"))

    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asyncio.wrap_future(future), PATIENCE_S)
    assert host.registry.choice("completion") == ""
    assert [info.name for info in host.registry.list()] == ["builtin"]


@pytest.mark.parametrize(
    ("name", "role", "said"),
    [
        ("nothing-like-it", "chat", "The catalogue has no model"),
        (SMALL.name, "embedding", "not for embedding"),
        (SMALL.name, "cooking", "no role 'cooking'"),
        ("hf:owner/model", "chat", "The catalogue has no model"),
        ("x" * 1_000_000, "chat", "The catalogue has no model"),
    ],
    ids=["unknown", "unfit", "role", "elsewhere", "long"],
)
async def test_what_is_not_offered_is_not_fetched(
    editor: Editor, hub: TestHub, name: str, role: str, said: str
) -> None:
    """One line says why, before anybody is asked."""
    await editor.hello()

    with pytest.raises(JsonRpcException, match=said) as refusal:
        await ask(editor, protocol.PULL_MODEL, model_messages.PullModelParams(name, role))

    assert "\n" not in str(refusal.value)
    assert len(str(refusal.value)) < 5_000
    assert hub.asked == []


async def test_a_failed_download_says_what_to_do(editor: Editor, hub: TestHub, host: Host) -> None:
    """A file with another hash is thrown away, and the model of before stays."""
    content = hub.files[SMALL.repository][SMALL.file]
    hub.sent_instead = content[:-1] + bytes([content[-1] ^ 1])
    await editor.hello()

    with pytest.raises(JsonRpcException, match=r"another hash.*Try again"):
        await pull(editor)

    assert host.registry.choice("completion") == ""


async def test_models_say_what_they_cannot_do(editor: Editor, host: Host, tmp_path: Path) -> None:
    """For each role, so that a list for any of them can."""
    host.registry.add(make_gguf(tmp_path / "tiny.gguf"), "tiny")
    await editor.hello()

    result = await ask(editor, protocol.MODELS, protocol.Nothing())

    [tiny] = [model for model in result.models if model.name == "tiny"]
    assert set(tiny.problems) == {"edit", "chat", "summary"}
    assert "no chat template" in tiny.problems["chat"]


async def test_servers_are_listed_and_asked_when_the_user_says_so(
    editor: Editor, host: Host
) -> None:
    """Listing asks nobody; each model says for which roles it may not be used."""
    async with scripted_server() as server:
        server.answer("/v1/models", whole({"data": [{"id": "small-7b"}]}))
        host.servers.put(EngineEntry("local", server.url))
        host.servers.put(EngineEntry("gpu", "https://gpu.example/v1", roles=("chat",)))
        host.registry.choose("gpu:big", "chat")
        await editor.hello()

        listed = await ask(editor, protocol.MODELS, protocol.Nothing())
        asked_before = len(server.asked)
        local = model_messages.ServerModelsParams("local")
        found = await ask(editor, protocol.SERVER_MODELS, local)

    assert [(entry.name, entry.local) for entry in listed.servers] == [
        ("local", True),
        ("gpu", False),
    ]
    [big] = listed.served
    assert (big.name, big.leaves_machine, list(big.chosen_for)) == ("gpu:big", True, ["chat"])
    assert "chat" not in big.problems
    assert "ownstack engines allow gpu --for edit" in big.problems["edit"]
    assert asked_before == 0
    assert [(model.name, dict(model.problems)) for model in found.models] == [
        ("local:small-7b", {})
    ]


async def test_offline_no_other_machine_is_asked(editor: Editor, host: Host) -> None:
    """The reason is said; a name that is not known has one, too."""
    host.servers.put(EngineEntry("gpu", "https://gpu.example/v1"))
    await editor.hello({"models": {"offline": True}})

    for name, said in (("gpu", "offline is on"), ("nobody", "No engine is called")):
        with pytest.raises(JsonRpcException, match=said):
            await ask(editor, protocol.SERVER_MODELS, model_messages.ServerModelsParams(name))
