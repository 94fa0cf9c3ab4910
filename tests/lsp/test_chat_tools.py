"""Tools in conversations, as any editor has them: looked up, allowed, proposed, applied, undone."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.chats.editor_state import ChatDiagnostic, ChatEditor
from ownstack.app.chats.tool_values import ChatApprovals, ChatEditsChanged
from ownstack.app.chats.values import ChatChanged, ChatProgress, ChatSteps, ChatTurnChanged
from ownstack.app.host import Host
from ownstack.chat.tool_ability import ENOUGH, TRIALS, AbilityRecord
from ownstack.engine.chat import ToolCall
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import chat_messages as messages
from ownstack.lsp import tool_messages as tools
from tests.support.chatting import Panel
from tests.support.editing_editor import ABLE, EditingEditor
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

from .conftest import Connect, Engines

pytestmark = pytest.mark.process

BIKES = "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n"
LINES = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "bikes.py").write_text(BIKES, "utf-8")
    (folder / "lines.txt").write_text(LINES, "utf-8")
    return folder


@pytest.fixture
def unmeasured(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model for chat of which nobody knows how well it chooses tools."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    engines.engine = ScriptedEngine(name="talker", context_tokens=16_384)
    return engines.engine


@pytest.fixture
def talker(host: Host, unmeasured: ScriptedEngine) -> ScriptedEngine:
    """One that chooses tools well."""
    AbilityRecord(host.home.tool_ability_file).put(unmeasured.capabilities, 1.0)
    return unmeasured


async def window(connect: Connect, folder: Path, **more: Any) -> Panel:
    panel = Panel(await connect())
    await panel.editor.hello(folder=folder.as_uri(), **more)
    return panel


async def desk(connect: Connect, folder: Path) -> tuple[Panel, EditingEditor]:
    """Open a window whose editor edits files when it is asked, and a conversation in it."""
    panel = Panel(await connect())
    editing = EditingEditor(panel.editor)
    await panel.editor.hello(folder=folder.as_uri(), workspace=ABLE)
    await panel.open()
    return panel, editing


def asks(name: str, call: str = "c1", /, **arguments: object) -> ToolCall:
    return ToolCall(ToolCallPart(call, name, json.dumps(arguments)))


def change(path: str, find: str, replace: str, call: str = "c1") -> ToolCall:
    return asks("propose_edit", call, path=path, find=find, replace=replace)


async def proposed(panel: Panel, talker: ScriptedEngine, *calls: ToolCall) -> list[str]:
    """Have a model propose edits; return the ids of those that wait."""
    talker.enqueue(list(calls))
    talker.enqueue("Done.")
    await panel.ask("Change it.")
    return [edit.id for edit in (await panel.open(panel.session)).edits if edit.state == "pending"]


async def apply(
    panel: Panel, edits: list[str], hunks: Mapping[str, list[int]] | None = None
) -> tools.ChatEdits:
    params = tools.ChatApplyParams(panel.session, edits, dict(hunks or {}))
    answer = await panel.request(tools.APPLY, params)
    assert isinstance(answer, tools.ChatEdits)
    return answer


async def restore(panel: Panel, checkpoint: str, *, force: bool = False) -> tools.ChatEdits:
    params = tools.ChatRestoreCheckpointParams(panel.session, checkpoint, force)
    answer = await panel.request(tools.RESTORE_CHECKPOINT, params)
    assert isinstance(answer, tools.ChatEdits)
    return answer


async def answer(panel: Panel, approval: str, said: str) -> None:
    await panel.request(tools.ANSWER, tools.ChatAnswerParams(panel.session, approval, said))


# Looking things up --------------------------------------------------------------------------


async def test_a_model_looks_things_up(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Each call is told as it begins and ends, and is part of the turn afterwards."""
    talker.enqueue(["I look. ", asks("read", path="bikes.py", end=1)])
    talker.enqueue("By `repair` in bikes.py:1.")
    panel = await window(connect, project)
    await panel.open()

    answered = await panel.ask("How is it mended?", question="q")

    turn = answered.turn
    assert turn.answer == "I look. \n\nBy `repair` in bikes.py:1."
    assert panel.streamed("q") == turn.answer
    phases = [phase for phase in panel.phases("q") if phase != "loading"]
    assert phases == ["searching", "reading", "writing", "looking"]
    began, ended = panel.all(ChatSteps)
    assert [(step.name, step.text, step.ok) for step in began.steps] == [("read", "", True)]
    assert (ended.question, ended.turn, len(ended.steps)) == ("q", 1, 1)
    assert ended.steps[0].text == turn.steps[0].text
    assert "1| def repair(bike):" in turn.steps[0].text
    assert [citation.path for citation in turn.citations] == ["bikes.py"]
    state = await panel.open(panel.session)
    assert (state.tools, state.has_tools) == ("auto", True)


async def test_a_window_that_joins_sees_the_steps_so_far(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    gate = asyncio.Event()
    talker.enqueue([asks("list")])
    talker.enqueue("Done.", gate=gate)
    panel, other = await window(connect, project), await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("What is there?"))
    await panel.told(ChatSteps, lambda news: news.steps[0].text != "")
    state = await other.open(panel.session)
    gate.set()
    await asked

    assert [step.name for step in state.turns[0].steps] == ["list"]
    assert state.has_tools


async def test_a_model_is_measured_before_it_is_asked(
    connect: Connect, project: Path, unmeasured: ScriptedEngine, host: Host
) -> None:
    """Once, in the background; what is found holds for the next question."""
    names = {"read": "path", "references": "name", "list": "path", "search": "query"}
    for trial in TRIALS:
        tool = next((name for name in names if name in trial.right), "")
        unmeasured.enqueue([asks(tool, **{names[tool]: trial.says})] if tool else "No tool.")
    unmeasured.enqueue("Yes.")
    panel = await window(connect, project)
    state = await panel.open()

    await panel.told(ChatChanged, lambda news: news.what == "tools")
    measured = await panel.open(panel.session)
    await panel.ask("Hi?")

    share = AbilityRecord(host.home.tool_ability_file).get(unmeasured.capabilities)
    assert share is not None
    assert share >= ENOUGH
    assert (state.has_tools, measured.has_tools) == (False, True)
    assert [request.conversation for request in unmeasured.chats] == [
        *["tool-ability"] * len(TRIALS),
        panel.session,
    ]
    assert unmeasured.chats[-1].tools != ()


async def test_a_question_is_not_kept_waiting_by_a_measurement(
    connect: Connect, project: Path, unmeasured: ScriptedEngine, host: Host
) -> None:
    """It is given up, and the model answers from what was found for it."""
    unmeasured.enqueue("never", gate=asyncio.Event())
    unmeasured.enqueue("Yes.")
    panel = await window(connect, project)
    await panel.open()
    while not unmeasured.chats:
        await asyncio.sleep(0)

    answered = await panel.ask("Hi?")

    assert answered.turn.answer == "Yes."
    assert unmeasured.streams[0].cancelled
    assert unmeasured.chats[1].tools == ()


async def test_the_user_says_whether_there_are_tools(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """For this conversation, also when it is opened again; other windows hear of it."""
    panel, other = await window(connect, project), await window(connect, project)
    await panel.open()
    await other.open(panel.session)
    talker.enqueue("Without.")
    talker.enqueue("With.")

    off = await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "off"))
    await other.told(ChatChanged, lambda news: news.what == "tools")
    await panel.ask("Hi?")
    for each in (panel, other):
        await each.request(messages.CLOSE)
    again = await panel.open(panel.session)
    on = await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "on"))
    await panel.ask("Hi?")

    assert [(each.tools, each.has_tools) for each in (off, on)] == [("off", False), ("on", True)]
    assert again.tools == "off"
    assert talker.chats[0].tools == ()
    assert talker.chats[1].tools != ()
    with pytest.raises(JsonRpcException, match="auto, on or off"):
        await panel.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "maybe"))


async def test_diagnostics_are_those_that_came_with_the_question(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue([asks("diagnostics")])
    talker.enqueue("So.")
    panel = await window(connect, project)
    await panel.open()
    editor = ChatEditor(
        diagnostics=[
            ChatDiagnostic((project / "bikes.py").as_uri(), 3, "error", "no mend", "pyright"),
            ChatDiagnostic("file:///home/somebody/else.py", 1, "error", "private"),
            ChatDiagnostic("untitled:Untitled-1", 1, "error", "private"),
        ]
    )

    answered = await panel.ask("What is wrong?", editor=editor)

    assert "bikes.py:3 error: no mend (pyright)" in answered.turn.steps[0].text
    assert "private" not in answered.turn.steps[0].text


# Leave --------------------------------------------------------------------------------------


@pytest.fixture
def tested(project: Path) -> Path:
    """A project with tests that leave a mark."""
    (project / "pytest.ini").write_text("[pytest]\n", "utf-8")
    (project / "test_it.py").write_text(
        "from pathlib import Path\n\ndef test_it():\n    Path('ran').touch()\n", "utf-8"
    )
    return project


async def test_tests_are_run_when_somebody_allows_it(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """All windows see the very command; the first answer counts, a later one is told so."""
    talker.enqueue([asks("run_tests", path="test_it.py")])
    talker.enqueue("They pass.")
    panel, other = await window(connect, tested), await window(connect, tested)
    await panel.open()
    await other.open(panel.session)

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await other.told(ChatApprovals)).approvals
    assert not (tested / "ran").exists()
    state = await other.open(panel.session)
    await answer(other, approval.id, "always")
    with pytest.raises(JsonRpcException, match="any more"):
        await answer(panel, approval.id, "no")
    answered = await asked

    assert (approval.turn, approval.can_be_always) == (1, False)
    assert "pytest -q -x -- test_it.py" in approval.detail
    assert state.approvals == [approval]
    assert (tested / "ran").exists()
    assert "It ended with 0." in answered.turn.steps[0].text
    assert panel.all(ChatApprovals)[-1].approvals == []


async def test_nothing_runs_without_a_yes(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """Neither for a no, nor for another word, nor when the answer is stopped meanwhile."""
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run.")
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await panel.told(ChatApprovals)).approvals
    with pytest.raises(JsonRpcException, match="no, once or always"):
        await answer(panel, approval.id, "yes, whatever")
    await answer(panel, approval.id, "no")
    refused = await asked
    panel.heard.clear()
    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    await panel.request(messages.STOP)
    stopped = await asked

    assert "did not allow the tests" in refused.turn.steps[0].text
    assert (stopped.turn.finish, stopped.turn.steps[0].ok) == ("cancelled", False)
    assert panel.all(ChatApprovals)[-1].approvals == []
    assert not (tested / "ran").exists()


async def test_a_panel_that_is_closed_says_no(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    """The answer goes on, and is there when it is opened again."""
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run.")
    talker.enqueue([asks("run_tests")])
    talker.enqueue("Not run either.")
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    await panel.request(messages.CLOSE)
    await asked
    state = await panel.open(panel.session)
    await panel.request(messages.CLOSE)

    assert state.turns[0].answer == "Not run."
    assert state.approvals == []
    assert not (tested / "ran").exists()


async def test_tests_that_run_are_stopped(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    (tested / "test_it.py").write_text("import time\ntime.sleep(600)\n", "utf-8")
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    [approval] = (await panel.told(ChatApprovals)).approvals
    await answer(panel, approval.id, "once")
    await panel.told(ChatProgress, lambda news: news.phase == "looking")
    await panel.request(messages.STOP)
    stopped = await asked

    assert stopped.turn.finish == "cancelled"
    assert "stopped by the user" in stopped.turn.steps[0].text


# Edits --------------------------------------------------------------------------------------


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


async def test_a_client_that_cannot_edit_has_the_server_do_it(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """But for a file that is open there and not saved."""
    panel = await window(connect, project)
    await panel.open()
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    applied = await apply(panel, [edit])
    mended = (project / "bikes.py").read_text("utf-8")
    await restore(panel, applied.checkpoints[0].id)
    panel.editor.open("# not saved\n" + BIKES, (project / "bikes.py").as_uri())
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    with pytest.raises(JsonRpcException, match="has changes in the editor that are not saved"):
        await apply(panel, [edit])

    assert mended == BIKES.replace("repair", "mend")
    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_later_work_is_not_lost(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """What was changed after an edit is given back by force alone."""
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    checkpoint = (await apply(panel, [edit])).checkpoints[0].id
    (project / "bikes.py").write_text("later work\n", "utf-8")

    with pytest.raises(JsonRpcException, match=r"bikes\.py was changed meanwhile"):
        await restore(panel, checkpoint)
    assert (project / "bikes.py").read_text("utf-8") == "later work\n"
    await restore(panel, checkpoint, force=True)

    assert (project / "bikes.py").read_text("utf-8") == BIKES


async def test_edits_are_refused(connect: Connect, project: Path, talker: ScriptedEngine) -> None:
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))

    refused = await panel.request(tools.REFUSE, tools.ChatRefuseParams(panel.session, [edit]))

    assert refused.done == ["Refused: bikes.py."]
    assert [each.state for each in refused.edits] == ["refused"]
    for method, params in (
        (tools.APPLY, tools.ChatApplyParams(panel.session, [])),
        (tools.REFUSE, tools.ChatRefuseParams(panel.session, [])),
        (tools.APPLY, tools.ChatApplyParams(panel.session, [edit])),
        (tools.CHANGES, tools.ChatChangesParams(panel.session, [edit])),
        (tools.RESTORE_CHECKPOINT, tools.ChatRestoreCheckpointParams(panel.session, "../x")),
    ):
        with pytest.raises(JsonRpcException):
            await panel.request(method, params)


async def test_edits_of_a_question_that_was_asked_again(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """They wait no more, until their turn is brought back."""
    panel, _ = await desk(connect, project)
    await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    talker.enqueue("No change is needed.")

    await panel.ask("Leave it.", replaces=1)
    asked_again = await panel.open(panel.session)
    params = messages.ChatRestoreParams(panel.session, 2)
    brought_back = await panel.request(messages.RESTORE, params)

    assert [each.state for each in asked_again.edits] == ["replaced"]
    assert [each.state for each in brought_back.edits] == ["pending"]
    await panel.told(ChatEditsChanged, lambda news: news.edits[0].state == "replaced")


async def test_a_conversation_that_is_deleted_leaves_no_checkpoints(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    panel, _ = await desk(connect, project)
    [edit] = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    await apply(panel, [edit])
    folder = host.home.checkpoints_folder
    assert len(list(folder.glob("*.json"))) == 1

    await panel.request(messages.DELETE)

    assert list(folder.glob("*.json")) == []
    assert list((folder / "blobs").iterdir()) == []


# Restricted ---------------------------------------------------------------------------------


async def test_an_untrusted_workspace_has_no_tools(
    connect: Connect, project: Path, talker: ScriptedEngine
) -> None:
    """Nothing is read, run, proposed, applied or given back, whoever has proposed it before."""
    panel, _ = await desk(connect, project)
    edits = await proposed(panel, talker, change("bikes.py", "repair", "mend"))
    applied = await apply(panel, edits)
    [edit] = await proposed(panel, talker, change("lines.txt", "line 3\n", "LINE 3\n"))
    await panel.request(messages.CLOSE)
    talker.enqueue([asks("read", path="bikes.py")])
    other = await window(connect, project, trusted=False)
    state = await other.open(panel.session)
    set_on = await other.request(tools.SET_TOOLS, tools.ChatToolsParams(panel.session, "on"))

    answered = await other.ask("Read it.")

    assert (state.has_tools, set_on.has_tools) == (False, False)
    assert talker.chats[-1].tools == ()
    assert answered.turn.steps == []
    assert ["not trusted" in each.reason for each in state.edits] == [False, True]
    with pytest.raises(JsonRpcException, match="not trusted"):
        await apply(other, [edit])
    with pytest.raises(JsonRpcException, match="not trusted"):
        await restore(other, applied.checkpoints[0].id)
    with pytest.raises(JsonRpcException, match="not trusted"):
        await other.request(tools.CHANGES, tools.ChatChangesParams(panel.session))
    assert (project / "bikes.py").read_text("utf-8") == BIKES.replace("repair", "mend")
    assert (project / "lines.txt").read_text("utf-8") == LINES


async def test_trust_that_is_withdrawn_stops_what_runs(
    connect: Connect, tested: Path, talker: ScriptedEngine
) -> None:
    talker.enqueue([asks("run_tests")])
    panel = await window(connect, tested)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Test it."))
    await panel.told(ChatApprovals)
    panel.editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"trusted": False})
    )
    answered = await asked
    state = await panel.open(panel.session)

    assert answered.turn.finish == "cancelled"
    assert (state.approvals, state.has_tools) == ([], False)
    assert not (tested / "ran").exists()


# Servers of the user ------------------------------------------------------------------------

SERVER = Path(__file__).parents[1] / "support" / "tool_server.py"


def name_servers(host: Host, **modes: str) -> None:
    """Have the user's file name servers that behave so."""
    pytest.importorskip("mcp", reason='needs the official package: pip install "ownstack[mcp]"')
    file = host.home.tool_servers_file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        "".join(
            f"[servers.{name}]\ncommand = {json.dumps(sys.executable)}\n"
            f"args = {json.dumps([str(SERVER), mode])}\n"
            for name, mode in modes.items()
        ),
        "utf-8",
    )


def servers() -> list[int]:
    """Return which of the servers below run."""
    running = psutil.Process().children(recursive=True)
    return [each.pid for each in running if str(SERVER) in _command(each)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # It has just ended.
        return []


async def test_tools_of_the_users_servers(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """Started with the first question, asked about; one that dies costs one sentence."""
    name_servers(host, good="good", gone="exits", ill="dies")
    for _ in range(2):
        talker.enqueue(
            [asks("good__look_up", "c1", word="bicycle"), asks("ill__look_up", "c2", word="x")]
        )
        talker.enqueue("So.")
    panel = await window(connect, project)
    opened = await panel.open()

    asked = asyncio.ensure_future(panel.ask("What is a bicycle?"))
    for name in ("good", "ill"):
        told = await panel.told(
            ChatApprovals,
            lambda news, name=name: any(name in each.title for each in news.approvals),
        )
        assert told.approvals[0].can_be_always
        await answer(panel, told.approvals[0].id, "always")
    first = await asked
    second = await panel.ask("And now?")
    state = await panel.open(panel.session)

    assert not [problem for problem in opened.problems if "gone" in problem]
    good, ill = first.turn.steps
    assert "bicycle means nothing" in good.text
    assert "was cut off" in ill.text
    assert [problem for problem in first.turn.problems if "gone" in problem]
    assert not [problem for problem in second.turn.problems if "gone" in problem]
    assert [problem for problem in state.problems if "gone" in problem]
    assert [step.ok for step in second.turn.steps] == [True, False]
    assert len(panel.all(ChatApprovals)) == 4, "what was allowed for always is not asked again"
    assert [news.turn.finish for news in panel.all(ChatTurnChanged)][-1] == "stop"
    assert len(servers()) == 1
    await panel.request(messages.DELETE)
    assert servers() == [], "they end with the conversation"


async def test_a_server_that_does_not_start_is_not_waited_for(
    connect: Connect, project: Path, talker: ScriptedEngine, host: Host
) -> None:
    """The question is stopped; without that server the next one is answered."""
    name_servers(host, silent="silent")
    talker.enqueue("Yes.")
    panel = await window(connect, project)
    await panel.open()

    asked = asyncio.ensure_future(panel.ask("Hi?", question="q"))
    await panel.told(ChatProgress, lambda news: news.question == "q")
    while not servers():
        await asyncio.sleep(0.01)
    await panel.request(messages.STOP)
    with pytest.raises(JsonRpcException, match="stopped before it was asked"):
        await asked
    host.home.tool_servers_file.unlink()
    answered = await panel.ask("Hi?")

    assert answered.turn.answer == "Yes."
    assert servers() == []
