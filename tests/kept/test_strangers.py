"""Nothing is removed that Ownstack did not make, wherever it lies and however it is called."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.kept.inventory import look
from ownstack.paths import Home, private_folder
from tests.support.kept import fill, snapshot

NAMES = (
    "data", "models", "index", "cache", "log", "run", "config", "conversations", "checkpoints",
    "tables", "index.json", "index.jsonl", "models.toml.bak", "my models.toml", "daemon.log.old",
    "daemon.log.gz", "log.sqlite3", "signals.sqlite.copy", "speeds.json~", "a b", "ä", "-rf",
    "new\nline", "0123456789abcdef0", "0123456789ABCDEF", ".hidden", "x.gguf", "x.gguf.part",
    "environments", "pyvenv.cfg", "lock", "readers", "writers", "editors", "blobs", "notes.md",
)  # fmt: skip
"""Much like those of ours, or ours in another place."""


@pytest.mark.parametrize("seed", range(8))
def test_a_home_in_use(home: Home, tmp_path: Path, seed: int) -> None:
    """`OWNSTACK_HOME` is a folder with much else: all of that is as it was."""
    fill(home, tmp_path / "outside")
    (tmp_path / "outside" / "valued.txt").write_text("valued")
    root, mine = home.config.parent, {}
    ours = set(snapshot(root))
    draw = random.Random(seed)
    folders = [path for path in (root, *root.rglob("*")) if path.is_dir() and not within(path)]
    for _ in range(60):
        place = draw.choice(folders) / draw.choice(NAMES)
        if os.path.lexists(place) or is_ours(place.relative_to(root)):
            continue
        kind = draw.choice(("file", "folder", "link"))
        if kind == "file":
            place.write_bytes(draw.randbytes(20))
        elif kind == "folder":
            place.mkdir()
            (place / draw.choice(NAMES)).write_bytes(b"inner")
            if draw.random() < 0.3:
                folders.append(place)
        else:
            place.symlink_to(tmp_path / "outside", target_is_directory=True)
    mine = {name: what for name, what in snapshot(root).items() if name not in ours}
    outside = snapshot(tmp_path / "outside")

    assert main(["clean", "--everything", "--yes"]) == 0

    left = snapshot(root)
    assert {name: left.get(name) for name in mine} == mine
    assert snapshot(tmp_path / "outside") == outside
    assert [name for name in left if left[name] != "folder" and name not in mine] == ["gitconfig"]


def within(folder: Path) -> bool:
    """Say whether all that is in a folder is ours: the tables of an index."""
    return "tables" in folder.parts


def is_ours(place: Path) -> bool:
    """Say whether a name of `NAMES` would be of ours at a place."""
    parts = place.parts
    in_index = parts[:2] == ("cache", "index") and len(parts) == 4
    return in_index and parts[3] in ("tables", "lock", "readers", "index.json")


@pytest.mark.parametrize("part", ["cache", "cache/index", "data/models", "log"])
def test_links_are_not_followed(home: Home, tmp_path: Path, part: str) -> None:
    """A folder of ours that leads elsewhere is left, with what lies there."""
    fill(home, tmp_path / "outside")
    place = home.config.parent / part
    place.rename(tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    if part == "data/models":
        home.models_file.unlink()  # It names the file that was downloaded there.
    before = snapshot(tmp_path / "elsewhere")

    found = look(home)
    assert main(["clean", "--everything", "--yes"]) == 0

    assert place in found.left
    assert place.is_symlink()
    assert snapshot(tmp_path / "elsewhere") == before


def test_the_users_own_folders_stay(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By mistake the home is the user's: `~/data` and the like may have been there before."""
    fill(home, tmp_path / "outside")
    monkeypatch.setattr(Path, "home", lambda: home.config.parent)

    assert main(["clean", "--everything", "--yes"]) == 0

    assert list(home.data.iterdir()) == []
    assert list(home.cache.iterdir()) == []


def environment(folder: Path, name: str, outside: Path) -> Path:
    """Make what looks like an environment of the extension's."""
    made = folder / "environments" / name
    (made / "bin").mkdir(parents=True)
    (made / "pyvenv.cfg").write_text("home = /usr/bin\n")
    (made / "bin" / "python").symlink_to(outside)
    (made / "lib64").symlink_to(outside.parent, target_is_directory=True)
    return made


def test_environments_of_editors(home: Home, tmp_path: Path) -> None:
    """Those that the note names, in their folder; links in them go, and not what they lead to."""
    valued = tmp_path / "outside" / "python"
    valued.parent.mkdir()
    valued.write_text("valued")
    storage = tmp_path / "storage"
    environment(storage, "0123abcd.ef01", valued)
    (storage / "environments.json").write_text("{}")
    (storage / "other.json").write_text("{}")
    # What is left of one that was made or removed half-way, and who uses which.
    for name in ("0123abcd.ef01.wheels", ".removed-0123abcd", ".uses"):
        (storage / "environments" / name).mkdir()
        (storage / "environments" / name / "4711").touch()
    (storage / "environments" / "0123abcd.ef02" / "bin").mkdir(parents=True)
    (storage / "environments" / ".uses" / "4711.0123abcd").touch()
    for name in ("environments.json.0123abcd", "environments.lock.4711"):
        (storage / name).touch()
    # The settings may name any folder.
    mine = [environment(storage, name, valued) for name in ("my own", "0123abcd", "abcd.ef01")]
    (storage / "environment" / "bin").mkdir(parents=True)
    (storage / "environment" / "pyvenv.cfg").write_text("home = /usr/bin\n")
    kept = snapshot(mine[0])
    note = private_folder(home.editors_folder) / f"{'0' * 16}.json"
    note.write_text(json.dumps({"folders": [str(storage), str(tmp_path / "none"), 5, "relative"]}))

    left = look(home).left
    assert main(["clean", "--everything", "--yes"]) == 0

    assert sorted(path.name for path in storage.iterdir()) == [
        "environment",
        "environments",
        "other.json",
    ]
    assert set((storage / "environments").iterdir()) == set(mine) <= set(left)
    assert [snapshot(folder) for folder in mine] == [kept] * 3
    assert (storage / "environment" / "pyvenv.cfg").exists()
    assert valued.read_text() == "valued"
    assert not home.data.exists()


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"folders": 5}', "[" * 9_000]
    + [f'{{"folders": ["/{odd}"]}}' for odd in ("\\u0000", "\\ud800", "a" * 9_000)],
)
def test_a_note_that_is_damaged(home: Home, text: str) -> None:
    """It names no folder; it is removed."""
    (private_folder(home.editors_folder) / f"{'0' * 16}.json").write_text(text)

    assert main(["clean", "--everything", "--yes"]) == 0
    assert not home.data.exists()
