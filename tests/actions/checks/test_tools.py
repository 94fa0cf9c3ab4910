"""A project's own formatter and linter are asked, and nothing of the project is written."""

from __future__ import annotations

import shutil
import sys
import textwrap
from pathlib import Path

import pytest

from ownstack.actions.checks.tools import eslint_findings, ruff_findings, tools_of
from tests.support.drafting import draft_in, target_in

pytestmark = pytest.mark.process

PYTHON = "import os\nimport sys\n\n\ndef f(x):\n    return x$0 + len(os.sep)\n"
SCRIPT = "function f(x) {\n  return x$0;\n}\n"


def installed(root: Path, place: str, script: str) -> None:
    """Install a program that a project has as its own."""
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nimport sys\n{textwrap.dedent(script)}")
    path.chmod(0o755)


@pytest.fixture
def ruffed(tmp_path: Path) -> Path:
    """A project that is set up for ruff, and has it."""
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("needs ruff: pip install -e '.[lint]'")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/ruff").symlink_to(ruff)
    (tmp_path / "pyproject.toml").write_text("[tool.ruff.lint]\nselect = ['F', 'E']\n")
    (tmp_path / "shop.py").write_text(PYTHON.replace("$0", ""))
    return tmp_path


async def test_ruff(ruffed: Path) -> None:
    """Only what is new counts: `sys` was not used before either."""
    formatter, linter = tools_of(ruffed, target_in(PYTHON))
    before = sorted(ruffed.rglob("*"))

    assert [formatter.name, linter.name] == ["ruff format", "ruff"]
    good = draft_in(PYTHON, "return x", "return 2 * x")
    assert [(await tool.check(good)).state for tool in (formatter, linter)] == ["passed"] * 2
    ugly = await formatter.check(draft_in(PYTHON, "return x", "return x*2"))
    assert (ugly.state, ugly.detail.split("\n")[1:]) == (
        "failed",
        ["-    return x*2 + len(os.sep)", "+    return x * 2 + len(os.sep)"],
    )
    wrong = await linter.check(draft_in(PYTHON, "return x", "y = 1\n    return z"))
    assert wrong.state == "failed"
    assert wrong.detail.split("\n") == [
        "F841 Local variable `y` is assigned to but never used",
        "F821 Undefined name `z`",
    ]
    assert (ruffed / "shop.py").read_text() == PYTHON.replace("$0", "")
    assert sorted(ruffed.rglob("*")) == before


async def test_a_file_that_was_not_formatted(ruffed: Path) -> None:
    text = PYTHON.replace("import os", "import os ")
    formatter, _ = tools_of(ruffed, target_in(text))

    check = await formatter.check(draft_in(text, "return x", "return x*2"))

    assert (check.state, check.detail) == ("skipped", "The file was not formatted by it before.")


async def test_a_formatter_that_fails(ruffed: Path) -> None:
    formatter, linter = tools_of(ruffed, target_in(PYTHON))
    (ruffed / "pyproject.toml").write_text("[tool.ruff]\nno-such-setting = 1\n")

    for tool in (formatter, linter):
        check = await tool.check(draft_in(PYTHON, "return x", "return 2 * x"))
        assert check.state == "skipped"
        assert check.detail


async def test_line_ends_do_not_matter(ruffed: Path) -> None:
    text = PYTHON.replace("\n", "\r\n")
    formatter, _ = tools_of(ruffed, target_in(text))

    assert (await formatter.check(draft_in(text, "x$0".strip("$0"), "y"))).state == "passed"


async def test_tools_of_scripts(tmp_path: Path) -> None:
    (tmp_path / ".prettierrc").write_text("{}")
    (tmp_path / "eslint.config.mjs").write_text("export default []")
    installed(
        tmp_path,
        "node_modules/.bin/prettier",
        "sys.stdout.write(sys.stdin.read().replace('  ', ' ').replace(' return', '  return'))",
    )
    installed(
        tmp_path,
        "node_modules/.bin/eslint",
        """
        found = [{"ruleId": "no-var", "message": "Unexpected var.", "line": 1}]
        found *= sys.stdin.read().count("var ")
        import json
        print("(a warning)\\n" + json.dumps([{"messages": found}]))
        sys.exit(1 if found else 0)
        """,
    )
    formatter, linter = tools_of(tmp_path, target_in(SCRIPT, "a.ts"))

    assert [formatter.name, linter.name] == ["prettier", "eslint"]
    draft = draft_in(SCRIPT, "return x", "var y  = x;\n  return y", "a.ts")
    assert (await formatter.check(draft)).detail == (
        "It is to be formatted so:\n-  var y  = x;\n+ var y = x;"
    )
    assert (await linter.check(draft)).detail == "no-var Unexpected var."


@pytest.mark.parametrize(
    ("path", "settings", "program", "name"),
    [
        ("a.go", "go.mod", "gofmt", "gofmt"),
        ("a.rs", "Cargo.toml", "rustfmt", "rustfmt"),
        ("a.py", "pyproject.toml", "black", "black"),
    ],
)
async def test_other_formatters(
    tmp_path: Path, path: str, settings: str, program: str, name: str
) -> None:
    (tmp_path / settings).write_text('edition = "2018"\n[tool.black]\n')
    installed(tmp_path, f".venv/bin/{program}", "sys.stdout.write(sys.stdin.read())")

    (tool,) = tools_of(tmp_path, target_in("$0x\n", path))

    assert tool.name == name
    assert (await tool.check(draft_in("$0x\n", "x", "y", path))).state == "passed"


def test_a_project_that_is_set_up_for_none(tmp_path: Path) -> None:
    installed(tmp_path, ".venv/bin/ruff", "")

    for path in ("a.py", "a.ts", "a.go", "a.rs", "a.c", "a.unknown"):
        assert tools_of(tmp_path, target_in("$0x\n", path)) == ()


@pytest.mark.parametrize("output", ["", "no list", "[1]", "{}", "[{", "[" * 5_000])
def test_what_is_no_list_of_findings(output: str) -> None:
    assert ruff_findings(output) is None
    assert eslint_findings(output) is None
