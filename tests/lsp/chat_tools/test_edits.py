"""Edits that a model proposes, over a real connection: shown, applied, taken back."""

import asyncio
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.tool_values import ChatEditsChanged
from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import tool_messages as tools
from tests.lsp.chat_tools.desk import (
    BIKES,
    LINES,
    apply,
    asks,
    change,
    desk,
    proposed,
    restore,
    window,
)
from tests.lsp.conftest import Connect

pytestmark = pytest.mark.process


async def test_an_edit_is_shown_applied_and_taken_back(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The model writes nothing; the editor does, and the file is as before afterwards."""
    panel, editing = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "bike.mend()", "mended(bike)"))
    told = await panel.told(ChatEditsChanged)
    shown = (await panel.request(tools.CHANGES, tools.ChatChangesParams(panel.session))).changes
    assert (project / "bikes.py").read_text("utf-8") == BIKES

    applied = await apply(panel, [edit])
    after = (project / "bikes.py").read_text("utf-8")
    checkpoint = applied.checkpoints[0].id
    restored = await restore(panel, checkpoint)

    assert [(each.state, each.title, each.reason) for each in told.edits] == [
        ("pending", "bikes.py (+1 -1)", "")
    ]
    [hunk] = shown[0].hunks
    assert (hunk.index, hunk.start_line) == (0, 3)
    assert (hunk.before, hunk.after) == ("    return bike.mend()\n", "    return mended(bike)\n")
    assert (shown[0].before, shown[0].after) == (BIKES, after)
    assert after == BIKES.replace("bike.mend()", "mended(bike)")
    assert applied.done == ["Applied: bikes.py."]
    assert [(each.state, each.checkpoint) for each in applied.edits] == [("applied", checkpoint)]
    assert [asked.label for asked in editing.asked] == [
        "Proposed edits: bikes.py",
        "As before proposed edits: bikes.py",
    ]
    assert restored.done == ["As before: bikes.py."]
    assert [each.restored for each in restored.checkpoints] == [True]
    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_several_files_are_one_change(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """A new one too, which is gone again afterwards."""
    panel, editing = await desk(connect, project)
    edits = await proposed(
        panel,
        talker,
        change("bikes.py", "repair", "mend", "c1"),
        asks("propose_edit", "c2", path="new/wheel.py", replace="SPOKES = 36\n"),
    )

    applied = await apply(panel, edits)
    made = (project / "new" / "wheel.py").read_text("utf-8")
    await restore(panel, applied.checkpoints[0].id)

    assert [edit.is_new for edit in applied.edits] == [False, True]
    assert applied.checkpoints[0].paths == ["bikes.py", "new/wheel.py"]
    assert made == "SPOKES = 36\n"
    assert len(editing.asked) == 2
    kinds = [type(each) for each in editing.asked[0].edit.document_changes or ()]
    assert kinds == [types.TextDocumentEdit, types.CreateFile, types.TextDocumentEdit]
    assert (project / "bikes.py").read_text("utf-8") == BIKES
    assert not (project / "new" / "wheel.py").exists()


async def test_some_hunks_are_applied(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The rest waits on, and fits what is there then."""
    panel, _ = await desk(connect, project)
    [edit] = await proposed(
        panel,
        talker,
        change("lines.txt", "line 3\n", "LINE 3\n", "c1"),
        change("lines.txt", "line 17\n", "LINE 17\n", "c2"),
    )

    first = await apply(panel, [edit], {edit: [1]})
    between = (project / "lines.txt").read_text("utf-8")
    [rest] = [each.id for each in first.edits if each.state == "pending"]
    await apply(panel, [rest])

    assert between == LINES.replace("line 17", "LINE 17")
    states = [(each.state, each.title) for each in first.edits if each.state != "replaced"]
    assert states == [("applied", "lines.txt (+1 -1)"), ("pending", "lines.txt (+1 -1)")]
    assert (project / "lines.txt").read_text("utf-8").count("LINE") == 2
    with pytest.raises(JsonRpcException, match="does not wait any more"):
        await apply(panel, [rest])


async def test_what_is_open_and_not_saved_is_the_file(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """The model reads it, the edit is made for it, and the editor's version is named."""
    panel, editing = await desk(connect, project)
    file = project / "bikes.py"
    panel.editor.open("# not saved \U0001f6b2\n" + BIKES, file.as_uri())
    talker.enqueue([asks("read", "r", path="bikes.py")])
    [edit] = await proposed(
        panel, talker, change("bikes.py", "saved \U0001f6b2", "saved \U0001f6b2 yet")
    )

    applied = await apply(panel, [edit])
    text = editing.text(file)
    await restore(panel, applied.checkpoints[0].id)

    assert "# not saved" in (await panel.open(panel.session)).turns[0].steps[0].text
    [asked, _] = [each.edit.document_changes or [] for each in editing.asked]
    assert isinstance(asked[0], types.TextDocumentEdit)
    assert asked[0].text_document.version == 1
    assert text == "# not saved \U0001f6b2 yet\n" + BIKES
    assert editing.text(file) == "# not saved \U0001f6b2\n" + BIKES
    assert file.read_text("utf-8") == BIKES


async def test_an_edit_that_does_not_fit_any_more(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """It says why, in the window where that is so, and no file of the change is touched."""
    panel, editing = await desk(connect, project)
    other = await window(connect, project)
    await other.open(panel.session)
    edits = await proposed(
        panel,
        talker,
        change("bikes.py", "repair", "mend", "c1"),
        change("lines.txt", "line 3\n", "LINE 3\n", "c2"),
    )
    other.editor.open("another text\n", (project / "lines.txt").as_uri())
    with pytest.raises(JsonRpcException, match=r"lines\.txt was changed meanwhile"):
        await apply(other, edits)
    state = await other.open(panel.session)
    changes = await other.request(tools.CHANGES, tools.ChatChangesParams(panel.session))
    mine = await panel.open(panel.session)
    (project / "lines.txt").unlink()
    with pytest.raises(JsonRpcException, match=r"lines\.txt was changed meanwhile"):
        await apply(panel, edits)

    assert [each.reason[:28] for each in state.edits] == ["", "lines.txt was changed meanwh"]
    assert [bool(each.hunks) for each in changes.changes] == [True, False]
    assert changes.changes[1].reason == state.edits[1].reason
    assert [each.reason for each in mine.edits] == ["", ""]
    assert editing.asked == []
    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_an_editor_that_does_not_do_it(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """Its reason is told, the edit waits on, and no checkpoint is left."""
    panel, editing = await desk(connect, project)
    editing.refuses = "the file is locked"
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    with pytest.raises(JsonRpcException, match="did not do it: the file is locked"):
        await apply(panel, [edit])

    state = await panel.open(panel.session)
    assert [each.state for each in state.edits] == ["pending"]
    assert state.checkpoints == []
    assert list(host.home.checkpoints_folder.glob("*.json")) == []


async def test_two_windows_apply_the_same(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """One does; the other one is told, and both see what became of it."""
    panel, _ = await desk(connect, project)
    other = await window(connect, project)
    await other.open(panel.session)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    one, two = await asyncio.gather(
        apply(panel, [edit]), apply(other, [edit]), return_exceptions=True
    )

    assert sum(isinstance(each, JsonRpcException) for each in (one, two)) == 1
    assert (project / "bikes.py").read_text("utf-8") == BIKES.replace("repair", "mend")
    for each in (panel, other):
        await each.told(ChatEditsChanged, lambda news: news.edits[0].state == "applied")
