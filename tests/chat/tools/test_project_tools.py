"""What looks at the project finds it, and nothing outside of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ownstack.chat.retrieval import Project
from ownstack.chat.tools.diagnostics import Diagnostic
from tests.chat.tools.conftest import MakeToolbox, call


async def test_search(make_toolbox: MakeToolbox) -> None:
    output = await call(make_toolbox(), "search", query="mend a bicycle")

    assert "shop/bikes.py:1-3\n```\ndef repair(bike):" in output.text
    assert output.sources[0].place == "shop/bikes.py:1-3"


async def test_search_in_a_part(make_toolbox: MakeToolbox) -> None:
    output = await call(make_toolbox(), "search", query="repair", path="shop/fish.py")

    assert "bikes" not in output.text


async def test_search_that_finds_nothing(make_toolbox: MakeToolbox) -> None:
    output = await call(make_toolbox(), "search", query="xylophone")

    assert (output.ok, "Nothing is found" in output.text) == (True, True)


async def test_symbols(make_toolbox: MakeToolbox) -> None:
    by_name = await call(make_toolbox(), "symbols", name="Pond.catch")
    by_file = await call(make_toolbox(), "symbols", path="shop/fish.py")
    neither = await call(make_toolbox(), "symbols")
    no_file = await call(make_toolbox(), "symbols", path="shop/none.py")

    assert "shop/fish.py:2-3  method Pond.catch" in by_name.text
    assert "class Pond" in by_file.text
    assert "needs a name or a path" in neither.text
    assert "is no file of the index" in no_file.text


async def test_references(make_toolbox: MakeToolbox) -> None:
    output = await call(make_toolbox(), "references", name="weigh")
    nothing = await call(make_toolbox(), "references", name="nowhere")

    assert "used: shop/fish.py:3 in Pond.catch: return salmon.weigh()" in output.text
    assert "Nothing of that name" in nothing.text


async def test_without_an_index(make_toolbox: MakeToolbox, project: Project) -> None:
    project.snapshot = lambda: None

    output = await call(make_toolbox(), "search", query="bicycle")

    assert output.text == "Error: This project has no index. Use list and read to look at files."


async def test_read_lines(make_toolbox: MakeToolbox) -> None:
    """Numbered as an editor numbers them; a result tells which file it has shown."""
    output = await call(make_toolbox(), "read", path="shop/bikes.py", start=2, end=99)

    assert "shop/bikes.py, lines 2-3 of 3:\n2|     '''Mend a bicycle.'''\n3| " in output.text
    assert output.files[0]["path"] == "shop/bikes.py"
    assert (output.files[0]["start"], output.files[0]["end"]) == (2, 3)


async def test_list(make_toolbox: MakeToolbox) -> None:
    assert "holds:\nshop/\nnotes.txt" in (await call(make_toolbox(), "list")).text
    assert "bikes.py\nfish.py" in (await call(make_toolbox(), "list", path="shop")).text


OUTSIDE = [
    "../outside.txt",
    "shop/../../outside.txt",
    "/etc/passwd",
    "..\\outside.txt",
    "link.txt",
    "linked/outside.txt",
    "file:///etc/passwd",
    "shop/\0",
    "x" * 2_000,
    ".git/config",
    "shop/../.GIT/config",
]


@pytest.mark.parametrize("path", OUTSIDE)
async def test_nothing_outside_of_the_project_is_read(
    make_toolbox: MakeToolbox, project: Project, path: str
) -> None:
    """By `..`, by absolute paths, by links of files and folders; and nothing of git's."""
    outside = project.root.parent / "outside.txt"
    outside.write_text("the secret of the house", "utf-8")
    (project.root / "link.txt").symlink_to(outside)
    (project.root / "linked").symlink_to(project.root.parent)
    (project.root / ".git").mkdir()
    (project.root / ".git" / "config").write_text("[remote] token", "utf-8")
    toolbox = make_toolbox()

    for name in ("read", "list", "search", "symbols", "git_diff"):
        arguments = {"query": "secret"} if name == "search" else {}
        output = await call(toolbox, name, path=path, **arguments)
        assert not output.ok, name
        assert "secret of the house" not in output.text
        assert "token" not in output.text


async def test_links_within_the_project_are_followed(
    make_toolbox: MakeToolbox, project: Project
) -> None:
    (project.root / "alias.py").symlink_to(project.root / "shop" / "bikes.py")

    output = await call(make_toolbox(), "read", path="alias.py")

    assert "shop/bikes.py, lines 1-3" in output.text


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("data.bin", b"\0\1\2" * 100, "is not read: It is binary"),
        (".env", b"PASSWORD=hunter2hunter2", "secrets by custom"),
        ("id_rsa.pem", b"-----BEGIN RSA PRIVATE KEY-----", "secrets by custom"),
        ("big.txt", b"x\n" * 1_200_000, "too large"),
    ],
)
async def test_files_that_are_not_read(
    make_toolbox: MakeToolbox, project: Project, name: str, content: bytes, says: str
) -> None:
    (project.root / name).write_bytes(content)

    output = await call(make_toolbox(), "read", path=name)

    assert not output.ok
    assert says in output.text
    assert "hunter2" not in output.text


async def test_secrets_in_other_files_are_blanked(
    make_toolbox: MakeToolbox, project: Project
) -> None:
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    (project.root / "deploy.py").write_text(f'TOKEN = "{key}"\n', "utf-8")

    output = await call(make_toolbox(), "read", path="deploy.py")

    assert output.ok
    assert key not in output.text


async def test_a_proposal_tells_no_secret(make_toolbox: MakeToolbox, project: Project) -> None:
    """Of the lines around it, or that it replaces; nor does it put a mark in place of one."""
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" + "k1L2m3N4o5P6q7R8"
    (project.root / "deploy.py").write_text(f'TOKEN = "{key}"\nHOST = "a"\n', "utf-8")

    around = await call(make_toolbox(), "propose_edit", path="deploy.py", find="HOST", replace="IP")
    lines = {"start": 1, "end": 1, "replace": "TOKEN = 1"}
    instead = await call(make_toolbox(), "propose_edit", path="deploy.py", **lines)

    assert around.ok
    assert instead.ok
    assert "IP = " in around.text
    assert key not in around.text + instead.text
    blanked = {"start": 1, "end": 1, "replace": 'TOKEN = "•••"  # As read shows it.'}
    output = await call(make_toolbox(), "propose_edit", path="deploy.py", **blanked)
    assert "in place of a secret" in output.text


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs")
async def test_a_file_that_never_ends_is_not_waited_for(
    make_toolbox: MakeToolbox, project: Project
) -> None:
    os.mkfifo(project.root / "pipe")

    output = await call(make_toolbox(), "read", path="pipe")

    assert "not a regular file" in output.text


async def test_diagnostics(make_toolbox: MakeToolbox) -> None:
    """Those of the editor, if there is one."""
    known = [
        Diagnostic("shop/bikes.py", 2, "error", "undefined\x1b[31m name", "mypy"),
        Diagnostic("notes.txt", 1, "warning", "typo"),
    ]

    without = await call(make_toolbox(), "diagnostics")
    all_of = await call(make_toolbox(diagnostics=lambda: known), "diagnostics")
    below = await call(make_toolbox(diagnostics=lambda: known), "diagnostics", path="shop")

    assert "No editor is connected" in without.text
    assert "notes.txt:1 warning: typo" in all_of.text
    assert "shop/bikes.py:2 error: undefined\\x1b[31m name (mypy)" in below.text
    assert "notes" not in below.text


@pytest.mark.process
async def test_git_diff(make_toolbox: MakeToolbox, project: Project) -> None:
    """What is changed; and no program is run that the repository names."""
    root = project.root
    no_repository = await call(make_toolbox(), "git_diff")
    git = ["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "First"]):
        subprocess.run([*git, *command], check=True)
    ran = root.parent / "ran"
    named = ("diff.external", "core.fsmonitor", "core.pager", "diff.odd.textconv")
    for name in (*named, "filter.a=b.clean", "filter.a=b.process"):
        subprocess.run([*git, "config", name, f"touch {ran}"], check=True)
    subprocess.run([*git, "config", "filter.a=b.required", "true"], check=True)
    (root / ".git" / "info").mkdir(exist_ok=True)
    (root / ".git" / "info" / "attributes").write_text("*.py diff=odd filter=a=b\n", "utf-8")
    clean = await call(make_toolbox(), "git_diff", path="shop")
    (root / "shop" / "bikes.py").write_text("def repair(): ...\n", "utf-8")
    changed = await call(make_toolbox(), "git_diff")

    assert "git cannot tell" in no_repository.text
    assert "Nothing is changed." in clean.text
    assert "+def repair(): ..." in changed.text
    assert not ran.exists()


async def test_recall(make_toolbox: MakeToolbox) -> None:
    nothing = await call(make_toolbox(), "recall", query="retries")
    neither = await call(make_toolbox(), "recall")
    unknown = await call(make_toolbox(), "recall", handle="0123456789abcdef")
    short = await call(make_toolbox(), "recall", handle="0")

    assert "Nothing is remembered" in nothing.text
    assert "needs a query or a handle" in neither.text
    assert "No output has this handle" in unknown.text
    assert "That is no handle" in short.text


def test_no_path_of_this_test_is_kept(tmp_path: Path) -> None:
    """A path with what a terminal obeys is shown."""
    from ownstack.chat.places import inside
    from ownstack.errors import ToolError

    with pytest.raises(ToolError, match=r"x\\x1b\[2J"):
        inside(tmp_path, "../x\x1b[2J")
