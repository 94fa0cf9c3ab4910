"""What a hub says of its files, and what is said where it does not have what is wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.errors import DownloadError
from ownstack.models.fetching.downloads import prepare
from tests.support.hub import TestHub
from tests.support.pulling import REPOSITORY, SIZE, SOURCE, pulled


def test_a_repository_that_is_gated(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said what to do; a token opens it, and goes to the hub alone."""
    hub.gated.add(REPOSITORY)
    with pytest.raises(DownloadError, match=r"gated.*Accept them at .*HF_TOKEN"):
        pulled(SOURCE, tmp_path)
    assert hub.contents_asked() == []
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    hub.token = "hf_right"
    with pytest.raises(DownloadError, match="owner/model-GGUF is gated"):
        pulled(SOURCE, tmp_path)
    hub.gated.add("a/deep")
    hub.put("a/deep", "q/m.gguf", b"GGUF")
    with pytest.raises(DownloadError, match="a/deep is gated"):
        pulled("hf:a/deep", tmp_path)
    monkeypatch.setenv("HF_TOKEN", "hf_right")

    [path] = pulled(SOURCE, tmp_path)

    assert path.stat().st_size == SIZE
    assert [request.headers.get("authorization") for request in hub.contents_asked()] == [None]


def test_no_token_is_sent_that_the_user_has_not_set(hub: TestHub, tmp_path: Path) -> None:
    """And nothing but the program and its version is told."""
    pulled(SOURCE, tmp_path)

    assert all("authorization" not in request.headers for request in hub.asked)
    assert all("cookie" not in request.headers for request in hub.asked)
    assert len(hub.asked) == 3  # What there is, where its content is, the content.


@pytest.mark.parametrize(
    ("files", "source", "message"),
    [
        ({"model.safetensors": b"x"}, "hf:a/b", "only weights for other programs"),
        ({"README.md": b"x"}, "hf:a/b", "no model"),
        ({"m-Q4_K_M.gguf": b"x", "m-Q8_0.gguf": b"x"}, "hf:a/b", r"2 models.*m-Q4_K_M.gguf, m-Q8"),
        ({"m-Q4_K_M.gguf": b"x"}, "hf:a/b/n.gguf", r"no n\.gguf.*There are m-Q4_K_M\.gguf"),
        ({"m-Q4_K_M.gguf": b"x"}, "hf:a/b:Q5_K_M", "no Q5_K_M"),
        ({"m-00001-of-00002.gguf": b"x"}, "hf:a/b", "split into 2 files"),
        ({"mmproj-m.gguf": b"x"}, "hf:a/b", "no GGUF files"),
    ],
)
def test_repositories_without_the_model(
    hub: TestHub, tmp_path: Path, files: dict[str, bytes], source: str, message: str
) -> None:
    """It is said what there is instead."""
    for name, data in files.items():
        hub.put("a/b", name, data)

    with pytest.raises(DownloadError, match=message):
        prepare(source, tmp_path)


def test_a_repository_that_is_not_there(hub: TestHub, tmp_path: Path) -> None:
    """Or is private: the hub does not tell which."""
    with pytest.raises(DownloadError, match="no repository a/b, or it is private"):
        prepare("hf:a/b", tmp_path)


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b"<html>", b'{"id": 5, "siblings": 7}'])
def test_answers_that_are_none(hub: TestHub, tmp_path: Path, answer: bytes) -> None:
    """A mirror that is none gets one line, not a traceback."""
    hub.answer_instead = answer

    with pytest.raises(DownloadError):
        prepare(SOURCE, tmp_path)


def test_a_hub_that_says_no_hash_is_not_believed(hub: TestHub, tmp_path: Path) -> None:
    """What cannot be checked is not fetched by its name."""
    hub.says_hashes = False

    with pytest.raises(DownloadError, match="could not be checked"):
        prepare(SOURCE, tmp_path)


def test_a_hub_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")

    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:1 cannot be reached"):
        prepare(SOURCE, tmp_path)


def test_an_address_from_a_browser_is_the_hubs(hub: TestHub, tmp_path: Path) -> None:
    """So that it can be checked."""
    download = prepare(f"{hub.url}/{REPOSITORY}/blob/main/m-q4_k_m.gguf", tmp_path)

    assert download.source == SOURCE
    assert download.files[0].sha256
