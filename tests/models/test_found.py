"""Models that other programs have already downloaded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownstack.models import found
from ownstack.models.found import found_on_disk


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home folder with nothing in it."""
    for name in ("OLLAMA_MODELS", "LLAMA_CACHE", "HF_HUB_CACHE", "HF_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setattr(found, "_SHARED_OLLAMA", tmp_path / "shared-ollama")
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def file(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF")
    return path


def ollama(models: Path, name: str, *layers: Any) -> None:
    manifest = models / "manifests" / "registry.ollama.ai" / "library" / name / "latest"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps({"layers": layers}))


def layer(kind: str, digest: str) -> dict[str, str]:
    return {"mediaType": f"application/vnd.ollama.image.{kind}", "digest": digest}


A, B, C = (f"sha256:{letter * 64}" for letter in "abc")


def test_nothing_on_disk() -> None:
    """Folders that are not there are no error."""
    assert found_on_disk() == []


@pytest.mark.parametrize(
    "place",
    [
        ".lmstudio/models/publisher/model/m.gguf",
        ".cache/lm-studio/models/publisher/model/m.GGUF",
        ".cache/llama.cpp/publisher_m.gguf",
        ".cache/huggingface/hub/models--p--m/snapshots/0a1b/m.gguf",
    ],
)
def test_places(user: Path, place: str) -> None:
    """The usual folder of each program is looked through."""
    path = file(user / place)

    assert found_on_disk() == [path]


@pytest.mark.parametrize(
    ("variable", "below"),
    [
        ("LLAMA_CACHE", ""),
        ("HF_HUB_CACHE", ""),
        ("HF_HOME", "hub"),
        ("XDG_CACHE_HOME", "llama.cpp"),
    ],
)
def test_moved_places(
    user: Path, monkeypatch: pytest.MonkeyPatch, variable: str, below: str
) -> None:
    """Folders that the user has moved are found where they are."""
    monkeypatch.setenv(variable, str(user / "big"))
    path = file(user / "big" / below / "m.gguf")

    assert found_on_disk() == [path]


@pytest.mark.parametrize("said", ["{moved}", "  {moved}\n", "elsewhere", "", "\udcff", "\0"])
def test_lm_studio_that_was_moved(user: Path, said: str) -> None:
    """It leaves a file that says where to; one that says nothing is no error."""
    moved, usual = (
        file(home / "models" / "m.gguf") for home in (user / "moved", user / ".lmstudio")
    )
    content = said.format(moved=user / "moved").encode("utf-8", "surrogateescape")
    (user / ".lmstudio-home-pointer").write_bytes(content)

    assert found_on_disk() == [moved if "{moved}" in said else usual]


@pytest.mark.parametrize(
    ("platform", "place"),
    [("darwin", "Library/Caches/llama.cpp"), ("win32", "AppData/Local/llama.cpp")],
)
def test_other_systems(
    user: Path, monkeypatch: pytest.MonkeyPatch, platform: str, place: str
) -> None:
    """llama.cpp keeps its cache where the system wants it."""
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    path = file(user / place / "m.gguf")

    assert found_on_disk() == [path]


def test_ollama_models_are_named_by_manifests(user: Path) -> None:
    """Only the blobs that a manifest calls a model, and each of them once."""
    models = user / ".ollama" / "models"
    blob = file(models / "blobs" / A.replace(":", "-"))
    file(models / "blobs" / B.replace(":", "-"))
    ollama(models, "coder", layer("model", A), layer("template", B), layer("model", C))
    ollama(models, "same", layer("model", A))

    assert found_on_disk() == [blob]
    [model] = found.found_models()
    assert (model.program, model.name) == ("Ollama", "coder:latest")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b'{"layers": 5}',
        b'{"layers": [{"digest": "sha256:../../etc/passwd"}]}',
        b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "../x"}]}',
        b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": 5}]}',
    ],
)
def test_odd_manifests_are_left_out(user: Path, manifest: bytes) -> None:
    """A manifest never leads outside the folder of blobs, nor to an error."""
    models = user / ".ollama" / "models"
    file(models / "x")
    (models / "blobs").mkdir()
    file(models / "manifests" / "odd").write_bytes(manifest)

    assert found_on_disk() == []


def test_what_is_not_a_model(user: Path) -> None:
    """Image projectors and the later files of a split model are left out."""
    folder = user / ".lmstudio" / "models"
    for name in ("mmproj-m.gguf", "m-00002-of-00003.gguf", "readme.md", "m.gguf.part"):
        file(folder / name)
    first = file(folder / "m-00001-of-00003.gguf")

    assert found_on_disk() == [first]


def test_links_to_one_file_count_once(user: Path) -> None:
    """The Hugging Face cache links names to blobs; the name is what is shown."""
    hub = user / ".cache" / "huggingface" / "hub" / "models--p--m"
    blob = file(hub / "blobs" / "0a1b")
    for snapshot in ("one", "two"):
        named = hub / "snapshots" / snapshot / "m.gguf"
        named.parent.mkdir(parents=True)
        named.symlink_to(blob)

    assert found_on_disk() == [hub / "snapshots" / "one" / "m.gguf"]


def test_a_huge_folder_is_not_searched_to_its_end(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Doctor stays quick."""
    monkeypatch.setattr(found, "MAX_ENTRIES", 3)
    paths = [file(user / ".lmstudio" / "models" / f"{n}.gguf") for n in range(9)]

    assert found_on_disk() == paths[:3]
