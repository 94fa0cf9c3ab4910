"""What is reviewed: lines of a file, or hunks that git tells, numbered as the file is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.actions.subject import MAX_LINES, Line, of_diff, of_target
from ownstack.errors import ToolError, UsageError
from tests.actions.targets import target
from tests.support.repository import git, make_repository

pytestmark = pytest.mark.process
"""git is run."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.py").write_text("".join(f"a{n} = {n}\n" for n in range(1, 41)), "utf-8")
    (folder / "old.py").write_text("gone = 1\n", "utf-8")
    make_repository(folder)
    return folder


def change(root: Path, path: str, *edits: tuple[str, str]) -> None:
    text = (root / path).read_text("utf-8")
    for old, new in edits:
        text = text.replace(old, new, 1)
    (root / path).write_text(text, "utf-8")


def test_a_file() -> None:
    """Of a selection its lines alone, whole."""
    (whole,) = of_target(target("a = 1\nb = 2\n")).parts
    assert whole.numbered == {1: "a = 1", 2: "b = 2"}

    (part,) = of_target(target("a = 1\nb |= 2\nc| = 3\nd = 4\n")).parts
    assert part.numbered == {2: "b = 2", 3: "c = 3"}

    assert of_target(target("\n\n")).parts == ()
    long = of_target(target("a = 1\n" * 20_000))
    assert len(long.parts[0].lines) == MAX_LINES
    assert "in part" in long.left_out[0]


def test_secrets_of_a_file_are_blanked() -> None:
    (part,) = of_target(target("a = 1\npassword = 'hunter2-9f8a7b6c'\nb = 1\n")).parts

    assert "hunter2" not in str(part)
    assert part.numbered[3] == "b = 1"


async def test_what_is_changed(root: Path) -> None:
    """Hunks of files that are still there; lines that are gone have no number."""
    change(root, "shop.py", ("a3 = 3\n", "a3 = 0\nnew = 1\n"), ("a30 = 30\n", ""))
    (root / "old.py").unlink()

    first, second = (await of_diff(root)).parts

    assert first.path == second.path == "shop.py"
    assert first.numbered[3] == "a3 = 0"
    assert first.numbered[4] == "new = 1"
    assert Line(None, "-", "a3 = 3") in first.lines
    assert Line(5, " ", "a4 = 4") in first.lines
    assert second.numbered[30] == "a29 = 29"
    assert second.numbered[31] == "a31 = 31"


async def test_a_range(root: Path) -> None:
    change(root, "shop.py", ("a3 = 3", "a3 = 0"))
    git(root, "commit", "-qam", "Change")
    change(root, "shop.py", ("a9 = 9", "a9 = 0"))
    git(root, "add", ".")
    change(root, "shop.py", ("a40 = 40", "a40 = 0"))

    async def changed(diff: str) -> list[str]:
        parts = (await of_diff(root, diff)).parts
        return [line.text for part in parts for line in part.lines if line.mark == "+"]

    assert await changed("HEAD~1..HEAD") == ["a3 = 0"]
    assert await changed("staged") == ["a9 = 0"]
    assert await changed("working") == ["a9 = 0", "a40 = 0"]


@pytest.mark.parametrize("diff", ["--output=x", "-O/etc/passwd", "a b", "$(touch x)", "x" * 500])
async def test_what_is_no_range(root: Path, diff: str) -> None:
    """No option of git's is one."""
    with pytest.raises(UsageError, match="no range"):
        await of_diff(root, diff)
    assert not (root / "x").exists()


async def test_what_cannot_be_reviewed(root: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Nothing is changed"):
        await of_diff(root)
    with pytest.raises(ToolError, match="git cannot tell"):
        await of_diff(root, "nobody")
    with pytest.raises(ToolError, match="git cannot tell"):
        await of_diff(tmp_path)


async def test_what_is_left_out(root: Path) -> None:
    """What a program wrote, what holds secrets, and what is too much; each said once."""
    for name in (".env", "api_pb2.py", "more.py"):
        (root / name).write_text("a = 1\n" * (5_000 if name == "more.py" else 1), "utf-8")
    git(root, "add", ".")
    change(root, "shop.py", ("a3 = 3", "a3 = 0"))

    subject = await of_diff(root)

    assert [part.path for part in subject.parts] == ["shop.py"]
    assert [reason.split()[0] for reason in subject.left_out] == [".env", "api_pb2.py", "more.py"]


async def test_lines_that_look_like_heads(root: Path) -> None:
    """A line of a file is one, whatever it says; so is a name with letters of its own."""
    (root / "ä b.py").write_text("x\n", "utf-8")
    git(root, "add", ".")
    git(root, "commit", "-qm", "More")
    hostile = "++ b/other.py\n@@ -1 +1 @@\n-- a\ndiff --git a/x b/x\n"
    (root / "ä b.py").write_text(hostile, "utf-8")

    (part,) = (await of_diff(root)).parts

    assert part.path == "ä b.py"
    assert list(part.numbered.values()) == hostile.splitlines()


async def test_a_diff_that_is_too_long_is_cut(root: Path) -> None:
    """What is around the gap is not taken for lines of the file before it."""
    for name in "bcdefgh":
        (root / f"{name}.py").write_text(f"{name} = 1\n" * 12_000, "utf-8")
    git(root, "add", ".")

    subject = await of_diff(root)

    assert subject.left_out[0].startswith("The change is too large")
    for part in subject.parts:
        assert all(text.startswith(part.path[0]) for text in part.numbered.values())


@pytest.mark.parametrize("setting", ["diff.noprefix", "diff.mnemonicPrefix"])
async def test_how_a_user_has_paths_shown_is_no_matter(root: Path, setting: str) -> None:
    git(root, "config", setting, "true")
    change(root, "shop.py", ("a20 = 20", "a20 = 21"))

    (part,) = (await of_diff(root)).parts

    assert part.path == "shop.py"
