"""What an index keeps on disk is damaged in every way: it is set aside, made again, and said."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from ownstack.index.project import ProjectIndex
from ownstack.index.storage.folder import folder_of
from tests.support.indexing import found, open_index

pytestmark = pytest.mark.process

needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs")


def be_folder(place: Path) -> None:
    """A folder with something in it stands in a file's place, a file in a folder's."""
    if place.is_dir():
        shutil.rmtree(place)
        place.write_text("x")
    else:
        place.unlink()
        (place / "x").mkdir(parents=True)


def be_short(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
    else:
        os.truncate(place, place.stat().st_size // 2)


def be_empty(place: Path) -> None:
    if place.is_dir():
        shutil.rmtree(place)
        place.mkdir()
    else:
        os.truncate(place, 0)


def be_link(place: Path) -> None:
    """To what never ends."""
    be_nothing(place)
    place.symlink_to("/dev/zero")


def be_loop(place: Path) -> None:
    """A link to itself."""
    be_nothing(place)
    place.symlink_to(place.name)


def be_fifo(place: Path) -> None:
    """Nobody ever writes to it."""
    be_nothing(place)
    os.mkfifo(place)


def be_noise(place: Path) -> None:
    n_bytes = 4_096 if place.is_dir() else max(64, place.stat().st_size)
    be_nothing(place)
    place.write_bytes(bytes(range(256)) * (n_bytes // 256 + 1))


def be_huge(place: Path) -> None:
    """Ten gigabytes that take no space."""
    if place.is_file():
        os.truncate(place, 10_000_000_000)


def be_nothing(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


WAYS = [be_folder, be_short, be_empty, be_link, be_loop, be_fifo, be_noise, be_huge, be_nothing]
HEADS = [
    *("", "null", "[]", "3", '"x"', "{}", "[" * 100_000, '{"schema": "x"}', '{"schema": {}}'),
    *('{"schema": 1e999}', '{"schema": [2], "root": 1, "embedder": {}, "dim": "2"}', "\ud800"),
]


def places(folder: Path) -> list[Path]:
    """The folder, what is in it, and of a table what is read first and what is read last."""
    tables = folder / "tables"
    first = sorted((tables / "files.lance" / "_versions").iterdir())[-1]
    last = sorted((tables / "vectors.lance" / "data").iterdir())[0]
    named = [folder / name for name in ("index.json", "lock", "tables")]
    return [folder, *named, tables / "chunks.lance", first, last]


def check(root: Path, cache: Path) -> None:
    """It is there again, and once more nothing is wrong."""
    index = open_index(root, cache)
    index.refresh()
    assert found(index, "bind_socket") >= {"app/net.py", "app/server.py"}
    assert index.snapshot.embedded_count == index.snapshot.chunk_count
    assert "in memory only" not in index.status().message
    index.close()
    again = open_index(root, cache)
    assert again.refresh().read == ()
    assert again.status().message == ""
    again.close()


@needs_fifo
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_whatever_stands_in_the_place_of_what_was_stored(
    root: Path, cache: Path, index: ProjectIndex, way: Callable[[Path], None]
) -> None:
    """Each file and folder in turn: no search fails of it, none waits, nothing is lost."""
    index.close()
    folder = folder_of(cache, root)
    kept = cache.with_name("kept")
    shutil.copytree(folder, kept)
    for place in places(kept):
        be_nothing(folder)
        be_nothing(folder.with_name(folder.name + ".damaged"))
        shutil.copytree(kept, folder)
        way(folder / place.relative_to(kept))

        check(root, cache)


@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_a_head_that_says_something_else(
    root: Path, cache: Path, index: ProjectIndex, head: str
) -> None:
    """Of other types, too deep, of another version: it is said that the index is made again."""
    index.close()
    folder = folder_of(cache, root)
    (folder / "index.json").write_text(head, "utf-8", "surrogatepass")

    made = open_index(root, cache)
    made.refresh()
    message = made.status().message
    made.close()

    assert "It is made again." in message
    check(root, cache)


def test_a_folder_stands_where_the_head_is_written(
    root: Path, cache: Path, index: ProjectIndex
) -> None:
    """And where locks are: they are set aside, and the index is kept on disk."""
    index.close()
    folder = folder_of(cache, root)
    for name in ("index.json.partial", "readers"):
        be_nothing(folder / name)
        (folder / name / "x").mkdir(parents=True)
    head = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps(head | {"embedder": "another"}))

    check(root, cache)
