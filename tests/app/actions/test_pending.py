"""Edits that wait: accepted by hunks, in any order, and never twice."""

import asyncio
import random
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from ownstack.actions.result import MadeEdit
from ownstack.app.actions.pending import PendingEdit, Subject
from ownstack.app.chats.window_files import FileEdit, WindowFiles
from ownstack.chat.project_files import hash_of
from ownstack.chat.proposals import proposal
from ownstack.errors import EditError, UsageError


class Disk:
    """An editor that leaves files to the disk."""

    def __init__(self) -> None:
        self.asked = 0

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        self.asked += 1
        return False

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        return "never asked"


def waiting(root: Path, before: str, after: str, editor: Disk | None = None) -> PendingEdit:
    data = before.encode()
    (root / "a.py").write_bytes(data)
    made = MadeEdit(proposal("a.py", hash_of(data), before, after), after, (), "", 1, 0, 0, 0.0)
    files = partial(WindowFiles, root, lambda path: None)
    subject = Subject("file:///a.py", "a.py", files, before, hash_of(data))
    return PendingEdit("e1", "label", made, subject, editor or Disk())


def text_of(root: Path) -> str:
    return (root / "a.py").read_bytes().decode()


async def test_hunks_may_be_accepted_in_any_order(tmp_path: Path) -> None:
    """What is left are the hunks that were shown; at the end it is the whole edit."""
    chance = random.Random(15)
    for end in ("\n", "\r\n", "\r"):
        lines = [f"é🚲 line {at % 7}{end}" for at in range(40)]
        new = list(lines)
        for at in sorted(chance.sample(range(0, 40, 2), 8), reverse=True):
            new[at : at + chance.randrange(2)] = [f"new {at}{end}"] * chance.randrange(3)
        before, after = "".join(lines), "".join(new)
        edit = waiting(tmp_path, before, after)
        [change] = (await edit.result()).files
        shown = [(hunk.before, hunk.after) for hunk in change.hunks]

        while shown:
            at = chance.randrange(len(shown))
            left = await edit.accept([at])
            del shown[at]
            assert [(h.before, h.after) for f in left.files for h in f.hunks] == shown

        assert text_of(tmp_path) == after


async def test_an_edit_that_is_accepted_twice(tmp_path: Path) -> None:
    """By two keys at once: it is done once, and the second is told so."""
    editor = Disk()
    edit = waiting(tmp_path, "one\n", "two\n", editor)

    done = await asyncio.gather(edit.accept(None), edit.accept(None), return_exceptions=True)

    assert [type(each) for each in done if isinstance(each, Exception)] == [UsageError]
    assert editor.asked == 1
    assert text_of(tmp_path) == "two\n"


async def test_it_is_of_the_text_that_it_was_made_for(tmp_path: Path) -> None:
    """An editor that has another by now is given no edits of the older one."""
    edit = waiting(tmp_path, "one\ntwo\n", "one\nzwei\n")

    assert edit.of_document("one\r\ntwo\r\n", 3).version == 3
    with pytest.raises(EditError, match="changed meanwhile"):
        edit.of_document("zero\none\ntwo\n", 4)


class Late(Disk):
    """An editor that says it is done before it says what the text is now."""

    def can_edit(self, *, makes_or_removes: bool) -> bool:
        return True

    async def edit(self, label: str, edits: Sequence[FileEdit]) -> str:
        return ""


async def test_what_is_left_is_placed_in_the_text_that_was_written(tmp_path: Path) -> None:
    edit = waiting(tmp_path, "1\n2\n3\nkept\none\n", "1\nkept\nuno\n", Late())

    left = await edit.accept([0])

    assert [h.start_line for f in left.files for h in f.hunks] == [3]
    (tmp_path / "a.py").write_text("1\nkept\none\n")
    assert (await edit.result()).files == left.files
