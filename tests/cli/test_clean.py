"""`ownstack clean`: lists what is kept, and removes that and nothing else."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.locking import FileLock
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home, short_hash
from tests.support.kept import fill, snapshot

Clean = Callable[..., tuple[int, str, str]]


@pytest.fixture
def clean(capsys: pytest.CaptureFixture[str]) -> Clean:
    """Run the command; return its status, and what it printed to whom."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(["clean", *arguments])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def filled(home: Home, tmp_path: Path) -> Home:
    """A home in which work was done."""
    fill(home, tmp_path / "outside")
    return home


def root_of(home: Home) -> Path:
    return home.config.parent


def test_an_empty_home(clean: Clean, home: Home) -> None:
    """Nothing is there, and nothing is made by looking."""
    before = snapshot(root_of(home))

    assert clean() == (0, "Ownstack keeps nothing here.\n", "")
    assert clean("--everything", "--yes")[0] == 0
    assert snapshot(root_of(home)) == before


def test_it_only_lists(clean: Clean, filled: Home, tmp_path: Path) -> None:
    """What each thing is, how large, whether it is the user's; nothing is changed."""
    before = snapshot(root_of(filled))

    status, out, err = clean()

    assert (status, err) == (0, "")
    assert f"the index of {tmp_path / 'outside' / 'project'}: " in out
    assert "Models that were downloaded (--models, yours)" in out
    assert "Caches, made again when they are needed (--caches)" in out
    assert f"the model own: {tmp_path / 'outside' / 'own.gguf'}" in out
    assert "Left" not in out
    assert snapshot(root_of(filled)) == before


@pytest.mark.process
def test_everything_leaves_nothing_but_what_is_the_users(
    clean: Clean, home: Home, tmp_path: Path
) -> None:
    """All that work has left in a home is known by name here. Nothing outside is touched."""
    fill(home, tmp_path / "outside", indexes=True)
    outside = snapshot(tmp_path / "outside")

    status, out, err = clean("--everything", "--yes")

    assert (status, err) == (0, "")
    assert out.endswith("B\n")
    assert sorted(path.name for path in root_of(home).iterdir()) == ["gitconfig"]
    assert snapshot(tmp_path / "outside") == outside


def test_caches_alone(clean: Clean, filled: Home) -> None:
    """All else stays as it is, and what was made of adapters goes with those."""
    kept = [filled.config, filled.data, filled.state, filled.folded_adapters_folder]
    before = [snapshot(folder) for folder in kept]

    assert clean("--caches", "--yes")[0] == 0

    assert list(filled.cache.iterdir()) == [filled.folded_adapters_folder]
    assert [snapshot(folder) for folder in kept] == before


def test_models_that_were_downloaded(clean: Clean, filled: Home, tmp_path: Path) -> None:
    """They are forgotten, too; the user's own files stay, and stay known."""
    assert clean("--models", "--yes")[0] == 0

    assert list(ModelRegistry(filled.models_file).paths()) == ["own"]
    assert (tmp_path / "outside" / "own.gguf").is_file()
    assert not filled.models_folder.exists()


def test_a_downloaded_model_beside_the_users_own(clean: Clean, filled: Home) -> None:
    """Of a folder full of models one is ours."""
    own = filled.models_folder / "owner--model-GGUF" / "tiny-q5.gguf"
    own.write_bytes(b"GGUF")

    status, out, _ = clean("--everything", "--yes")

    assert status == 0
    assert f"Left, not ours: {own}" in out
    assert list(own.parent.iterdir()) == [own]


def test_for_programs(clean: Clean, filled: Home, tmp_path: Path) -> None:
    """The list, and what became of it, as JSON alone."""
    listed = json.loads(clean("--json")[1])
    status, out, _ = clean("--everything", "--yes", "--json")
    told = json.loads(out)

    groups = {group["group"]: group for group in listed["groups"]}
    assert [group for group, said in groups.items() if said["own"]] == [
        "models",
        "adapters",
        "conversations",
        "statistics",
        "settings",
    ]
    [index] = [item for item in groups["caches"]["items"] if "project" in item]
    assert (index["project"], index["projectExists"]) == (str(tmp_path / "outside/project"), True)
    assert all(group["sizeBytes"] > 0 for group in listed["groups"])
    assert listed["added"] == [{"name": "own", "path": str(tmp_path / "outside/own.gguf")}]
    assert (status, told["groups"], told["problems"]) == (0, [], [])
    assert told["removedBytes"] > 0


def test_it_asks_for_each_group(
    clean: Clean, filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal it must be said; in one, no is no, and what is the user's is named so."""
    before = snapshot(root_of(filled))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert clean("--logs")[0] == 2

    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return "y" if "logs" in question else ""

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", answer)
    assert clean("--conversations")[0] == 1
    assert snapshot(root_of(filled)) == before
    assert clean("--everything")[0] == 0

    assert not filled.state.exists()
    assert filled.conversations_file.exists()
    assert "They are yours and do not come back." in asked[0]
    assert not any("yours" in question for question in asked if "logs" in question)


def test_what_is_used_stays(clean: Clean, filled: Home, tmp_path: Path) -> None:
    """It is said; the rest goes on."""
    index = filled.cache / "index" / short_hash(str((tmp_path / "outside/project").resolve()))
    lock = FileLock.take(index / "lock")
    assert lock is not None
    with lock:
        status, _, err = clean("--caches", "--yes")

    assert status == 1
    assert f"{index} is still there: it is in use" in err
    assert index.is_dir()
    assert not filled.speeds_file.exists()


def test_what_is_being_learned_stays(clean: Clean, filled: Home) -> None:
    """Whoever learns holds a lock; what is begun is not taken from under it."""
    lock = FileLock.take(filled.training_file.with_suffix(".lock"))
    assert lock is not None
    with lock:
        status, _, err = clean("--caches", "--running", "--yes")

    assert status == 1
    assert f"{filled.learning_folder / ('a' * 16)} is still there: it is in use: end the" in err
    assert filled.training_file.exists()
    assert clean("--caches", "--running", "--yes")[0] == 0
    assert not filled.learning_folder.exists()


def test_adapters(clean: Clean, filled: Home, tmp_path: Path) -> None:
    """They are named with what they were learned from, and are the user's."""
    out = clean()[1]
    assert "What models have learned from your code (--adapters, yours)" in out
    assert f"the adapter project of coder, learned from {tmp_path / 'outside' / 'project'}: " in out

    assert clean("--adapters", "--yes")[0] == 0
    assert not filled.adapters_folder.exists()
    assert not filled.folded_adapters_folder.exists()
    assert filled.kept_lines_file.exists()


def test_a_strangers_file_beside_an_adapter_stays(clean: Clean, filled: Home) -> None:
    """A folder of ours may hold what is not."""
    [folder] = [path for path in filled.adapters_folder.iterdir() if path.is_dir()]
    (folder / "notes.txt").write_text("mine")

    assert clean("--adapters", "--yes")[0] == 0
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_a_conversation_that_is_open_stays(clean: Clean, filled: Home) -> None:
    """Who writes it holds a lock."""
    lock = FileLock.take(filled.conversations_file.parent / "writers" / ("0" * 32))
    assert lock is not None
    with lock:
        status, _, err = clean("--conversations", "--yes")

    assert status == 1
    assert "close the editor windows and chats" in err
    assert filled.conversations_file.exists()
    assert clean("--conversations", "--yes")[0] == 0


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() == 0, reason="root may remove it")
def test_a_file_that_cannot_be_removed_is_named(clean: Clean, filled: Home) -> None:
    """The rest goes on, and the exit status is 1."""
    folder = filled.cache / "probe"
    folder.chmod(0o500)
    try:
        status, _, err = clean("--caches", "--yes")
    finally:
        folder.chmod(0o700)

    assert status == 1
    assert "Permission denied" in err
    assert not filled.speeds_file.exists()


def test_a_refusal_of_the_system_is_named(
    clean: Clean, filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that cannot be removed stays, the others go, and the exit status is 1."""
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path == filled.speeds_file:
            raise PermissionError(1, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    status, _, err = clean("--caches", "--yes")

    assert status == 1
    assert err == f"ownstack: {filled.speeds_file} is still there: Operation not permitted.\n"
    left = {filled.speeds_file, filled.folded_adapters_folder}
    assert set(filled.cache.iterdir()) == left


@pytest.mark.process
def test_a_daemon_ends_first(clean: Clean, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked about, or agreed to by --yes; nothing of it stays."""
    from ownstack.daemon import lifecycle
    from ownstack.daemon.handshake import Hello

    lifecycle.start(home)
    try:
        assert "Sockets and locks" in clean()[1]
        monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
        monkeypatch.setattr("builtins.input", lambda question: "n" if "End it" in question else "y")
        assert clean("--logs")[0] == 1
        assert lifecycle.ask(home, Hello("status")) is not None
        assert clean("--everything", "--yes")[0] == 0
        assert lifecycle.ask(home, Hello("status")) is None
    finally:
        lifecycle.stop(home)
    assert sorted(path.name for path in root_of(home).iterdir()) == ["gitconfig"]
