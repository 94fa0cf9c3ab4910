"""Checkpoints keep each content once, stay within bounds, and say when one is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.chat.checkpoints import Checkpoints, Saved
from ownstack.errors import EditError


def blobs(folder: Path) -> int:
    return len(list((folder / "blobs").iterdir()))


def test_what_is_kept(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "c")
    files = {
        "a.py": Saved(b"one\r\n", "1"),
        "b.py": Saved(None, "2"),
        "c.py": Saved(b"one\r\n", ""),
    }

    name = kept.save("s1", files)

    assert kept.get(name) == files
    assert blobs(tmp_path / "c") == 1
    assert (tmp_path / "c").stat().st_mode & 0o077 == 0


def test_the_oldest_go_first(tmp_path: Path) -> None:
    """By number and by size; the newest always stays."""
    few = Checkpoints(tmp_path / "few", max_count=2)
    names = [few.save("s", {"a": Saved(bytes([number]), "")}) for number in range(4)]
    small = Checkpoints(tmp_path / "small", max_bytes=1_500)
    sized = [small.save("s", {"a": Saved(bytes([number]) * 1_000, "")}) for number in range(3)]

    assert few.get(names[-1])
    assert few.get(names[-2])
    assert blobs(tmp_path / "few") == 2
    with pytest.raises(EditError, match="cannot be read"):
        few.get(names[0])
    assert small.get(sized[-1])
    assert blobs(tmp_path / "small") == 1


def test_what_a_session_had_goes_with_it(tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path / "c")
    first = kept.save("s1", {"a": Saved(b"1", "")})
    second = kept.save("s2", {"a": Saved(b"2", "")})

    kept.forget("s1")

    assert kept.get(second)
    assert blobs(tmp_path / "c") == 1
    with pytest.raises(EditError):
        kept.get(first)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 25])
def test_odd_names(tmp_path: Path, name: str) -> None:
    with pytest.raises(EditError, match="cannot be read"):
        Checkpoints(tmp_path / "c").get(name)


def test_a_damaged_one(tmp_path: Path) -> None:
    """A blob that is another by now is not given back."""
    kept = Checkpoints(tmp_path / "c")
    name = kept.save("s", {"a": Saved(b"1", "")})
    for blob in (tmp_path / "c" / "blobs").iterdir():
        blob.write_bytes(b"another")

    with pytest.raises(EditError, match="damaged"):
        kept.get(name)
    (tmp_path / "c" / f"{name}.json").write_text("[]", "utf-8")
    with pytest.raises(EditError, match="damaged"):
        kept.get(name)
