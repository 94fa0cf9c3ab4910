"""Conversations on disk: whole or not at all, of this model or none."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

import pytest

from ownstack.engine.llama.chat import saved as saved_module
from ownstack.engine.llama.chat.held import Part
from ownstack.engine.llama.chat.saved import ConversationStore, SavedConversation

TALK = SavedConversation(
    name="a/../b",
    date=datetime(2026, 3, 1),
    tokens=tuple(range(300)),
    parts=(Part("<|im_start|>", control=True), Part("ünï\ud800", control=False)),
    prompt_tokens=290,
    raw="Hello",
    state=bytes(range(256)) * 40,
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights" * 1_000)
    return path


@pytest.fixture
def store(tmp_path: Path, model: Path) -> ConversationStore:
    return ConversationStore(tmp_path / "kept", model, "build 1")


def the_file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "kept").iterdir()
    return path


def test_a_conversation_comes_back(store: ConversationStore, tmp_path: Path) -> None:
    """As it was, in a file that only its owner reads, in the folder it belongs to."""
    assert store.save(TALK)
    loaded = store.load(TALK.name)

    assert loaded is not None
    assert (loaded.tokens, loaded.state, loaded.date) == (TALK.tokens, TALK.state, TALK.date)
    assert loaded.parts[0] == TALK.parts[0]
    if os.name == "posix":
        assert the_file(tmp_path).stat().st_mode & 0o77 == 0


def test_another_conversation_is_not_there(store: ConversationStore) -> None:
    """Nothing is returned for a name that was never kept, or no more."""
    store.save(TALK)
    store.delete(TALK.name)

    assert store.load("other") is None
    assert store.load(TALK.name) is None


def test_another_model_and_another_build(
    store: ConversationStore, model: Path, tmp_path: Path
) -> None:
    """Keys and values mean nothing to them."""
    store.save(TALK)
    other_build = ConversationStore(tmp_path / "kept", model, "build 2")
    model.write_bytes(b"Weights" * 1_000)
    other_model = ConversationStore(tmp_path / "kept", model, "build 1")

    assert other_build.load(TALK.name) is None
    assert other_model.load(TALK.name) is None
    assert store.load(TALK.name) is not None


@pytest.mark.parametrize("at", [0, 20, 200, 5_000, -40, -1])
def test_a_changed_byte(store: ConversationStore, tmp_path: Path, at: int) -> None:
    """The file is refused as a whole, and deleted."""
    store.save(TALK)
    path = the_file(tmp_path)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)

    assert store.load(TALK.name) is None
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 10, 31, 32, 60, 1_000, -1])
def test_a_file_that_is_cut_off(store: ConversationStore, tmp_path: Path, size: int) -> None:
    """At any place: nothing of it is used."""
    store.save(TALK)
    path = the_file(tmp_path)
    path.write_bytes(path.read_bytes()[:size])

    assert store.load(TALK.name) is None


def test_the_folder_is_bounded(
    store: ConversationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not used for longest goes first."""
    for number in range(4):
        store.save(SavedConversation(f"{number}", *_rest(TALK)))
    size = max(path.stat().st_size for path in (tmp_path / "kept").iterdir())
    files = sorted((tmp_path / "kept").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    for order, path in enumerate(files):
        os.utime(path, (1_000 + order, 1_000 + order))
    monkeypatch.setattr(saved_module, "MAX_FOLDER", 3 * size + 100)

    store.load("0")
    store.save(SavedConversation("new", *_rest(TALK)))

    left = [name for name in ("0", "1", "2", "3", "new") if store.load(name) is not None]
    assert len(left) <= 3
    assert {"0", "new"} <= set(left)


def test_one_that_is_too_large(store: ConversationStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not kept."""
    monkeypatch.setattr(saved_module, "MAX_FILE", 1_000)

    assert not store.save(TALK)
    assert store.load(TALK.name) is None


def test_a_disk_that_refuses(tmp_path: Path, model: Path) -> None:
    """A cache that cannot be written is none, and nobody fails of it."""
    (tmp_path / "file").write_text("x")

    assert not ConversationStore(tmp_path / "file", model, "build").save(TALK)


def _rest(talk: SavedConversation) -> tuple[object, ...]:
    return (talk.date, talk.tokens, talk.parts, talk.prompt_tokens, talk.raw, talk.state)
