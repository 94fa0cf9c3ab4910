"""The project's index as an editor sees it, over a real connection."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from ownstack.app.indexes import window_indexes
from ownstack.app.indexes.index_status import IndexStatus
from ownstack.lsp import protocol
from tests.support.editor import PATIENCE_S, Editor

from .conftest import Connect

pytestmark = pytest.mark.process

CLIENT = '''\
"""Talks to the shop."""


class ShopClient:
    """Sends orders."""

    def send_order(self, order, retries=3):
        """Send an order, again and again if need be."""
        return order, retries


def unrelated_thing():
    return 1
'''
MAIN = "from client import ShopClient\n\nShopClient().send_order(1)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with something that is left out."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "client.py").write_text(CLIENT)
    (folder / "main.py").write_text(MAIN)
    (folder / "logo.py").write_bytes(b"\x89PNG\0\0")
    (folder / ".gitignore").write_text("secret.py\n")
    (folder / "secret.py").write_text("def hidden_thing(): pass\n")
    return folder


async def until(ask: Callable[[], Awaitable[Any]], wanted: Callable[[Any], bool]) -> Any:
    """Ask until the answer is the one that is waited for."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not wanted(answer := await ask()):
        assert asyncio.get_running_loop().time() < deadline, f"still {answer}"
        await asyncio.sleep(0.02)
    return answer


async def ready(editor: Editor) -> IndexStatus:
    """Wait until the window has been told that the index agrees with the folder."""
    status = await editor.told(lambda status: [each.state for each in status.index] == ["ready"])
    return status.index[0]


async def search(editor: Editor, query: str, **more: Any) -> Any:
    params = protocol.SearchParams(query, **more)
    return await editor.protocol.send_request_async(protocol.SEARCH, params)


async def why(editor: Editor, path: Path | str) -> Any:
    uri = path if isinstance(path, str) else path.as_uri()
    params = protocol.IndexStatusParams(uri)
    return await editor.protocol.send_request_async(protocol.INDEX_STATUS, params)


def texts(result: Any) -> str:
    return "\n".join(hit.text for hit in result.hits)


async def test_search(editor: Editor, project: Path) -> None:
    """A question in words finds the function, with its place and its text."""
    await editor.hello(folder=project.as_uri())
    status = await ready(editor)

    result = await search(editor, "where are orders sent again", explain=True)

    best = result.hits[0]
    assert (best.path, best.uri) == ("client.py", (project / "client.py").as_uri())
    assert "def send_order" in best.text
    assert "order" in CLIENT.split("\n")[best.line - 1].lower()
    lines = CLIENT.split("\n")[best.start_line - 1 : best.end_line]
    assert best.text.strip("\n") == "\n".join(lines).strip("\n")
    assert sum(best.parts.values()) > 0
    assert result.reason == ""
    assert (status.files, status.left_out["It is binary."]) == (3, 1)
    assert status.symbols >= 3
    assert status.size_bytes > 0


async def test_search_may_be_narrowed(editor: Editor, project: Path) -> None:
    """To a path, a number of results, and filters; parts are only told on demand."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    assert {hit.path for hit in (await search(editor, "ShopClient", path="main.py")).hits} == {
        "main.py"
    }
    assert (await search(editor, "ShopClient", path="elsewhere")).hits == []
    [limited] = (await search(editor, "send_order lang:python", limit=1)).hits
    assert limited.parts == {}
    assert (await search(editor, "send_order lang:go")).hits == []


@pytest.mark.parametrize(
    "query", ["", "   ", "kind:", "'; DROP TABLE chunks; --", "\0", "ё" * 5_000]
)
async def test_odd_queries_are_answered(editor: Editor, project: Path, query: str) -> None:
    """With nothing, or with something, but never with an error."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    result = await search(editor, query, limit=-5)

    assert isinstance(result, protocol.SearchResult)


async def test_workspace_symbols(editor: Editor, project: Path) -> None:
    """What is typed of a name finds it, with the line of the name."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    found = await editor.workspace_symbol_async(types.WorkspaceSymbolParams("sendord"))

    assert found is not None
    [symbol] = found
    assert (symbol.name, symbol.kind) == ("send_order", types.SymbolKind.Method)
    assert symbol.container_name == "ShopClient"
    assert isinstance(symbol.location, types.Location)
    assert symbol.location.uri == (project / "client.py").as_uri()
    assert symbol.location.range.start == types.Position(6, 0)


async def test_what_is_typed_is_found_before_it_is_saved(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The buffer stands for the file, until it is closed without saving."""
    monkeypatch.setattr(window_indexes, "SETTLE_S", 0.0)
    uri = (project / "main.py").as_uri()
    await editor.hello(folder=project.as_uri())
    await ready(editor)
    editor.open(MAIN, uri)

    editor.type(types.Position(2, 0), "def brand_new_thing(): pass\n", uri)

    query = "brand_new_thing"
    await until(lambda: search(editor, query), lambda found: f"def {query}" in texts(found))
    editor.text_document_did_close(
        types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
    )
    await until(lambda: search(editor, query), lambda found: query not in texts(found))


async def test_what_was_never_saved_counts_when_it_is_opened(editor: Editor, project: Path) -> None:
    """An editor keeps unsaved texts over a restart."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    editor.open("def never_saved_thing(): pass\n", (project / "main.py").as_uri())

    query = "never_saved_thing"
    await until(lambda: search(editor, query), lambda found: f"def {query}" in texts(found))


async def test_a_saved_file_is_found(editor: Editor, project: Path) -> None:
    """As it is now; what was in it before is not."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)
    uri = (project / "client.py").as_uri()

    (project / "client.py").write_text("def after_saving(): return 2\n")
    editor.text_document_did_save(
        types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
    )

    await until(
        lambda: search(editor, "after saving"), lambda found: "after_saving" in texts(found)
    )
    assert "class ShopClient" not in texts(await search(editor, "ShopClient"))


async def test_a_change_outside_the_editor_is_found(editor: Editor, project: Path) -> None:
    """A file that another program writes, and one that it removes."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    (project / "fresh.py").write_text("def from_elsewhere(): return 2\n")
    (project / "client.py").unlink()

    await until(lambda: search(editor, "elsewhere"), lambda found: "from_elsewhere" in texts(found))
    assert "client.py" not in {hit.path for hit in (await search(editor, "ShopClient")).hits}


async def test_why_a_file_is_not_in_it(editor: Editor, project: Path) -> None:
    """In a sentence for each kind of reason."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    async def reason(path: Path | str) -> str:
        return str((await why(editor, path)).file.reason)

    assert (await why(editor, project / "main.py")).file.indexed
    assert await reason(project / "logo.py") == "It is binary."
    assert await reason(project / "secret.py") == "It is ignored (.gitignore)."
    assert await reason(project / "none.py") == "There is no such file."
    assert await reason(project.parent / "x.py") == "It lies in none of the workspace's folders."
    assert await reason("untitled:Untitled-1") == "It is not a file on this machine."


async def test_untrusted_folders_are_not_read(editor: Editor, project: Path) -> None:
    """Nothing is found, nothing is stored, and the reason is told."""
    await editor.hello(folder=project.as_uri(), trusted=False)

    status = await editor.told(lambda status: bool(status.index))
    result = await search(editor, "ShopClient")

    assert status.index[0].state == "untrusted"
    assert result.hits == []
    assert "not trusted" in result.reason
    assert (await why(editor, project / "main.py")).file.reason == status.index[0].reason


async def test_it_can_be_switched_off_and_on(editor: Editor, project: Path) -> None:
    """By a setting, while the window is open."""
    await editor.hello({"index": {"enabled": False}}, folder=project.as_uri())
    off = await editor.told(lambda status: bool(status.index))
    assert off.index[0].state == "off"

    editor.workspace_did_change_configuration(
        types.DidChangeConfigurationParams({"ownstack": {"index": {"enabled": True}}})
    )

    await ready(editor)
    assert texts(await search(editor, "send_order"))


async def test_windows_share_it(connect: Connect, project: Path) -> None:
    """What one window saves, the other finds."""
    first, second = await connect(), await connect()
    for editor in (first, second):
        await editor.hello(folder=project.as_uri())
        await ready(editor)

    (project / "shared.py").write_text("def seen_by_both(): return 2\n")
    uri = (project / "shared.py").as_uri()
    first.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))

    await until(
        lambda: search(second, "seen by both"), lambda found: "seen_by_both" in texts(found)
    )


async def test_rebuild_and_clear(editor: Editor, project: Path) -> None:
    """Clearing leaves nothing to find; rebuilding finds everything again."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    async def run(command: str) -> None:
        await editor.workspace_execute_command_async(types.ExecuteCommandParams(command))

    await run(protocol.CLEAR_INDEX)
    cleared = await search(editor, "send_order")
    await run(protocol.REBUILD_INDEX)

    assert cleared.hits == []
    assert "cleared" in cleared.reason
    await until(lambda: search(editor, "send_order"), lambda found: "client.py" in
                {hit.path for hit in found.hits})  # fmt: skip


async def test_the_home_folder_is_asked_for(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read when the user agrees, and not before."""
    monkeypatch.setenv("HOME", str(project))
    asked: list[str] = []
    agreed = asyncio.Event()

    @editor.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
    async def show(params: types.ShowMessageRequestParams) -> types.MessageActionItem:
        asked.append(params.message)
        await agreed.wait()
        return types.MessageActionItem("Make Index")

    await editor.hello(folder=project.as_uri())
    asking = await editor.told(lambda status: [each.state for each in status.index] == ["asking"])
    assert (await search(editor, "send_order")).hits == []
    agreed.set()
    await ready(editor)

    assert "home folder" in asking.index[0].reason
    assert len(asked) == 1
    assert texts(await search(editor, "send_order"))


async def test_the_home_folder_is_left_alone_if_nobody_agrees(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever closes the question has not agreed."""
    monkeypatch.setenv("HOME", str(project))

    @editor.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
    def show(params: types.ShowMessageRequestParams) -> None:
        return None

    await editor.hello(folder=project.as_uri())

    status = await editor.told(lambda status: [each.state for each in status.index] == ["off"])
    assert status.index[0].reason.endswith("It is not indexed.")


async def test_progress_is_shown(editor: Editor, project: Path) -> None:
    """While a folder is read, for editors that can show it."""
    for number in range(150):
        (project / f"part_{number}.py").write_text(f"def part_{number}(): return {number}\n")
    await editor.hello(folder=project.as_uri(), progress=True)
    await ready(editor)

    [reports] = editor.progress_reports.values()
    assert reports[0].kind == "begin"
    assert reports[0].title == "Indexing"


@pytest.mark.parametrize(
    "query",
    ["send" * 250_000, "a." * 500_000, "::" * 500_000 + "s", "\0" * 9],
    ids=["name", "dots", "colons", "nul"],
)
async def test_long_questions_are_bounded(editor: Editor, project: Path, query: str) -> None:
    """Of all kinds; a name of a megabyte is no name."""
    await editor.hello(folder=project.as_uri())
    await ready(editor)

    assert not await editor.workspace_symbol_async(types.WorkspaceSymbolParams(query))
    assert (await search(editor, "send_order", path=query)).hits == []
    await search(editor, query)
    assert not (await why(editor, f"{project.as_uri()}/{query}")).file.indexed
    assert await editor.explain(query) is None
    with pytest.raises(JsonRpcException, match="No model"):
        await editor.protocol.send_request_async(
            protocol.USE_MODEL, protocol.UseModelParams(query, "completion")
        )


@pytest.mark.parametrize("up", ["..", "%2e%2e"])
async def test_dots_lead_nowhere(editor: Editor, project: Path, up: str) -> None:
    """A document outside of the folder stays outside, also from behind a link."""
    outside = project.parent / "outside"
    (outside / "deep").mkdir(parents=True)
    (outside / "other.py").write_text("def outside_thing(): pass\n")
    (outside / "deep" / "linked.py").write_text("def outside_linked(): pass\n")
    (project / "link").symlink_to(outside / "deep")
    await editor.hello(folder=project.as_uri())
    await ready(editor)
    inside = project.as_uri()
    for uri in (
        f"{inside}/{up}/outside/other.py",
        f"{inside}/link/{up}/other.py",
        f"{inside}/none/{up}/{up}/outside/other.py",
        f"{inside}/link/linked.py",
    ):
        editor.open("def outside_unsaved(): pass\n", uri)
        editor.text_document_did_save(
            types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
        editor.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
    # What is told after it is found after it.
    (project / "later.py").write_text("def inside_thing(): pass\n")
    editor.text_document_did_save(
        types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(f"{inside}/web/{up}/later.py"))
    )
    found = await until(
        lambda: search(editor, "inside_thing outside_thing outside_unsaved outside_linked"),
        lambda result: "inside_thing" in texts(result),
    )

    assert "outside_" not in texts(found)
    status = await until(editor.status, lambda status: status.index[0].files != 3)
    assert status.index[0].files == 4
