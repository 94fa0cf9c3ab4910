"""Packages stand beside a copy of a project, and what happens to them there stays there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ownstack.actions.checks import dependencies
from ownstack.actions.checks.dependencies import link_dependencies
from ownstack.actions.checks.tests import ProjectTests
from ownstack.errors import ToolError
from tests.support.drafting import draft_in

PATHS = ("package.json", "index.js", "parts/oil/package.json", "parts/oil/index.js")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two packages with what they need: one needs the other."""
    root = tmp_path / "shop"
    modules = root / "node_modules"
    for path, text in {
        "package.json": "{}", "index.js": "", "parts/oil/package.json": "{}",
        "parts/oil/index.js": "exports.price = 2;\n",
        "parts/oil/node_modules/tin/index.js": "tin",
        "node_modules/chain/index.js": "exports.links = 3;\n",
        "node_modules/@big/wheel/lib/spokes.js": "spokes",
        "node_modules/.cache/babel/old.json": "old",
        "node_modules/.prisma/client/index.js": "generated",
    }.items():  # fmt: skip
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    (modules / ".bin").mkdir()
    (modules / ".bin/chain").symlink_to("../chain/index.js")
    (modules / "oil").symlink_to("../parts/oil", target_is_directory=True)
    (modules / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    return root


@pytest.fixture
def shadow(root: Path, tmp_path: Path) -> Path:
    """A copy of what git knows of it."""
    shadow = tmp_path / "copy"
    for path in PATHS:
        (shadow / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / path, shadow / path)
    return shadow


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_packages_are_read_in_the_copy(root: Path, shadow: Path) -> None:
    """Those of a package in it as well; caches and what lies elsewhere are not there."""
    link_dependencies(root, shadow, PATHS)

    modules = shadow / "node_modules"
    assert (modules / "chain/index.js").read_text("utf-8") == "exports.links = 3;\n"
    assert (modules / "@big/wheel/lib/spokes.js").read_text("utf-8") == "spokes"
    assert (modules / ".bin/chain").read_text("utf-8") == "exports.links = 3;\n"
    assert (modules / ".prisma/client/index.js").read_text("utf-8") == "generated"
    assert (shadow / "parts/oil/node_modules/tin/index.js").read_text("utf-8") == "tin"
    assert sorted(os.listdir(modules)) == [".bin", ".prisma", "@big", "chain", "oil"]


def test_a_package_of_the_project_is_that_of_the_copy(root: Path, shadow: Path) -> None:
    """So that a test of another package sees the draft."""
    link_dependencies(root, shadow, PATHS)
    (shadow / "parts/oil/index.js").write_text("draft", "utf-8")

    assert (shadow / "node_modules/oil/index.js").read_text("utf-8") == "draft"


def test_what_a_runner_does_to_packages_stays_in_the_copy(root: Path, shadow: Path) -> None:
    """It makes files, replaces and removes some, and writes what was generated anew."""
    before = contents(root)
    link_dependencies(root, shadow, PATHS)
    modules = shadow / "node_modules"

    (modules / ".cache").mkdir()
    (modules / ".cache/new.json").write_text("new", "utf-8")
    (modules / "chain/built.js").write_text("built", "utf-8")
    (modules / ".prisma/client/index.js").write_text("anew", "utf-8")
    (shadow / "other.js").write_text("other", "utf-8")
    os.replace(shadow / "other.js", modules / "chain/index.js")
    shutil.rmtree(modules / "@big")
    shutil.rmtree(shadow)

    assert contents(root) == before


def test_too_many_packages(root: Path, shadow: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependencies, "MAX_ENTRIES", 5)

    with pytest.raises(ToolError, match="more than 5 files"):
        link_dependencies(root, shadow, PATHS)


@pytest.mark.process
@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not here")
async def test_tests_of_a_script_are_run(root: Path) -> None:
    """With a package that git ignores."""
    text = "const { links } = require('chain');\nfunction total(n) {\n  return n * $0links;\n}\n"
    text += "module.exports = { total };\n"
    (root / "index.js").write_text(text.replace("$0", ""), "utf-8")
    (root / ".gitignore").write_text("node_modules\n", "utf-8")
    (root / "package.json").write_text('{"scripts": {"test": "node index.test.js"}}', "utf-8")
    (root / "index.test.js").write_text(
        "const { total } = require('./index');\nif (total(2) !== 6) throw new Error('total');\n"
        "require('fs').writeFileSync('node_modules/chain/seen.txt', 'x');\n",
        "utf-8",
    )

    good = await ProjectTests(root).check(draft_in(text, "n * links", "links * n", "index.js"))
    bad = await ProjectTests(root).check(draft_in(text, "n * links", "n + links", "index.js"))

    assert (good.state, good.detail) == ("passed", "")
    assert bad.state == "failed"
    assert not (root / "node_modules/chain/seen.txt").exists()
