"""A project's tests are run on a copy of it that has the draft."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from ownstack.actions.checks import tests as project_tests
from ownstack.actions.checks.tests import ProjectTests
from tests.support.drafting import draft_in

pytestmark = pytest.mark.process

SHOP = "def price(x):\n    return x * $02\n\n\ndef untested():\n    return 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with tests, whose package is taken from wherever Python finds it first."""
    (tmp_path / "src/shop").mkdir(parents=True)
    (tmp_path / "src/shop/__init__.py").write_text(SHOP.replace("$0", ""))
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_shop.py").write_text(
        "from pathlib import Path\n\nimport shop\n\n\ndef test_price():\n"
        "    Path('written.txt').write_text('x')\n    assert shop.price(3) == 6\n"
    )
    (tmp_path / "tests/test_other.py").write_text("def test_other():\n    assert False\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider\n")
    (tmp_path / ".gitignore").write_text("secret\n")
    (tmp_path / "secret").write_text("x")
    return tmp_path


def path_of() -> str:
    return "src/shop/__init__.py"


async def test_tests_that_name_what_is_edited(project: Path) -> None:
    """They pass or fail by the draft; the project itself stays as it is."""
    check = ProjectTests(project)
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}

    good = await check.check(draft_in(SHOP, "x * 2", "x + x", path_of()))
    bad = await check.check(draft_in(SHOP, "x * 2", "x + 2", path_of()))

    assert (good.name, good.state) == ("tests", "passed")
    assert bad.state == "failed"
    assert "assert 5 == 6" in bad.detail
    assert str(project) not in bad.detail
    assert "ownstack-tests" not in bad.detail
    after = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    assert after == before


async def test_tests_that_fail_without_the_edit_too(project: Path) -> None:
    broken = SHOP.replace("* $02", "* $03")
    (project / path_of()).write_text(broken.replace("$0", ""))

    same = await ProjectTests(project).check(draft_in(broken, "x * 3", "x * 4", path_of()))
    mending = draft_in(broken, "x * 3", "x * 4", path_of(), is_mending=True)
    still = await ProjectTests(project).check(mending)

    assert (same.state, same.detail) == ("skipped", "They fail without the edit, too.")
    assert still.state == "failed"


async def test_code_that_no_test_names(project: Path) -> None:
    text = SHOP.replace("$0", "").replace("return 1", "return $01")
    (project / "tests/test_shop.py").unlink()

    check = await ProjectTests(project).check(draft_in(text, "return 1", "return 2", path_of()))

    assert (check.state, check.detail) == ("skipped", "No test names what is edited.")


async def test_a_test_is_edited(project: Path) -> None:
    text = "def test_other():\n    assert $0False\n"

    check = await ProjectTests(project).check(
        draft_in(text, "False", "True", "tests/test_other.py", is_mending=True)
    )

    assert check.state == "passed"


async def test_a_project_without_tests(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")

    check = await ProjectTests(tmp_path).check(draft_in("$0x = 1\n", "1", "2", "a.py"))

    assert check.state == "skipped"
    assert "not known how" in check.detail


async def test_a_project_that_is_too_large(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_tests, "MAX_FILES", 2)

    check = await ProjectTests(project).check(draft_in(SHOP, "x * 2", "x + x", path_of()))

    assert check.state == "skipped"
    assert "more than 2 files" in check.detail


async def test_tests_that_take_too_long(project: Path) -> None:
    (project / "tests/test_shop.py").write_text(
        "import time\n\n\ndef test_price():\n    time.sleep(60)\n"
    )

    check = await ProjectTests(project, timeout_s=1.0).check(
        draft_in(SHOP, "x * 2", "x + x", path_of())
    )

    assert (check.state, check.detail) == ("skipped", "They take longer than 1 s.")


async def test_what_is_cancelled_leaves_no_copy(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even if it is cancelled while files are still copied."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    copying, going_on = threading.Event(), threading.Event()
    copy = shutil.copy2

    def slow(source: Path, to: Path) -> object:
        copying.set()
        going_on.wait(30)
        to.parent.mkdir(parents=True, exist_ok=True)
        return copy(source, to)

    monkeypatch.setattr(shutil, "copy2", slow)
    draft = draft_in(SHOP, "x * 2", "x + x", path_of())
    task = asyncio.ensure_future(ProjectTests(project).check(draft))
    await asyncio.to_thread(copying.wait, 30)
    task.cancel()
    await asyncio.sleep(0)
    going_on.set()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(temporary.iterdir()) == []


async def test_what_tests_leave_behind_is_removed(
    project: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where they made it read-only; and what they print of secrets is blanked."""
    temporary = tmp_path_factory.mktemp("temporary")
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    (project / "tests/test_shop.py").write_text(
        "import os\nfrom pathlib import Path\n\nimport shop\n\n\ndef test_price():\n"
        "    Path('kept/inner').mkdir(parents=True)\n    Path('kept/inner/a').touch()\n"
        "    os.chmod('kept/inner', 0o500)\n"
        "    assert shop.price(3) == 6, 'password = \"hunter2hunter3\"'\n"
    )

    check = await ProjectTests(project).check(draft_in(SHOP, "x * 2", "x + 2", path_of()))

    assert check.state == "failed"
    assert "hunter2hunter3" not in check.detail
    assert list(temporary.iterdir()) == []
