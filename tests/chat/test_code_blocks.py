"""A code block is proposed for the file that it names, in place of what it defines there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.code_blocks import code_blocks, placed, propose
from ownstack.chat.edits import Edits
from ownstack.errors import EditError
from ownstack.memory.log.conversation_log import ConversationLog
from tests.support.searchable import TOY

FILE = """import os

LIMIT = 3


@cache
def weigh(fish):
    return 0


class Pond:
    size = 2

    def catch(self):
        return 0
"""


@pytest.mark.parametrize(
    ("answer", "files"),
    [
        ("```python src/a.py\nx\n```", ["src/a.py"]),
        ("```python:src/a.py\nx\n```", ["src/a.py"]),
        ('```python title="src/a.py"\nx\n```', ["src/a.py"]),
        ("```src\\a.py\nx\n```", ["src/a.py"]),
        ("~~~ ./a.py\nx\n~~~", ["a.py"]),
        ("````md a.md\n```\nx\n```\n````", ["a.md"]),
        ("```python\nx\n```", [""]),
        ("```python a.py\nnever ended", []),
        ("```python a.py\n\n```", []),
        ("```a.py\nx\n```\n" * 20, ["a.py"] * 8),
    ],
)
def test_which_file_a_block_names(answer: str, files: list[str]) -> None:
    assert [block.file for block in code_blocks(answer)] == files


def test_paths_near_a_block() -> None:
    """As models write them: in the line before it, or in its first line."""
    (block,) = code_blocks("Change `shop/fish.py:2-3`:\n\n```python\n# shop/pond.py\nx = 1\n```")

    assert (block.file, block.near) == ("", ("shop/fish.py", "shop/pond.py"))
    assert block.text == "# shop/pond.py\nx = 1"


def test_a_definition_takes_the_place_of_its_like() -> None:
    """With its decorators, said again or not; nothing else is touched; line ends are the file's."""
    code = "def weigh(fish):\n    return fish.grams"
    mended = FILE.replace("    return 0\n\n\nclass", "    return fish.grams\n\n\nclass")
    assert placed(FILE, f"@cache\n{code}", "a.py") == placed(FILE, code, "a.py") == mended
    assert placed(FILE, f"@lru_cache\n{code}", "a.py") == mended.replace("@cache", "@lru_cache")

    windows = placed(FILE.replace("\n", "\r\n"), "def weigh(fish):\n    return 1", "a.py")
    assert "def weigh(fish):\r\n    return 1\r\n\r\n" in windows
    assert "\n" not in windows.replace("\r\n", "")


def test_a_method_is_indented_as_it_was() -> None:
    text = placed(FILE, "def catch(self):\n    if self.size:\n        return 1", "a.py")

    assert text.endswith("    def catch(self):\n        if self.size:\n            return 1\n")


def test_a_whole_file() -> None:
    """A block that defines all that the file does, with most of its other lines, is all of it."""
    whole = FILE.replace("import os\n", "import os\nimport sys\n").rstrip("\n")
    assert placed(FILE, whole, "a.py") == f"{whole}\n"
    assert placed("", "x = 1", "a.py") == placed(None, "x = 1", "a.py") == "x = 1\n"


def test_two_definitions_at_once() -> None:
    """What the file says already may be said again."""
    code = "import os\n\nLIMIT = 4\n\n\ndef weigh(fish):\n    return 1"

    text = placed(FILE, code, "a.py")

    assert "LIMIT = 4\n" in text
    assert "def weigh(fish):\n    return 1\n" in text
    assert "class Pond" in text


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("def weigh(fish):\n    # ... rest of the code\n    return 1", "leaves parts out"),
        ("def weigh(fish):\n    ...", "leaves parts out"),
        ("return 1", "not clear where"),
        ("import sys\n\ndef weigh(fish):\n    return 1", "not clear where"),
        ("def sell(fish):\n    return 1", "no definitions of sell"),
        ("def weigh(a):\n    return 1\n\ndef weigh(a):\n    return 2", "weigh twice"),
        ("class Pond:\n    size = 1\n\ndef catch(self):\n    return 2", "catch twice"),
    ],
)
def test_what_has_no_clear_place(code: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        placed(FILE, code, "a.py")


@pytest.mark.parametrize("blanks", ["\n" * 20_000, " " * 20_000, "\n..." + " " * 20_000 + "x"])
def test_blanks_cost_no_time(blanks: str) -> None:
    """A model may write any number of them, and what it writes after "..." may be code."""
    code = f"first = 1\n{blanks}last = 2"

    assert placed(None, code, "new.py") == f"{code}\n"


def test_a_long_first_line_is_not_searched_for_paths() -> None:
    [block] = code_blocks("```\n" + "a." * 50_000 + "\n```")

    assert len(block.near) <= 400


def test_several_of_one_name() -> None:
    text = f"{FILE}\n\nclass Sea:\n    def catch(self):\n        return 0\n"

    with pytest.raises(EditError, match="several definitions of catch"):
        placed(text, "def catch(self):\n    return 1", "a.py")


async def test_blocks_are_proposed_and_nothing_is_written(tmp_path: Path) -> None:
    """Nothing outside of the project, no secret, and a new file only if the fence names it."""
    root = tmp_path / "shop"
    root.mkdir()
    (root / "fish.py").write_text(FILE, "utf-8")
    (tmp_path / "out.py").write_text(FILE, "utf-8")
    log = ConversationLog.open(tmp_path / "log.sqlite", tmp_path / "r.sqlite", embedder=lambda: TOY)
    edits = Edits(log.sessions.create(str(root)), root, Checkpoints(tmp_path / "checkpoints"))
    change = "def weigh(fish):\n    return 1"
    again = "def catch(self):\n    return 1"
    answer = "\n".join(
        f"```python {name}\n{code}\n```"
        for name, code in [
            ("fish.py", f"# fish.py\n{change}"),
            ("fish.py", again),
            ("fish.py", "def sell():\n    return 1"),
            ("new.py", "x = 1"),
            ("../out.py", change),
            ("/etc/hosts.py", change),
            (".git/hooks.py", change),
            ("server.pem", "x"),
        ]
    )

    problems = await propose(edits, root, f"{answer}\nIn none.py:\n```python\nx\n```")

    proposed = {proposal.path: proposal for proposal in edits.pending}
    assert list(proposed) == ["fish.py", "new.py"]
    assert proposed["fish.py"].title == "fish.py (+2 -2)"  # Both changes.
    assert len(problems) == 2
    assert "block for fish.py is not proposed: The file has no definitions of sell" in problems[0]
    assert "server.pem" in problems[1]
    assert (root / "fish.py").read_text("utf-8") == (tmp_path / "out.py").read_text("utf-8") == FILE
    assert not (root / "new.py").exists()
    log.close()
