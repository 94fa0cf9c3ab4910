"""A window whose code actions are asked for: it hears progress, edits, findings and messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types

from ownstack.app.actions.values import EditProgressed, EditResult
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp import action_messages as messages
from tests.support.editing_editor import ABLE, EditingEditor
from tests.support.editor import PATIENCE_S, Editor

CODE_ACTIONS = types.TextDocumentClientCapabilities(
    code_action=types.CodeActionClientCapabilities(
        code_action_literal_support=types.ClientCodeActionLiteralOptions(
            types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
        ),
        disabled_support=True,
        data_support=True,
        resolve_support=types.ClientCodeActionResolveOptions(["edit"]),
    )
)
"""What editors say of code actions that can all of it."""


class Actor:
    """One window's. `heard` has the progress of edits in its order."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.editing = EditingEditor(editor)
        self.heard: list[EditProgressed] = []
        self._news = asyncio.Event()
        self._asked = 0

        @editor.feature(messages.EDIT_PROGRESS)
        def progress(news: EditProgressed) -> None:
            self.heard.append(news)
            self._news.set()

    async def hello(self, folder: Path, **more: Any) -> types.InitializeResult:
        """Open the window with all that editors can do about edits, if nothing else is said."""
        abilities = {"workspace": ABLE, "documents": CODE_ACTIONS} | more
        return await self.editor.hello(folder=folder.as_uri(), **abilities)

    def open(self, file: Path, language: str = "python") -> types.Position:
        """Open a file as it is on the disk, but for its mark."""
        return self.editor.open(file.read_bytes().decode("utf-8-sig"), file.as_uri(), language)

    async def actions(
        self,
        file: Path | str,
        at: types.Range,
        *,
        diagnostics: Sequence[types.Diagnostic] = (),
        only: Sequence[str] | None = None,
        automatic: bool = False,
    ) -> list[Any]:
        """Ask what is offered at a place."""
        kinds = types.CodeActionTriggerKind
        context = types.CodeActionContext(
            list(diagnostics),
            None if only is None else list(only),  # type: ignore[arg-type]
            kinds.Automatic if automatic else kinds.Invoked,
        )
        document = types.TextDocumentIdentifier(uri_of(file))
        params = types.CodeActionParams(document, at, context)
        # As it is: lsprotocol takes an action that has a command for that command.
        self._asked += 1
        raw = self.editor.protocol._converter.unstructure(params)
        method = types.TEXT_DOCUMENT_CODE_ACTION
        answer = self.editor.send_request(method, raw, f"actions-{self._asked}")
        given = await asyncio.wait_for(asyncio.wrap_future(answer), PATIENCE_S)
        return [self._action(each) for each in given or []]

    def _action(self, raw: Any) -> types.CodeAction | types.Command:
        each = json.loads(json.dumps(raw, default=vars))
        kind = types.Command if isinstance(each.get("command"), str) else types.CodeAction
        made = self.editor.protocol._converter.structure(each, kind)
        assert isinstance(made, (types.CodeAction, types.Command))
        return made

    def begin(self, method: str, params: Any) -> asyncio.Future[Any]:
        """Ask for something, and go on."""
        return asyncio.ensure_future(self.editor.protocol.send_request_async(method, params))

    async def request(self, method: str, params: Any) -> Any:
        return await asyncio.wait_for(self.begin(method, params), PATIENCE_S)

    async def edit(
        self, file: Path | str, at: types.Range, action: str, id: str = "e1", **more: Any
    ) -> EditResult:
        """Have an edit made."""
        params = messages.EditParams(id, uri_of(file), None, at, action, **more)
        answer = await self.request(messages.EDIT, params)
        assert isinstance(answer, EditResult)
        return answer

    async def accept(self, id: str = "e1", hunks: Sequence[int] | None = None) -> EditResult:
        chosen = None if hunks is None else list(hunks)
        answer = await self.request(messages.ACCEPT_EDIT, messages.EditHunksParams(id, chosen))
        assert isinstance(answer, EditResult)
        return answer

    async def reject(self, id: str = "e1", hunks: Sequence[int] | None = None) -> EditResult:
        chosen = None if hunks is None else list(hunks)
        answer = await self.request(messages.REJECT_EDIT, messages.EditHunksParams(id, chosen))
        assert isinstance(answer, EditResult)
        return answer

    async def run(self, action: types.CodeAction) -> Any:
        """Run the command of an action, as an editor without a display of ours does."""
        assert action.command is not None
        params = types.ExecuteCommandParams(action.command.command, action.command.arguments)
        answer = self.editor.workspace_execute_command_async(params)
        return await asyncio.wait_for(answer, PATIENCE_S)

    async def asks(self, model: ScriptedEngine, count: int = 1) -> None:
        """Wait until the model is asked for so much."""
        await until(lambda: len(model.chats) >= count)

    async def told(self, wanted: Callable[[EditProgressed], bool]) -> EditProgressed:
        """Wait for progress of a kind, from the first on."""
        while True:
            for news in self.heard:
                if wanted(news):
                    return news
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), PATIENCE_S)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds that nobody tells of."""

    async def wait() -> None:
        while not holds():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), PATIENCE_S)


def uri_of(file: Path | str) -> str:
    return file if isinstance(file, str) else file.as_uri()


def span(first: int, last: int | None = None, start: int = 0, end: int = 0) -> types.Range:
    """Return a range of lines from 0 on; an empty one without a `last`."""
    whole = first if last is None else last
    return types.Range(types.Position(first, start), types.Position(whole, end))


def named(actions: Sequence[Any], data: str) -> types.CodeAction:
    """Return the first action of an id among those that are offered."""
    found = next(
        each for each in actions if isinstance(each.data, dict) and each.data["action"] == data
    )
    assert isinstance(found, types.CodeAction)
    return found
