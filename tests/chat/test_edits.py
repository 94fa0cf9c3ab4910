"""Edits are applied all or none, to the very bytes they were made for, and taken back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import ownstack.chat.project_files
from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.proposals import found_and_replaced
from ownstack.errors import EditError
from ownstack.memory.log.conversation_log import ConversationLog
from tests.support.searchable import TOY


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text("one\ntwo\nthree\n", "utf-8")
    (folder / "b.py").write_text("four\n", "utf-8")
    return folder


@pytest.fixture
def edits(root: Path, tmp_path: Path) -> Iterator[Edits]:
    log = ConversationLog.open(
        tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
    )
    session = log.sessions.create(str(root))
    yield Edits(session, root, Checkpoints(tmp_path / "checkpoints"))
    log.close()


async def change(edits: Edits, path: str, find: str, replace: str) -> None:
    await edits.propose(path, lambda text: found_and_replaced(text or "", find, replace))


async def test_a_proposal_writes_nothing(edits: Edits, root: Path) -> None:
    await change(edits, "a.py", "two", "zwei")

    assert (root / "a.py").read_text("utf-8") == "one\ntwo\nthree\n"
    assert [item.title for item in edits.pending] == ["a.py (+1 -1)"]
    assert edits.text("a.py") == "one\nzwei\nthree\n"
    assert edits.text("b.py") is None


async def test_several_files_are_applied_and_restored_as_one(edits: Edits, root: Path) -> None:
    """A new file too; it is gone again afterwards."""
    await change(edits, "a.py", "two", "zwei")
    await change(edits, "a.py", "three", "drei")
    await change(edits, "b.py", "four", "vier")
    await edits.propose("new/c.py", lambda _text: "five\n")

    written = await edits.apply()

    assert written.paths == ("a.py", "b.py", "new/c.py")
    assert (root / "a.py").read_text("utf-8") == "one\nzwei\ndrei\n"
    assert (root / "new" / "c.py").read_text("utf-8") == "five\n"
    assert edits.pending == ()
    await edits.restore()
    assert (root / "a.py").read_text("utf-8") == "one\ntwo\nthree\n"
    assert (root / "b.py").read_text("utf-8") == "four\n"
    assert not (root / "new" / "c.py").exists()
    with pytest.raises(EditError, match="No edit was applied"):
        await edits.restore()


async def test_one_of_several(edits: Edits, root: Path) -> None:
    await change(edits, "a.py", "two", "zwei")
    await change(edits, "b.py", "four", "vier")

    await edits.apply([2])
    await edits.refuse()

    assert (root / "a.py").read_text("utf-8") == "one\ntwo\nthree\n"
    assert (root / "b.py").read_text("utf-8") == "vier\n"
    for number in (0, 3):
        with pytest.raises(EditError, match="No edit is proposed"):
            await edits.apply([number])
    await change(edits, "a.py", "two", "zwei")
    with pytest.raises(EditError, match="There are 1 proposed"):
        await edits.apply([2])


HELLO = "\u043f\u0440\u0438\u0432\u0435\u0442"
CONTENTS = {
    "crlf": b"one\r\ntwo\r\n",
    "mixed": b"one\r\ntwo\nthree\r\n",
    "no-newline": b"one\ntwo",
    "bom": b"\xef\xbb\xbfone\ntwo\n",
    "utf-16": "one\r\ntwo \u00e9\r\n".encode("utf-16"),
    "latin-1": "# caf\u00e9 ol\u00e9\none\ntwo\n".encode("cp1252"),
    "declared": "# coding: koi8-r\n# \u043f\u0440\u0438\u0432\u0435\u0442\none\ntwo\n".encode(
        "koi8-r"
    ),
    "odd-ends": "one\u2028x\x0cy\ntwo\n".encode(),
}


@pytest.mark.parametrize("name", CONTENTS)
async def test_bytes_that_are_not_edited_stay(edits: Edits, root: Path, name: str) -> None:
    before = CONTENTS[name]
    (root / "a.py").write_bytes(before)
    encoding = {"utf-16": "utf-16-le", "latin-1": "cp1252", "declared": "koi8-r"}.get(name, "utf-8")

    await change(edits, "a.py", "two", "zwei")
    await edits.apply()

    after = (root / "a.py").read_bytes()
    assert after == before.replace("two".encode(encoding), "zwei".encode(encoding))
    await edits.restore()
    assert (root / "a.py").read_bytes() == before


async def test_a_letter_that_the_encoding_lacks_is_refused(edits: Edits, root: Path) -> None:
    (root / "a.py").write_bytes(
        "# coding: koi8-r\n# \u043f\u0440\u0438\u0432\u0435\u0442\ntwo\n".encode("koi8-r")
    )

    with pytest.raises(EditError, match="which has no"):
        await change(edits, "a.py", "two", "\u6f22")


async def test_a_file_that_was_changed_meanwhile(edits: Edits, root: Path) -> None:
    """No file of the change is touched then, neither by applying nor by restoring."""
    await change(edits, "b.py", "four", "vier")
    await change(edits, "a.py", "two", "zwei")
    (root / "a.py").write_text("another\n", "utf-8")

    with pytest.raises(EditError, match=r"a\.py was changed meanwhile"):
        await edits.apply()
    assert (root / "b.py").read_text("utf-8") == "four\n"

    await edits.apply([1])
    (root / "b.py").write_text("later work\n", "utf-8")
    with pytest.raises(EditError, match=r"b\.py was changed meanwhile"):
        await edits.restore()
    assert (root / "b.py").read_text("utf-8") == "later work\n"


async def test_a_file_that_was_removed_meanwhile(edits: Edits, root: Path) -> None:
    await change(edits, "a.py", "two", "zwei")
    (root / "a.py").unlink()

    with pytest.raises(EditError, match="changed meanwhile"):
        await edits.apply()


async def test_a_new_file_that_somebody_else_made(edits: Edits, root: Path) -> None:
    await edits.propose("c.py", lambda _text: "mine\n")
    (root / "c.py").write_text("theirs\n", "utf-8")

    with pytest.raises(EditError, match="changed meanwhile"):
        await edits.apply()
    assert (root / "c.py").read_text("utf-8") == "theirs\n"


async def test_a_read_only_file(edits: Edits, root: Path) -> None:
    await change(edits, "b.py", "four", "vier")
    (root / "b.py").chmod(0o444)

    with pytest.raises(EditError, match="read-only"):
        await edits.apply()
    with pytest.raises(EditError, match="read-only"):
        await change(edits, "b.py", "four", "vier")


async def test_a_link_that_was_put_in_the_place_of_a_file(edits: Edits, root: Path) -> None:
    outside = root.parent / "outside.py"
    outside.write_text("one\ntwo\nthree\n", "utf-8")
    await change(edits, "a.py", "two", "zwei")
    (root / "a.py").unlink()
    (root / "a.py").symlink_to(outside)

    with pytest.raises(EditError, match="outside of the project"):
        await edits.apply()
    assert outside.read_text("utf-8") == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("../x.py", "outside"),
        ("/etc/hosts", "outside"),
        (".git/hooks/pre-commit", "belongs to git"),
        ("node_modules/x/index.js", "kept by a tool"),
        (".env", "secrets by custom"),
        ("book.ipynb", "Notebooks"),
        ("a\u202eyp.b", "not seen"),
        ("a.py\nb.py", "not seen"),
        ("", "is a folder"),
    ],
)
async def test_what_is_not_edited(edits: Edits, path: str, says: str) -> None:
    with pytest.raises(EditError, match=says):
        await edits.propose(path, lambda _text: "x\n")
    assert edits.pending == ()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\0\1\2" * 99, "no text"),
        (b"x" * 3_000_000, "too large"),
        ("caf\u00e9 ol\u00e9\n".encode() * 99 + b"\xff", "no text"),
    ],
)
async def test_what_is_no_text(edits: Edits, root: Path, content: bytes, says: str) -> None:
    (root / "a.py").write_bytes(content)

    with pytest.raises(EditError, match=says):
        await edits.propose("a.py", lambda text: f"{text}x")


@pytest.mark.parametrize("text", ["a\0b\n", "password = 'hunter2-Gx81kQ'\n"])
async def test_what_could_not_be_taken_back(edits: Edits, text: str) -> None:
    """What is no text, or holds secrets, is not edited: so no edit makes it so."""
    with pytest.raises(EditError, match="could not be edited again"):
        await edits.propose("credentials.py", lambda _text: text)


async def test_nothing_to_change(edits: Edits) -> None:
    with pytest.raises(EditError, match="Nothing would be changed"):
        await change(edits, "a.py", "two", "two")


async def test_a_disk_that_takes_no_more(
    edits: Edits, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written already is put back."""
    await change(edits, "a.py", "two", "zwei")
    await change(edits, "b.py", "four", "vier")
    put = ownstack.chat.project_files._put
    failed: list[Path] = []

    def full(file: Path, data: bytes | None) -> None:
        if file.name == "b.py" and not failed:
            failed.append(file)
            raise OSError(28, "No space left on device")
        put(file, data)

    monkeypatch.setattr(ownstack.chat.project_files, "_put", full)

    with pytest.raises(EditError, match="No space left on device"):
        await edits.apply()
    assert (root / "a.py").read_text("utf-8") == "one\ntwo\nthree\n"
    assert len(edits.pending) == 2


async def test_without_a_checkpoint_nothing_is_written(
    edits: Edits, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "checkpoints").write_text("in the way", "utf-8")
    await change(edits, "a.py", "two", "zwei")

    with pytest.raises(EditError, match="No checkpoint can be written"):
        await edits.apply()
    assert (root / "a.py").read_text("utf-8") == "one\ntwo\nthree\n"


@pytest.mark.skipif(os.name == "nt", reason="needs modes")
async def test_the_mode_of_a_file_stays(edits: Edits, root: Path) -> None:
    (root / "a.py").chmod(0o755)
    await change(edits, "a.py", "two", "zwei")

    await edits.apply()

    assert (root / "a.py").stat().st_mode & 0o777 == 0o755
