"""What is deleted with a model that was downloaded."""

from __future__ import annotations

from pathlib import Path

from ownstack.models.fetching.belongings import delete, model_files


def made(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"GGUF")
    return [folder / name for name in names]


def test_a_model_and_what_lies_around_it(tmp_path: Path) -> None:
    """Not the model beside it."""
    folder = tmp_path / "owner--repo"
    mine, other, *_ = made(
        folder, "m.gguf", "m2.gguf", "m.gguf.lock", "m.gguf.ab.part", "m.gguf.ab.part.json"
    )

    assert delete(mine) == [mine]
    assert list(folder.iterdir()) == [other]
    assert delete(other) == [other]
    assert not folder.exists()


def test_all_parts_of_a_split_model(tmp_path: Path) -> None:
    """And none of another one."""
    parts = made(tmp_path, *(f"m-0000{n}-of-00003.gguf" for n in (1, 2, 3)))
    (other,) = made(tmp_path, "m-00001-of-00002.gguf")

    assert model_files(parts[0]) == parts
    assert delete(parts[0]) == parts
    assert other.exists()


def test_what_is_gone_is_no_error(tmp_path: Path) -> None:
    """Somebody has deleted it by hand."""
    assert delete(tmp_path / "none" / "m.gguf") == []
    assert model_files(tmp_path / "m.gguf") == []
