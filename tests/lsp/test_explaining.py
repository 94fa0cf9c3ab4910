"""Why a suggestion, or why none: over the wire, as the extension asks it."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from lsprotocol import types

from ownstack.app.host import Host
from ownstack.app.punctuality import Punctuality
from ownstack.completion.suggestion import Trace, Trigger
from ownstack.engine.results import Speed
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineMissingError
from ownstack.lsp import protocol
from tests.support.editor import URI, Editor, question
from tests.support.gguf_models import make_gguf

from .conftest import Engines
from .test_server import ECHOING


async def test_echo_names_file_and_line(editor: Editor) -> None:
    """So that one can look at the place; with the text, and the place it is for."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)
    text = await editor.ghost(at)

    trace = await editor.explain()

    assert trace.text == text == "nection(host, port)"
    assert (trace.path, trace.line) == ("main.py", 5)
    assert (trace.origin.uri, trace.origin.path, trace.origin.line) == (URI, "main.py", 3)


@pytest.mark.process
async def test_echo_names_another_file(editor: Editor, tmp_path: Path) -> None:
    """One that lies in the workspace, whether or not it is open."""
    (tmp_path / "there.py").write_text("import x\n\n" + ECHOING.replace("$0", ""))
    await editor.hello(folder=tmp_path.as_uri())
    await editor.told(lambda status: status.state == "noModel")
    uri = (tmp_path / "here.py").as_uri()
    at = editor.open("connection = open_con$0\n", uri)
    assert await editor.ghost(at, uri, invoked=True) == "nection(host, port)"

    trace = await editor.explain()

    assert trace.origin.uri == (tmp_path / "there.py").as_uri()
    assert trace.origin.path == "there.py"
    assert trace.origin.line in (3, 5)


async def test_echo_names_a_line_of_a_long_file(editor: Editor) -> None:
    """The document is searched from far above the cursor, not from its beginning."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    above = "# a line of a comment that is long enough\n" * 9_000
    at = editor.open(above + ECHOING)
    assert await editor.ghost(at) == "nection(host, port)"

    assert (await editor.explain()).origin.line == 9_003


async def test_a_cached_answer_names_its_model(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """What was computed for an earlier key was made by somebody, too."""
    engines.engine.enqueue("(a + b)")
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("def add(a, b):\n    return$0\n")
    await editor.ghost(at)
    later = editor.type(at, "!")
    await editor.ghost(later)
    change = types.TextDocumentContentChangePartial(range=types.Range(at, later), text="")
    editor.text_document_did_change(
        types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(9, URI), [change])
    )

    text = await editor.ghost(at)
    trace = await editor.explain()

    assert (text, trace.tier, trace.source, trace.model) == (
        "(a + b)",
        "cache",
        "model",
        "scripted",
    )
    assert not trace.prefetched


def asked_with_row(at: types.Position, row: str, start: int) -> types.InlineCompletionParams:
    params = question(at)
    span = types.Range(types.Position(at.line, start), at)
    params.context.selected_completion_info = types.SelectedCompletionInfo(span, row)
    return params


@pytest.mark.parametrize(
    ("row", "hidden"),
    [("open_connection", ""), ("open_conflict", "nection(host, port)")],
    ids=["agrees", "contradicts"],
)
async def test_a_row_of_the_editors_list_that_hides_it(
    editor: Editor, row: str, hidden: str
) -> None:
    """The row is named, and what it hides is told, if it does."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)
    await editor.ghost(at)

    await editor.text_document_inline_completion_async(asked_with_row(at, row, 13))
    trace = await editor.explain()

    assert (trace.selected, trace.hidden) == (row, hidden)


async def test_a_row_from_the_first_key_on(editor: Editor) -> None:
    """What the row hides is told though nobody has ever seen it, and nothing counts as shown."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)
    await editor.text_document_inline_completion_async(asked_with_row(at, "open_conflict", 13))
    shown = (await editor.status()).figures.get("completionsShown", 0.0)

    trace = await editor.explain()

    assert trace.hidden == "nection(host, port)"
    assert (await editor.status()).figures.get("completionsShown", 0.0) == shown


async def test_what_goes_on_from_a_row(editor: Editor) -> None:
    """It is told with the row, as it is shown."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)

    await editor.text_document_inline_completion_async(asked_with_row(at, "open_connection", 13))

    assert (await editor.explain()).text == "open_connection(host, port)"


async def test_without_llama_no_model_is_advised(editor: Editor, engines: Engines) -> None:
    """The advice leads on: another model would end in the same error."""
    make_gguf(Path(os.environ["OWNSTACK_BUILTIN"]))
    engines.error = EngineMissingError(
        "llama.cpp is not installed, so no model can run.", "Install it with: pip install it"
    )
    await editor.hello()

    status = await editor.told(lambda status: status.state == "noModel")

    assert "llama.cpp is not installed" in status.reason
    assert "Install it with" in status.reason
    assert "ownstack models" not in status.reason


async def test_statistics_by_who_made_them(editor: Editor) -> None:
    """Shown, accepted and the rest, from the log on this disk."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)
    [item] = await editor.items(at)
    assert item.command is not None
    assert item.command.arguments is not None
    editor.type(at, str(item.insert_text))
    await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(item.command.command, item.command.arguments)
    )

    result = await editor.protocol.send_request_async(
        protocol.STATISTICS, protocol.StatisticsParams()
    )

    [tally] = result.tallies
    assert (tally.source, tally.model, tally.shown, tally.accepted) == ("echo", "", 1, 1)
    assert result.reason == ""


async def test_what_became_of_suggestions_can_be_forgotten(editor: Editor) -> None:
    """By a command that any editor can give; from then on it is counted anew."""
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")
    at = editor.open(ECHOING)
    await editor.items(at)

    await editor.workspace_execute_command_async(types.ExecuteCommandParams(protocol.CLEAR_SIGNALS))

    result = await editor.protocol.send_request_async(
        protocol.STATISTICS, protocol.StatisticsParams()
    )
    assert (result.tallies, result.reason) == ([], "")


async def test_models_of_other_programs_are_listed(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what they need of the memory that is free; the known ones only once."""
    monkeypatch.setenv("LLAMA_CACHE", str(tmp_path))
    make_gguf(tmp_path / "found.gguf")
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    await editor.hello()

    result = await editor.protocol.send_request_async(protocol.MODELS, protocol.Nothing())
    found = [model for model in result.found if str(tmp_path) in model.path]

    assert [(model.name, model.program) for model in found] == [("found", "llama.cpp")]
    assert 0 < found[0].memory_bytes < result.free_bytes


async def test_a_model_of_ollama_keeps_its_name(
    editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is named by a digest, which says nothing."""
    monkeypatch.setenv("OLLAMA_MODELS", str(tmp_path))
    digest = "sha256:" + "ab" * 32
    (tmp_path / "blobs").mkdir()
    blob = make_gguf(tmp_path / "blobs" / digest.replace(":", "-"))
    manifest = tmp_path / "manifests" / "registry.ollama.ai" / "library" / "coder" / "0.5b"
    manifest.parent.mkdir(parents=True)
    layer = {"mediaType": "application/vnd.ollama.image.model", "digest": digest}
    manifest.write_text(json.dumps({"layers": [layer]}))
    await editor.hello()

    status = await editor.protocol.send_request_async(
        protocol.USE_MODEL, protocol.UseModelParams(str(blob), "completion")
    )
    result = await editor.protocol.send_request_async(protocol.MODELS, protocol.Nothing())

    assert status.model == "coder:0.5b"
    assert [model.name for model in result.models] == ["builtin", "coder:0.5b"]
    assert str(blob) not in [model.path for model in result.found]


async def test_an_unknown_kind_is_named(editor: Editor, tmp_path: Path) -> None:
    """Rather than that nothing was found."""
    await editor.hello(folder=tmp_path.as_uri())

    result = await editor.protocol.send_request_async(
        protocol.SEARCH, protocol.SearchParams("total kind:functoin")
    )

    assert result.reason == "There is no kind “functoin”. Did you mean kind:function?"


async def test_a_read_model_is_tried_out(editor: Editor, engines: Engines, chosen: str) -> None:
    """No 100 % that stands for seconds."""
    engines.loaded.clear()
    await editor.hello()
    await editor.told(lambda status: status.state == "loading")
    while engines.progress is None:
        await asyncio.sleep(0)

    engines.progress(1.0)
    status = await editor.told(lambda status: "tried out" in status.reason)

    assert status.reason == "Tiny is in memory and is tried out."
    engines.loaded.set()


async def test_slow_takes_minutes(
    editor: Editor, host: Host, engines: Engines, chosen: str
) -> None:
    """A model that was measured to be slow is not called so while its suggestions arrive."""
    engines.engine = ScriptedEngine(speed=Speed(10.0, 0.5))
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    now = [0.0]
    [session] = host._listeners
    punctuality = Punctuality(lambda: now[0], lambda: (9.0, 2))
    session._punctuality = punctuality  # type: ignore[attr-defined]

    for _ in range(30):
        now[0] += 10
        punctuality.note(Trace(late=True), Trigger.AUTOMATIC, 2.0, 0.4)
    status = await editor.status()

    assert status.state == "slow"
    assert "its load is 9.0 on 2 processors" in status.reason
    assert "smaller" not in status.reason
