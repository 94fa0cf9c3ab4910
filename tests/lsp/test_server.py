"""A window's whole conversation, over a real connection."""

import asyncio

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcRequestCancelled

from ownstack import __version__
from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.engine.requests import Priority
from ownstack.errors import ModelCorruptError
from ownstack.lsp import action_messages, protocol
from ownstack.lsp.model_messages import UseModelParams
from tests.support.editor import URI, Editor, question

from .conftest import Connect, Engines

ECHOING = (
    "connection = open_connection(host, port)\n"
    "print(connection)\n"
    "connection = open_connection(host, port)\n"
    "print(connection)\n"
    "connection = open_con$0\n"
)
"""A text in which echo is sure."""


async def test_capabilities_are_advertised(editor: Editor) -> None:
    """Incremental sync and inline completion, without which an editor would not ask."""
    result = await editor.hello()

    assert result.server_info == types.ServerInfo("ownstack", __version__)
    capabilities = result.capabilities
    assert capabilities.inline_completion_provider == types.InlineCompletionOptions()
    assert capabilities.position_encoding == types.PositionEncodingKind.Utf16
    sync = capabilities.text_document_sync
    assert isinstance(sync, types.TextDocumentSyncOptions)
    assert sync.change == types.TextDocumentSyncKind.Incremental
    assert capabilities.execute_command_provider is not None
    assert list(capabilities.execute_command_provider.commands) == [
        protocol.ACCEPTED,
        protocol.REBUILD_INDEX,
        protocol.CLEAR_INDEX,
        protocol.CLEAR_SIGNALS,
        action_messages.RUN,
    ]


async def test_a_model_completes(editor: Editor, engines: Engines, chosen: str) -> None:
    """What the engine writes is what the editor shows, at the cursor, with the accept command."""
    engines.engine.enqueue("(a + b)")
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("def add(a, b):\n    return$0\n")

    [item] = await editor.items(at)

    assert item.insert_text == "(a + b)"
    assert item.range == types.Range(at, at)
    assert item.command is not None
    assert item.command.command == protocol.ACCEPTED


async def test_without_a_model_echo_completes(editor: Editor) -> None:
    """The longest match in the file answers, and the status says how to add a model."""
    await editor.hello()
    at = editor.open(ECHOING)

    status = await editor.told(lambda status: status.state != "starting")

    assert status.state == "noModel"
    assert "ownstack models add" in status.reason
    assert await editor.ghost(at) == "nection(host, port)"
    assert (await editor.explain()).source == "echo"


@pytest.mark.parametrize(
    "text",
    ["x = '😀'; y =$0\n", "'👩‍👩‍👧'\r\ny =$0\r\nz\r\n", "\x0ca\u2028b\ny =$0\n", "a\rb\ry =$0"],
    ids=["emoji", "zwj-crlf", "odd-breaks", "lone-cr"],
)
async def test_positions_are_utf16(
    editor: Editor, engines: Engines, chosen: str, text: str
) -> None:
    """The engine sees exactly what is before and after the cursor, whatever the text holds."""
    engines.engine.enqueue(" 1")
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open(text)

    [item] = await editor.items(at)

    before, _, after = text.partition("$0")
    [request] = engines.engine.infills[:1]
    assert plain(before).endswith(plain(request.prefix[-3:]))
    assert plain(after).startswith(plain(request.suffix[:2]))
    assert item.range == types.Range(at, at)


async def test_typing_is_followed(editor: Editor, engines: Engines, chosen: str) -> None:
    """After many small edits, among emoji, the server's text is the editor's."""
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("# 😀😀 $0\n# end\n")
    for char in "naïve 👍 text\nvalue":
        at = editor.type(at, char)
    engines.engine.enqueue(" = 1")

    await editor.ghost(at, invoked=True)

    asked = [
        request for request in engines.engine.infills if request.priority == Priority.COMPLETION
    ]
    assert asked[-1].prefix.endswith("# 😀😀 naïve 👍 text\nvalue")


async def test_an_answer_for_an_old_version_is_nothing(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """Text that was computed for other text is not shown."""
    gate = asyncio.Event()
    engines.engine.enqueue(" 1", gate=gate)
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("value =$0\n")
    answer = asyncio.ensure_future(editor.items(at))
    await started(engines)

    editor.type(at, "\n\n")
    await editor.status()
    gate.set()

    assert await answer == []


async def test_a_burst_of_cancelled_requests_is_answered(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """Each cancelled request gets its error, the last one its suggestion."""
    gate = asyncio.Event()
    engines.engine.enqueue(" = add(first, second)", gate=gate)
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("value$0\n")
    futures = []
    for number, char in enumerate(" = add("):
        at = editor.type(at, char)
        method = types.TEXT_DOCUMENT_INLINE_COMPLETION
        future = editor.protocol.send_request(method, question(at), msg_id=f"r{number}")
        futures.append(asyncio.wrap_future(future))
        await editor.status()
        if char != "(":
            editor.cancel_request(types.CancelParams(id=f"r{number}"))
    gate.set()

    *cancelled, last = await asyncio.gather(*futures, return_exceptions=True)

    assert {type(result) for result in cancelled} == {JsonRpcRequestCancelled}
    assert [item.insert_text for item in last.items] == ["first, second)"]


async def test_two_hundred_requests_at_once_are_answered(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """None is lost, and none is an error."""
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("value =$0\n")

    answers = await asyncio.gather(*(editor.items(at) for _ in range(200)))

    assert len(answers) == 200
    assert editor.messages == []


async def test_loading_is_announced_with_progress(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """The status says how far it is, and the editor's own progress bar moves and ends."""
    engines.loaded.clear()
    await editor.hello(progress=True)
    await editor.told(lambda status: status.state == "loading")
    assert engines.progress is not None
    engines.progress(0.5)
    await editor.told(lambda status: status.progress == 0.5)
    assert (await editor.status()).reason == "Loading tiny (50 %)."

    engines.loaded.set()
    ready = await editor.told(lambda status: status.state == "ready")

    assert (ready.completer, ready.model, ready.progress) == ("model", "tiny", None)
    await editor.status()
    of_all = editor.progress_reports.values()  # The index may have one of its own by now.
    [reports] = [reports for reports in of_all if reports and reports[0].title == "Loading tiny"]
    kinds = [report.kind for report in reports]
    assert (kinds[0], kinds[-1]) == ("begin", "end")


async def test_a_model_that_does_not_load_leaves_echo(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """The status names the reason; completion goes on without the model."""
    engines.error = ModelCorruptError("tiny.gguf is truncated.", "Copy it again.")
    await editor.hello()

    status = await editor.told(lambda status: status.state == "error")

    assert status.reason.startswith("tiny.gguf is truncated. Copy it again.")
    assert status.completer == "echo"
    assert await editor.ghost(editor.open(ECHOING)) == "nection(host, port)"


async def test_configuration_counts_at_once(editor: Editor, engines: Engines, chosen: str) -> None:
    """Switched off, nothing is suggested and the reason says so; switched on, it is back."""
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    at = editor.open("value =$0\n")
    configure(editor, {"completion": {"enabled": False}})

    assert await editor.ghost(at) == ""
    assert (await editor.explain()).reason != ""
    assert (await editor.told(lambda status: status.state == "off")).reason != ""

    engines.engine.enqueue(" 1")
    configure(editor, {})
    assert await editor.ghost(at) == " 1"


async def test_wrong_settings_are_logged_and_not_used(editor: Editor) -> None:
    """The default stands, and the editor's log says why."""
    await editor.hello({"completion": {"maxLines": -1}})
    await editor.status()

    assert [message.message for message in editor.log_messages] == [
        "ownstack.completion.maxLines must be between 1 and 60, not -1; the default is used."
    ]
    assert editor.messages == []


async def test_accepting_is_counted(editor: Editor, engines: Engines, chosen: str) -> None:
    """The command of an item reaches the signals, and `explain` knows the item."""
    engines.engine.enqueue(" 1")
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")
    [item] = await editor.items(editor.open("value =$0\n"))
    assert item.command is not None
    assert item.command.arguments is not None

    await editor.workspace_execute_command_async(
        types.ExecuteCommandParams(item.command.command, item.command.arguments)
    )

    assert (await editor.status()).figures["accepted"] == 1
    trace = await editor.explain(item.command.arguments[0])
    assert (trace.source, trace.model) == ("model", "scripted")


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("git:/project/main.py", "Only files and untitled documents"),
        ("vscode-notebook-cell:/project/a.ipynb#W0sZ2l0", "Only files and untitled documents"),
    ],
)
async def test_other_documents_get_nothing(editor: Editor, uri: str, reason: str) -> None:
    """And `explain` says why."""
    await editor.hello()
    at = editor.open("value =$0\n", uri)

    assert await editor.ghost(at, uri) == ""
    assert (await editor.explain()).reason.startswith(reason)


async def test_untitled_documents_are_completed(
    editor: Editor, engines: Engines, chosen: str
) -> None:
    """A text needs no file."""
    engines.engine.enqueue(" 1")
    await editor.hello()
    await editor.told(lambda status: status.state == "ready")

    at = editor.open("value =$0\n", "untitled:Untitled-1")

    assert await editor.ghost(at, "untitled:Untitled-1") == " 1"


async def test_a_huge_document_is_left_alone(editor: Editor) -> None:
    """Neither kept nor completed; the reason is told."""
    await editor.hello()
    at = editor.open("x" * 1_500_000 + "$0")
    editor.type(at, "y")

    assert await editor.ghost(at) == ""
    assert (await editor.explain()).reason.startswith("The file is too large")


async def test_a_cursor_beyond_the_text_is_clamped(editor: Editor) -> None:
    """An editor that is ahead of us gets an answer, not an error."""
    await editor.hello()
    editor.open("a\n")

    await editor.ghost(types.Position(99, 99))
    await editor.ghost(types.Position(0, 99))

    assert editor.messages == []


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ((-1, 0), "xvalue = 1\n"),
        ((0, -1), "xvalue = 1\n"),
        ((-7, 2), "xvalue = 1\n"),
        ((2**31, 0), "value = 1\nx"),
        ((0, 2**40), "value = 1x\n"),
        ((2**70, -(2**70)), "value = 1\nx"),
    ],
    ids=str,
)
async def test_a_place_that_no_document_has_is_clamped(
    editor: Editor, host: Host, place: tuple[int, int], text: str
) -> None:
    """Where it asks and where it edits: the text stays what the editor has."""
    await editor.hello()
    editor.open("value = 1\n")
    at = {"line": place[0], "character": place[1]}
    change = {"range": {"start": at, "end": at}, "text": "x"}
    document = {"uri": URI, "version": 2}

    editor.send(
        {
            "method": types.TEXT_DOCUMENT_DID_CHANGE,
            "params": {"textDocument": document, "contentChanges": [change]},
        }
    )
    params = {"textDocument": {"uri": URI}, "position": at, "context": {"triggerKind": 1}}
    answer = editor.send_request(types.TEXT_DOCUMENT_INLINE_COMPLETION, params)

    assert await asyncio.wrap_future(answer) is None
    [session] = host._listeners
    assert isinstance(session, Session)
    document_now = session.documents.get(URI)
    assert document_now is not None
    assert document_now.text == text


async def test_closed_documents_get_nothing(editor: Editor) -> None:
    """As do documents that were never opened."""
    await editor.hello()
    at = editor.open("value =$0\n")
    editor.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(URI))
    )

    assert await editor.ghost(at) == ""
    assert (await editor.explain()).reason == "This document is not open."


async def test_models_are_listed_and_chosen(
    editor: Editor, engines: Engines, host: Host, model_file: object
) -> None:
    """A model is switched without a restart, and every window hears of it."""
    assert not isinstance(model_file, str)
    host.registry.add(model_file, "tiny")  # type: ignore[arg-type]
    await editor.hello()
    await editor.told(lambda status: status.state == "noModel")

    status = await editor.protocol.send_request_async(
        protocol.USE_MODEL, UseModelParams("tiny", "completion")
    )
    await editor.told(lambda status: status.state == "ready")
    result = await editor.protocol.send_request_async(protocol.MODELS, protocol.Nothing())

    assert status.model == "tiny"
    assert [(model.name, model.chosen_for) for model in result.models] == [
        ("builtin", []),
        ("tiny", ["completion"]),
    ]


@pytest.mark.parametrize(("name", "role"), [("nothing-like-it", "completion"), ("tiny", "cooking")])
async def test_a_refused_choice_is_an_error_with_a_sentence(
    editor: Editor, chosen: str, name: str, role: str
) -> None:
    """The reason reaches the person who chose."""
    await editor.hello()

    with pytest.raises(JsonRpcException, match=f"{name}|{role}"):
        await editor.protocol.send_request_async(protocol.USE_MODEL, UseModelParams(name, role))


@pytest.mark.native
async def test_the_doctor_answers_over_the_wire(editor: Editor) -> None:
    """With the same checks as in a terminal."""
    await editor.hello()

    result = await editor.protocol.send_request_async(protocol.DOCTOR, protocol.Nothing())

    assert {"python", "engine", "memory", "daemon"} <= {check.name for check in result.checks}
    assert {check.level for check in result.checks} <= {"ok", "warning", "error"}


async def test_two_windows_share_one_model(
    connect: Connect, engines: Engines, host: Host, chosen: str
) -> None:
    """The second window finds the model loaded, and both complete from it."""
    first, second = await connect(), await connect()
    await first.hello()
    await first.told(lambda status: status.state == "ready")
    await second.hello()
    status = await second.told(lambda status: status.state == "ready")
    engines.engine.enqueue(" 1")
    assert await first.ghost(first.open("value =$0\n")) == " 1"
    engines.engine.enqueue(" 2")
    assert await second.ghost(second.open("other =$0\n")) == " 2"

    assert status.sessions == 2
    assert engines.opened == ["tiny"]
    assert [len(model.users) for model in host.engines.models] == [2]


async def test_a_client_that_vanishes_frees_everything(
    connect: Connect, engines: Engines, host: Host, chosen: str
) -> None:
    """Its request is cancelled, its hold on the model ends; the other window does not notice."""
    gone, stays = await connect(), await connect()
    await gone.hello()
    await gone.told(lambda status: status.state == "ready")
    await stays.hello()
    engines.engine.enqueue(" 1", gate=asyncio.Event())
    answer = asyncio.ensure_future(gone.items(gone.open("value =$0\n")))
    await started(engines)

    gone.protocol.writer.transport.abort()
    await stays.told(lambda status: status.sessions == 1 and status.state == "ready")

    assert host.n_sessions == 1
    assert [len(model.users) for model in host.engines.models] == [1]
    answer.cancel()


async def test_exit_ends_this_window_only(connect: Connect, host: Host) -> None:
    """The process and its other windows go on."""
    first, second = await connect(), await connect()
    await first.hello()
    await second.hello()

    await first.shutdown_async(None)
    first.exit(None)

    await second.told(lambda status: status.sessions == 1)
    assert (await second.status()).sessions == 1


def plain(text: str) -> str:
    """Return a text with one kind of line break, as models see it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


async def started(engines: Engines) -> None:
    """Wait until the engine was asked."""
    while not engines.engine.requests:
        await asyncio.sleep(0)


def configure(editor: Editor, settings: dict[str, object]) -> None:
    editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"ownstack": settings})
    )


async def test_several_items(editor: Editor) -> None:
    """What is likely beside the first is offered too, each with an id of its own."""
    await editor.hello()
    lines = "".join(
        f"server = connect({name}, timeout=30)\n"
        for name in ("alpha", "beta", "beta", "beta", "alpha", "alpha", "beta", "gamma")
    )
    at = editor.open(f"{lines}server = connect($0\n")
    await editor.told(lambda status: status.state == "noModel")

    items = await editor.items(at, invoked=True)

    assert 2 <= len(items) <= 3
    assert len({item.insert_text for item in items}) == len(items)
    ids = [item.command.arguments[0] for item in items if item.command and item.command.arguments]
    assert len(set(ids)) == len(items)
    assert [(await editor.explain(id)).id for id in ids] == ids
