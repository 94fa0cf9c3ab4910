"""Models are fetched whole and checked, or not at all: a hub has all faults of networks."""

from __future__ import annotations

import hashlib
import random
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownstack.errors import DownloadError, ModelCorruptError, ModelError, OfflineError
from ownstack.models import catalogue
from ownstack.models.fetching import downloads, transfer
from ownstack.models.fetching.downloads import Progress, fetch, prepare
from tests.support import hub as hubs
from tests.support.gguf_models import make_gguf
from tests.support.hub import TestHub

REPOSITORY = "owner/model-GGUF"
SOURCE = f"hf:{REPOSITORY}/m-q4_k_m.gguf"
SIZE = 1_000_000


@pytest.fixture(scope="module")
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


def pulled(
    source: str,
    folder: Path,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stop: threading.Event | None = None,
    sha256: str = "",
) -> list[Path]:
    """Fetch without waiting between attempts."""
    return fetch(prepare(source, folder, sha256=sha256), on_progress, stop, first_pause_s=0)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.suffix != ".lock")


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


def test_progress_is_told(hub: TestHub, tmp_path: Path) -> None:
    """First how much is fetched, then how much is checked, both up to the whole size."""
    told: list[Progress] = []

    pulled(SOURCE, tmp_path, told.append)

    phases = [progress.phase for progress in told]
    assert phases == sorted(phases, reverse=True)
    assert {progress.total_bytes for progress in told} == {SIZE}
    for phase in ("fetching", "checking"):
        assert [p.done_bytes for p in told if p.phase == phase][-1] == SIZE


def test_what_is_there_is_not_fetched_again(hub: TestHub, tmp_path: Path) -> None:
    """It is only checked."""
    first = pulled(SOURCE, tmp_path)
    asked = len(hub.contents_asked())

    assert pulled(SOURCE, tmp_path) == first
    assert len(hub.contents_asked()) == asked


def test_a_wrong_hash_never_becomes_a_file(hub: TestHub, tmp_path: Path, content: bytes) -> None:
    """One bit is enough: it is thrown away, and the next attempt begins anew."""
    hub.sent_instead = content[:-1] + bytes([content[-1] ^ 1])

    with pytest.raises(DownloadError, match="another hash"):
        pulled(SOURCE, tmp_path)

    assert files_in(tmp_path / "owner--model-GGUF") == []
    hub.sent_instead = None
    [path] = pulled(SOURCE, tmp_path)
    assert path.read_bytes() == content


def test_a_file_that_was_right_and_is_damaged_is_fetched_again(
    hub: TestHub, tmp_path: Path, content: bytes
) -> None:
    """What lies under the name is checked before it is believed."""
    [path] = pulled(SOURCE, tmp_path)
    path.write_bytes(content[:-1] + b"x")

    assert pulled(SOURCE, tmp_path) == [path]
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        ({"said_size": SIZE + 1}, "says that the file has 1,000,001 bytes"),
        ({"said_size": SIZE - 1}, "says that the file has 999,999 bytes"),
        ({"sent_instead": b"GGUF" * (SIZE // 4 + 1)}, "it should have 1,000,000"),
        ({"sent_instead": b"GGUF" * (SIZE // 4 + 1), "says_length": False, "knows_ranges": False},
         "sends more than"),
        ({"sent_instead": b"<html>Log in, please" + b" " * (SIZE - 20)}, "no GGUF file"),
    ],
)  # fmt: skip
def test_lies_are_refused(
    hub: TestHub, tmp_path: Path, faults: dict[str, object], message: str
) -> None:
    """About the size, or about what it is: one line that says so, and nothing is left."""
    for name, value in faults.items():
        setattr(hub, name, value)

    with pytest.raises(DownloadError, match=message):
        pulled(SOURCE, tmp_path)

    assert [path for path in tmp_path.rglob("*.gguf*") if path.suffix == ".gguf"] == []


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


@pytest.mark.parametrize(
    "source", ["hf:a/split", "hf:a/split:Q4_K_M", "hf:a/split/q/m-Q4_K_M-00002-of-00003.gguf"]
)
def test_all_parts_of_a_split_model_are_fetched(
    hub: TestHub, tmp_path: Path, content: bytes, source: str
) -> None:
    """Whichever was named, in order, side by side."""
    for number in (3, 1, 2):
        hub.put("a/split", f"q/m-Q4_K_M-0000{number}-of-00003.gguf", content + b"%d" % number)
    hub.breaks = deque([500_000, 10_000])
    told: list[Progress] = []

    paths = pulled(source, tmp_path, told.append)

    assert [path.name for path in paths] == [f"m-Q4_K_M-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    assert [path.read_bytes()[-1:] for path in paths] == [b"1", b"2", b"3"]
    assert told[-1].done_bytes == told[-1].total_bytes == 3 * (SIZE + 1)


def test_no_room_on_the_disk_is_said_before(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is fetched then."""
    usage = shutil.disk_usage(tmp_path)._replace(free=100_000_000)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda path: usage)

    with pytest.raises(DownloadError, match=r"no room.*0\.1 GB are free.*--to"):
        pulled(SOURCE, tmp_path)

    assert hub.contents_asked() == []


def test_a_folder_that_cannot_be_written(hub: TestHub, tmp_path: Path) -> None:
    """One line."""
    (tmp_path / "owner--model-GGUF").write_text("a file")

    with pytest.raises(DownloadError, match="cannot be written"):
        pulled(SOURCE, tmp_path)


def test_two_processes_do_not_fetch_one_file(hub: TestHub, tmp_path: Path) -> None:
    """The second one says so."""
    refused: list[str] = []

    def again(progress: Progress) -> None:
        if not refused:
            with pytest.raises(DownloadError, match="being downloaded already") as error:
                pulled(SOURCE, tmp_path)
            refused.append(str(error.value))

    pulled(SOURCE, tmp_path, again)

    assert len(refused) == 1


@pytest.mark.parametrize("variable", downloads.OFFLINE_VARIABLES)
def test_offline_is_refused_with_the_reason(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Before anything is asked of anybody."""
    monkeypatch.setenv(variable, "1")

    with pytest.raises(OfflineError, match=f"{variable} is set"):
        prepare(SOURCE, tmp_path)

    monkeypatch.setenv(variable, "0")
    with pytest.raises(OfflineError, match=r"ownstack\.models\.offline"):
        prepare(SOURCE, tmp_path, offline=True)
    assert hub.asked == []


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


def test_a_hub_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")

    with pytest.raises(DownloadError, match=r"127\.0\.0\.1:1 cannot be reached"):
        prepare(SOURCE, tmp_path)


def test_an_address_is_fetched_and_taken_up_by_its_tag(
    hub: TestHub, tmp_path: Path, content: bytes
) -> None:
    """A file that has changed meanwhile is begun anew: its halves would not belong together."""
    url = f"{hub.url}/content/{REPOSITORY}/m-q4_k_m.gguf"
    hub.breaks = deque([300_000, 300_000])

    [path] = pulled(url, tmp_path)

    assert path.read_bytes() == content
    starts = [request.headers["range"] for request in hub.contents_asked()]
    assert starts == ["bytes=0-", "bytes=300000-", "bytes=600000-"]

    other = content + b"!"
    path.unlink()
    hub.breaks = deque([300_000])
    hub.asked.clear()

    def changed(progress: Progress) -> None:
        hub.etag, hub.files[REPOSITORY]["m-q4_k_m.gguf"] = '"2"', other

    [path] = pulled(url, tmp_path, changed)
    assert path.read_bytes() == other


def test_an_address_without_encryption_needs_a_hash(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody on the way could send something else."""
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    url = "http://models.invalid/content/owner/model-GGUF/m-q4_k_m.gguf"

    with pytest.raises(DownloadError, match=r"without encryption.*--sha256"):
        pulled(url, tmp_path)
    with pytest.raises(DownloadError, match="64 hexadecimal digits"):
        prepare(url, tmp_path, sha256="abc")
    with pytest.raises(DownloadError, match="another hash"):
        pulled(url, tmp_path, sha256="0" * 64)


def test_what_is_no_model_inside_is_thrown_away(hub: TestHub, tmp_path: Path) -> None:
    """A right hash of a damaged file makes no model."""
    hub.put("a/b", "m.gguf", b"GGUF\3\0\0\0" + b"\xff" * 1_000)

    with pytest.raises(ModelCorruptError, match=r"m\.gguf is not a usable GGUF file"):
        pulled("hf:a/b", tmp_path)

    assert files_in(tmp_path / "a--b") == []


def test_the_catalogue_knows_which_file_it_was(
    hub: TestHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one under the same name is not taken for it."""
    known = catalogue.named("qwen2.5-coder-0.5b")
    hub.put(known.repository, known.file, b"GGUF")

    with pytest.raises(DownloadError, match=r"another file than.*ownstack models pull hf:Qwen"):
        prepare("qwen2.5-coder-0.5b", tmp_path)


@pytest.mark.parametrize(
    "source",
    [
        "qwen-9000",
        "hf:",
        "hf:a",
        "hf:a/../b",
        "hf:a/b/../../m.gguf",
        "hf:a/b/m.bin",
        "./m.gguf",
        "ftp://host/m.gguf",
        "https://host/m.zip",
        "https://user:secret@host/m.gguf",
        "https://host:99999/m.gguf",
        "https://host/m-00001-of-00002.gguf",
        "",
    ],
)
def test_what_is_no_source(hub: TestHub, tmp_path: Path, source: str) -> None:
    """Nobody is asked, and no secret is repeated."""
    with pytest.raises(ModelError) as error:
        prepare(source, tmp_path)

    assert "secret" not in str(error.value)
    assert hub.asked == []


def test_an_address_from_a_browser_is_the_hubs(hub: TestHub, tmp_path: Path) -> None:
    """So that it can be checked."""
    download = prepare(f"{hub.url}/{REPOSITORY}/blob/main/m-q4_k_m.gguf", tmp_path)

    assert download.source == SOURCE
    assert download.files[0].sha256


def test_names_lead_nowhere_else(hub: TestHub, tmp_path: Path, content: bytes) -> None:
    """What a hub calls a file is made a plain name in the folder."""
    hub.put("a/b", "x/..%2f..%2f..ev il\x1b.gguf", content)

    download = prepare("hf:a/b", tmp_path)

    path = download.path(download.files[0])
    assert path.parent == tmp_path / "a--b"
    assert path.name == "_2f.._2f..ev_il_.gguf"
