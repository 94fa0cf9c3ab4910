"""What a user could have: recommendations, downloads in the background, models of others."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.app import model_offers
from ownstack.app.host import Host
from ownstack.app.model_offers import ModelOffers
from ownstack.errors import DownloadError, ModelError, OfflineError
from ownstack.models import catalogue
from ownstack.models.fetching.downloads import Progress
from ownstack.models.found import FoundModel
from ownstack.models.hardware import bandwidth, machine
from ownstack.models.speeds import MeasuredSpeed
from ownstack.paths import Home
from tests.support import hub as hubs
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf
from tests.support.hub import TestHub

SOURCE = "hf:owner/model-GGUF"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    return make_gguf(tmp_path / "made.gguf", chat_template=CHAT_TEMPLATE).read_bytes()


@pytest.fixture
def hub(content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "OWNSTACK_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with hubs.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put("owner/model-GGUF", "tiny-q4.gguf", content)
        yield hub


@pytest.fixture
def offers(home: Home, monkeypatch: pytest.MonkeyPatch) -> ModelOffers:
    """A user's, on a machine without graphics."""
    monkeypatch.setattr(model_offers, "graphics_cards", tuple)
    return ModelOffers(Host(home, mode="inProcess"))


async def test_a_model_is_pulled_in_the_background(
    hub: TestHub, offers: ModelOffers, home: Home
) -> None:
    """It is known then, and progress was told on the loop, a thousandth at a time at most."""
    loop = asyncio.get_running_loop()
    told: list[tuple[Progress, bool]] = []

    def tell(progress: Progress) -> None:
        told.append((progress, asyncio.get_running_loop() is loop))

    info = await offers.pull_in_background(SOURCE, tell, name="tiny")

    assert info.name == "tiny"
    assert info.path.is_relative_to(home.models_folder)
    assert Host(home, mode="inProcess").registry.source("tiny") == f"{SOURCE}/tiny-q4.gguf"
    await asyncio.sleep(0)
    assert told
    assert all(on_loop for _, on_loop in told)
    assert told[-1][0].phase == "checking"


async def test_a_pull_is_cancelled(hub: TestHub, offers: ModelOffers, home: Home) -> None:
    """Nothing becomes known."""
    begun = asyncio.Event()
    hub.statuses = deque([(503, {"retry-after": "60"})] * 3)
    task = asyncio.ensure_future(offers.pull_in_background(SOURCE, lambda _: begun.set()))
    while not hub.contents_asked():
        assert not task.done(), task.exception()
        await asyncio.sleep(0.001)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert [info.name for info in Host(home, mode="inProcess").registry.list()] == ["builtin"]


async def test_offline_nothing_is_pulled(hub: TestHub, offers: ModelOffers) -> None:
    """The setting is said."""
    with pytest.raises(OfflineError, match=r"ownstack\.models\.offline"):
        await offers.pull_in_background(SOURCE, offline=True)

    assert hub.asked == []


def test_what_was_downloaded_is_deleted_and_nothing_else(
    hub: TestHub, offers: ModelOffers, tmp_path: Path
) -> None:
    """A file of the user's own is only forgotten."""
    pulled = offers.pull(offers.prepare(SOURCE))
    own = make_gguf(tmp_path / "own.gguf")
    offers._host.registry.add(own)

    assert offers.would_delete(pulled.name) == [pulled.path]
    assert offers.would_delete("own") == []
    assert offers.remove(pulled.name) == (pulled.name, [pulled.path])
    assert offers.remove("own") == ("own", [])
    assert own.exists()
    assert not pulled.path.parent.exists()
    with pytest.raises(ModelError, match="No model is called"):
        offers.remove("own")


def test_a_model_of_another_program_stays_where_it_is(offers: ModelOffers, tmp_path: Path) -> None:
    """By the name it has there, or its file's if another has that."""
    blobs = [make_gguf(tmp_path / f"sha256-{letter * 64}", name=letter) for letter in "ab"]

    first = offers.take(FoundModel(blobs[0], "Ollama", "coder:latest"))
    second = offers.take(FoundModel(blobs[1], "Ollama", "coder:latest"))

    assert (first.name, first.path) == ("coder:latest", blobs[0])
    assert (second.name, second.path) == ("b", blobs[1])


def test_what_is_here_counts_for_what_is_recommended(
    offers: ModelOffers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the catalogue is known by its name, and its measured speed is believed."""
    known = catalogue.named("qwen2.5-coder-0.5b")
    path = make_gguf(tmp_path / known.file)
    offers._host.registry.add(path, "mine")
    offers.speeds.put(path, MeasuredSpeed(900.0, 77.0, 500))
    here = machine.Machine("here", 16_000_000_000, 8, 10e9)
    monkeypatch.setattr(ModelOffers, "machine", lambda self: here)

    plan = offers.recommend()

    assert {name: info.name for name, info in offers.installed().items()} == {known.name: "mine"}
    completion = plan.choices[0]
    assert completion.decode is not None
    assert completion.decode.tokens_per_s > 20
    elsewhere = offers.recommend(on=machine.described("laptop-8gb"))
    assert elsewhere.machine.title.startswith("Laptop")
    assert all(c.decode is None or not c.decode.measured for c in elsewhere.choices)


def test_the_fastest_that_memory_ever_was_counts(
    offers: ModelOffers, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recommendation does not change because something else is running."""
    monkeypatch.setattr(machine.sys, "platform", "linux")
    for now, expected in ((20e9, 20e9), (5e9, 20e9), (30e9, 30e9)):
        monkeypatch.setattr(bandwidth, "measured", lambda threads, now=now: now)
        assert offers.machine().bandwidth_bytes_s == expected

    (home.cache / "memory-bandwidth.json").write_text("nonsense")
    assert offers.machine().bandwidth_bytes_s == 30e9
    assert json.loads((home.cache / "memory-bandwidth.json").read_text()) == 30e9


def test_a_model_of_the_catalogue_keeps_its_name(
    hub: TestHub, offers: ModelOffers, content: bytes, tmp_path: Path
) -> None:
    """Unless another file has that name; then it gets its file's."""
    known = catalogue.named("qwen2.5-coder-1.5b-q8")
    hub.put(known.repository, known.file, content)

    download = offers.prepare(known.name)

    assert offers.pull(download).name == known.name
    assert offers.pull(download).name == known.name
    offers.remove(known.name)
    offers._host.registry.add(make_gguf(tmp_path / "own.gguf"), known.name)
    assert offers.pull(download).name == "qwen2.5-coder-1.5b-q8_0"


async def test_a_failure_says_why(hub: TestHub, offers: ModelOffers) -> None:
    """As it would in a terminal."""
    with pytest.raises(DownloadError, match="no repository a/b"):
        await offers.pull_in_background("hf:a/b")
