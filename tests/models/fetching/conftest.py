"""A hub with one model, on this machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.models.fetching import downloads
from tests.support import hub as hubs
from tests.support.gguf_models import make_gguf
from tests.support.hub import TestHub
from tests.support.pulling import REPOSITORY, SIZE


@pytest.fixture(scope="session")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A model file, made longer."""
    head = make_gguf(tmp_path_factory.mktemp("gguf") / "m.gguf").read_bytes()
    return head + random.Random(1).randbytes(SIZE - len(head))


@pytest.fixture
def hub(content: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    """A hub with one model, which the environment names as the mirror."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in downloads.OFFLINE_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    with hubs.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put(REPOSITORY, "m-q4_k_m.gguf", content)
        hub.put(REPOSITORY, "README.md", b"A model.")
        yield hub


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has logged in to a hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
