"""What became of proposed edits is read from the log, whatever else stands there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.chat.branches import restoring
from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.proposal_log import proposed, taken
from ownstack.chat.proposals import CLOSED, PROPOSED
from ownstack.errors import EditError
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog
from tests.support.searchable import TOY

LINES = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "a.py").write_text(LINES, "utf-8")
    return folder


@pytest.fixture
def session(root: Path, tmp_path: Path) -> Iterator[SessionLog]:
    log = ConversationLog.open(
        tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
    )
    yield log.sessions.create(str(root))
    log.close()


@pytest.fixture
def edits(session: SessionLog, root: Path, tmp_path: Path) -> Edits:
    return Edits(session, root, Checkpoints(tmp_path / "checkpoints"))


async def change(edits: Edits, *lines: int, path: str = "a.py") -> str:
    """Propose that lines are written large; return the proposal's id."""

    def large(text: str | None) -> str:
        found = (text or LINES).splitlines(keepends=True)
        return "".join(
            line.upper() if number in lines else line for number, line in enumerate(found, 1)
        )

    await edits.propose(path, large)
    return edits.pending[-1].id


def states(edits: Edits) -> list[str]:
    return [f"{item.state} {item.proposal.title}" for item in edits.proposed]


async def test_a_later_proposal_for_a_file_holds_the_earlier_one(edits: Edits) -> None:
    await change(edits, 2)
    await change(edits, 9)

    assert states(edits) == ["replaced a.py (+1 -1)", "pending a.py (+2 -2)"]


async def test_some_hunks_are_applied_and_the_rest_stays(edits: Edits, root: Path) -> None:
    """It is made for the file as it is then, so that it can be applied, too."""
    name = await change(edits, 2, 9, 16)

    await edits.apply([name], {name: [0, 2]})

    assert (root / "a.py").read_text("utf-8").count("LINE") == 2
    assert states(edits) == ["applied a.py (+2 -2)", "pending a.py (+1 -1)"]
    await edits.apply()
    assert (root / "a.py").read_text("utf-8").count("LINE") == 3
    await edits.restore()
    await edits.restore()
    assert (root / "a.py").read_text("utf-8") == LINES


async def test_hunks_that_there_are_not(edits: Edits, root: Path) -> None:
    name = await change(edits, 2, 9)

    for hunks in ([], [2], [-1, 0]):
        with pytest.raises(EditError, match="has 2 hunks"):
            await edits.apply([name], {name: hunks})
    assert (root / "a.py").read_text("utf-8") == LINES


async def test_an_edit_that_does_not_wait_any_more(edits: Edits) -> None:
    name = await change(edits, 2)
    await edits.refuse([name])
    await change(edits, 3)

    for which in ([name], ["none of ours"]):
        with pytest.raises(EditError, match="does not wait any more"):
            await edits.apply(which)


async def test_edits_of_a_turn_that_was_taken_back(edits: Edits, session: SessionLog) -> None:
    """They come back with their turn; what was applied stays applied."""
    first = session.begin_turn()
    asked = events.user(session.stamp(first), "Change it.")
    session.append(asked)
    await change(edits, 2)
    await edits.apply()
    await change(edits, 9)
    second = session.begin_turn()
    session.append(
        events.undo(session.stamp(second), asked.id, onward=True),
        events.user(session.stamp(second), "Change it otherwise."),
    )

    assert states(edits) == ["applied a.py (+1 -1)", "replaced a.py (+1 -1)"]
    await change(edits, 16)
    assert [item.title for item in edits.pending] == ["a.py (+1 -1)"]
    session.append(*restoring(session.events, session.stamp(second), second))
    assert [item.state for item in edits.proposed] == ["applied", "pending", "replaced"]


async def test_a_checkpoint_is_named(edits: Edits, root: Path, session: SessionLog) -> None:
    """One that is not the newest is given back if the files still are what was written then."""
    (root / "b.py").write_text(LINES, "utf-8")
    await change(edits, 2)
    first = await edits.apply()
    await change(edits, 2, path="b.py")
    await edits.apply()

    await edits.restore(first.checkpoint)

    assert (root / "a.py").read_text("utf-8") == LINES
    assert [(item.paths, item.restored) for item in taken(session.events)] == [
        (("a.py",), True),
        (("b.py",), False),
    ]
    for name in (first.checkpoint, "none", "../../etc"):
        with pytest.raises(EditError, match="no such checkpoint"):
            await edits.restore(name)


async def test_changes_since_are_lost_by_force_alone(edits: Edits, root: Path) -> None:
    await change(edits, 2)
    written = await edits.apply()
    (root / "a.py").write_text("later work\n", "utf-8")

    with pytest.raises(EditError, match=r"a\.py was changed meanwhile"):
        await edits.restore(written.checkpoint)
    await edits.restore(written.checkpoint, force=True)

    assert (root / "a.py").read_text("utf-8") == LINES


def test_notes_that_make_no_sense_are_passed_over(session: SessionLog) -> None:
    """Another version, or another program, may have written them."""
    stamp = session.stamp(0)
    notes = [
        events.note(stamp, PROPOSED, "", {"path": "a.py"}),
        events.note(stamp, PROPOSED, "", {"path": "a.py", "edits": [[0, 1]], "added": 1}),
        events.note(stamp, CLOSED, "applied", {"proposals": ["none"], "parts": {"none": 1}}),
        events.note(stamp, CLOSED, "applied", {"proposals": 7}),
    ]

    assert proposed(notes) == ()
    assert taken(notes) == ()
