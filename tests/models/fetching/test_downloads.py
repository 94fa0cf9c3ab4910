"""Models are fetched whole and checked, or not at all: a hub has all faults of networks."""

from __future__ import annotations

import shutil
from collections import deque
from pathlib import Path

import pytest

from ownstack.errors import DownloadError, ModelCorruptError, ModelError, OfflineError
from ownstack.models import catalogue
from ownstack.models.fetching import downloads
from ownstack.models.fetching.downloads import Progress, prepare
from tests.support.hub import TestHub
from tests.support.pulling import REPOSITORY, SIZE, SOURCE, files_in, pulled


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


def test_names_lead_nowhere_else(hub: TestHub, tmp_path: Path, content: bytes) -> None:
    """What a hub calls a file is made a plain name in the folder."""
    hub.put("a/b", "x/..%2f..%2f..ev il\x1b.gguf", content)

    download = prepare("hf:a/b", tmp_path)

    path = download.path(download.files[0])
    assert path.parent == tmp_path / "a--b"
    assert path.name == "_2f.._2f..ev_il_.gguf"
