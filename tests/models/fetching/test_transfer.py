"""Bytes come over connections that break, or not at all."""

from __future__ import annotations

import hashlib
import random
import threading
from collections import deque
from pathlib import Path

import pytest

from ownstack.errors import DownloadError
from ownstack.models.fetching import transfer
from ownstack.models.fetching.downloads import Progress
from tests.support.hub import TestHub
from tests.support.pulling import SIZE, SOURCE, files_in, pulled


@pytest.mark.parametrize("resets", [False, True], ids=["ends", "resets"])
@pytest.mark.parametrize("seed", range(4))
def test_ten_disconnects_at_random_and_the_hash_is_right(
    hub: TestHub, tmp_path: Path, content: bytes, seed: int, resets: bool
) -> None:
    """Each connection goes on where the last one broke; nothing is fetched from the beginning."""
    chance = random.Random(seed)
    hub.breaks = deque(chance.randrange(1, SIZE // 11) for _ in range(10))
    hub.resets = resets
    told: list[Progress] = []

    [path] = pulled(SOURCE, tmp_path, told.append)

    assert hashlib.sha256(path.read_bytes()).hexdigest() == hashlib.sha256(content).hexdigest()
    assert len(hub.contents_asked()) == 11
    assert told[-1].reconnects == 10
    starts = [request.headers["range"] for request in hub.contents_asked()]
    assert starts.count("bytes=0-") == 1
    assert files_in(tmp_path / "owner--model-GGUF") == [path.name]


def test_a_download_goes_on_in_another_process(
    hub: TestHub, tmp_path: Path, content: bytes
) -> None:
    """What came before the user stopped it is not fetched again."""
    stop = threading.Event()
    hub.breaks = deque([300_000])

    def stopped(progress: Progress) -> None:
        if progress.done_bytes >= 150_000:
            stop.set()

    with pytest.raises(transfer.Cancelled):
        pulled(SOURCE, tmp_path, stopped, stop)
    [part] = tmp_path.rglob("*.part")
    had = part.stat().st_size
    assert had > 0

    [path] = pulled(SOURCE, tmp_path)

    assert path.read_bytes() == content
    assert hub.contents_asked()[-1].headers["range"] == f"bytes={had}-"


def test_a_server_without_ranges_is_begun_anew(
    hub: TestHub, tmp_path: Path, content: bytes
) -> None:
    """It takes longer, and is right."""
    hub.knows_ranges = False
    hub.breaks = deque([250_000, 300_000])

    [path] = pulled(SOURCE, tmp_path)

    assert path.read_bytes() == content


def test_a_server_that_is_busy_is_asked_again(hub: TestHub, tmp_path: Path) -> None:
    """Also by a proxy in front of it; it may say when."""
    hub.statuses = deque([(503, {}), (429, {"retry-after": "0"}), (416, {}), (500, {})])

    [path] = pulled(SOURCE, tmp_path)

    assert path.stat().st_size == SIZE


@pytest.mark.parametrize("where", ["ftp://127.0.0.1", "{hub}/o/r/resolve/main", ""])
def test_redirects_to_nowhere_are_not_followed_for_long(
    hub: TestHub, tmp_path: Path, where: str
) -> None:
    """In a circle, or to another protocol; to another machine is usual."""
    hub.redirects_to = where.format(hub=hub.url)

    if where:
        with pytest.raises(DownloadError, match=r"sends on to where nothing can be fetched"):
            pulled(SOURCE, tmp_path)
        assert hub.contents_asked() == []
    else:
        assert pulled(SOURCE, tmp_path)


def test_a_server_that_has_gone_is_given_up_soon(hub: TestHub, tmp_path: Path) -> None:
    """The hub is there, the machine with the content is not."""
    hub.redirects_to = "http://127.0.0.1:1"

    with pytest.raises(DownloadError, match="cannot be reached"):
        pulled(SOURCE, tmp_path)


def test_a_server_that_never_gets_on_is_given_up(hub: TestHub, tmp_path: Path) -> None:
    """After some attempts that bring nothing, saying that what came is kept."""
    hub.breaks = deque([100] * 50)

    with pytest.raises(DownloadError, match=r"broke off 8 times in a row.*goes on from there"):
        pulled(SOURCE, tmp_path)

    assert len(hub.contents_asked()) == transfer.PATIENCE


@pytest.mark.parametrize(
    ("status", "message"),
    [(401, "HF_TOKEN"), (403, "does not give the file"), (404, "does not have"), (407, "proxy")],
)
def test_refusals_are_said_at_once(hub: TestHub, tmp_path: Path, status: int, message: str) -> None:
    """Asking again would not help."""
    hub.statuses = deque([(status, {})] * 5)

    with pytest.raises(DownloadError, match=message):
        pulled(SOURCE, tmp_path)

    assert len(hub.contents_asked()) == 1


def test_a_proxy_is_used(
    hub: TestHub, tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that the environment names."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    url = "http://models.invalid/content/owner/model-GGUF/m-q4_k_m.gguf"

    [path] = pulled(url, tmp_path, sha256=hashlib.sha256(content).hexdigest())

    assert path.read_bytes() == content
    assert hub.asked[-1].path == url


def test_a_proxy_that_is_not_there(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line names what to look at."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    with pytest.raises(DownloadError, match="HTTPS_PROXY"):
        pulled(SOURCE, tmp_path)
