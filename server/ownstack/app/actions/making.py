"""Makes one edit in a window: from what a client asks for to an edit that waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.actions import document, fix, refactor, test
from ownstack.actions.catalogue import ACTIONS, Action
from ownstack.actions.checks.choice import checkers_for
from ownstack.actions.context import Around, around
from ownstack.actions.edit import EditMaker
from ownstack.actions.offers import Diagnostic, one_line
from ownstack.actions.result import EditProgress, MadeEdit
from ownstack.actions.target import MAX_TARGET_CHARS, Target
from ownstack.actions.transforms.choice import transform
from ownstack.actions.wish import Wish
from ownstack.app.actions.model import ActionModel
from ownstack.app.actions.pending import PendingEdit, Subject
from ownstack.app.actions.place import CHANGED, Place, Places, Said, TextRange
from ownstack.app.actions.progress import EditNews
from ownstack.app.actions.untitled import UntitledFile
from ownstack.app.chats.window_files import EditsFiles, WindowFiles
from ownstack.chat.project_files import (
    FileNow,
    ProjectFiles,
    changed_meanwhile,
    check_text,
)
from ownstack.chat.proposals import Proposal, proposal
from ownstack.engine.protocol import Engine
from ownstack.errors import EditError, UsageError
from ownstack.memory.handles import short

if TYPE_CHECKING:
    from ownstack.app.session import Session

CONVERSATION = "code-action"
"""Names the KV cache of all of them."""
AROUND_SHARE = 0.2
"""Of the model's window: what belongs to the lines, and the project's rules."""
MAX_LABEL_CHARS = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for."""

    id: str
    action: str
    uri: str
    range: TextRange
    version: int | None = None
    """Of the document that the range is in; None: the newest."""
    instruction: str = ""
    diagnostics: tuple[Said, ...] = ()
    run_tests: bool | None = None
    """Whether the project's tests check it; None: as the settings say."""


@dataclass(frozen=True, slots=True)
class _Base:
    """What an edit begins with."""

    place: Place
    target: Target
    file: FileNow
    files: ProjectFiles


class Making:
    """Of one window. It changes no file."""

    def __init__(
        self, session: Session, places: Places, model: ActionModel, editor: EditsFiles
    ) -> None:
        """`editor` changes files once an edit is accepted."""
        self._session = session
        self._places = places
        self._model = model
        self._editor = editor

    async def by_syntax(self, asked: Asked) -> PendingEdit:
        """Make an edit that needs no model.

        Raises:
            OwnstackError: it cannot be made; why.
        """
        started_s = time.monotonic()
        base = await self._base(asked)
        target = base.target

        def edited() -> tuple[str, Proposal]:
            after = transform(asked.action, target, base.place.selected)
            return after, proposal(target.path, base.file.hash, target.text, after)

        after, proposed = await self._session.beside.run(edited)
        made = MadeEdit(
            proposed,
            after,
            checks=(),
            model="",
            tier=1,
            rounds=0,
            drafts=0,
            seconds=time.monotonic() - started_s,
        )
        return await self._pending(asked, base, target, made, base.file)

    async def by_model(self, asked: Asked, news: EditNews) -> PendingEdit:
        """Make an edit that a model writes. Being cancelled cancels the model.

        Raises:
            OwnstackError: it cannot be made; why.
        """
        base = await self._base(asked)
        news.about(base.target)
        news.hear(EditProgress("waiting"))
        engine = await self._model.engine(base.place.folder)
        beside = await self.around(base.place, base.target, engine)
        diagnostics = base.place.diagnostics(asked.diagnostics)
        wish = await self._session.beside.run(partial(_wish, asked, base, beside, diagnostics))
        if len(wish.target.span) > MAX_TARGET_CHARS:
            raise EditError(
                f"These lines have more than {MAX_TARGET_CHARS:,} characters, more than a model "
                "writes again as a whole.",
                "Ask for it in a smaller part.",
            )
        news.about(wish.target)
        settings = self._session.settings.actions
        run_tests = settings.run_tests if asked.run_tests is None else asked.run_tests
        checkers = checkers_for(
            base.place.folder, wish.target, run_tools=settings.run_tools, run_tests=run_tests
        )
        maker = EditMaker(
            engine,
            checkers,
            max_seconds=settings.max_seconds,
            conversation=CONVERSATION,
            tier=self._model.tier,
        )
        file = await asyncio.to_thread(_file_of, wish.target, base)
        made = await maker.make(wish, "" if file is None else file.hash, news.hear)
        return await self._pending(asked, base, wish.target, made, file)

    async def around(self, place: Place, target: Target, engine: Engine) -> Around:
        """Return what belongs to a target, from the index as it stands."""
        snapshot = self._session.indexes.snapshot(place.uri)
        budget = int(AROUND_SHARE * engine.capabilities.context_tokens)
        read = partial(around, snapshot, target, engine.count, budget, place.folder)
        return await self._session.beside.run(read)

    async def _base(self, asked: Asked) -> _Base:
        place = self._places.find(asked.uri, asked.range, asked.version)
        if reason := await asyncio.to_thread(place.refusal):
            raise EditError(reason)
        files = self._files(place, self._editor)
        file = await asyncio.to_thread(files.now, place.path)
        now = self._session.documents.get(asked.uri)
        if file is None or now is None or now.version != place.version:
            raise EditError(CHANGED, "Ask for the action again.")
        place = place.of(file.text)
        known = await self._session.beside.run(partial(self._places.known, place))
        return _Base(place, place.target(known), file, files)

    async def _pending(
        self, asked: Asked, base: _Base, target: Target, made: MadeEdit, file: FileNow | None
    ) -> PendingEdit:
        if not made.proposal.edits:
            raise EditError("Nothing would be changed by that.", "Ask for something else.")
        await asyncio.to_thread(check_text, target.path, file, made.after)
        is_here = target.path == base.target.path
        uri = asked.uri if is_here else self._uri(base.place.root, target.path)
        files = partial(self._files, base.place)
        subject = Subject(uri, target.path, files, target.text, made.proposal.base_hash)
        return PendingEdit(asked.id, _label(asked, base), made, subject, self._editor)

    def _files(self, place: Place, editor: EditsFiles) -> ProjectFiles:
        """Return the files around a place, which `editor` changes."""
        if place.root is None:
            return UntitledFile(self._session.documents, place.uri, editor)
        return WindowFiles(place.root, self._session.open_text, editor)

    def _uri(self, root: Path | None, path: str) -> str:
        file = (root or Path()) / path
        found = self._session.open_text(file)
        return file.as_uri() if found is None else found.uri


def _wish(asked: Asked, base: _Base, beside: Around, diagnostics: Sequence[Diagnostic]) -> Wish:
    """Return what is wished. Reads files."""
    action, target, root = asked.action, base.target, base.place.folder
    if action.startswith("refactor."):
        return refactor.wish(target, action, asked.instruction, beside)
    if action == "fix":
        wish = fix.wish(target, diagnostics, beside)
    elif action == "bug":
        wish = fix.bug(target, beside)
    elif action == "document":
        wish = document.wish(target, beside, root)
    elif action == "test":
        if root is None:
            raise EditError(
                f"{short(target.path)} lies in no folder of this workspace, so it is not known "
                "where its tests are.",
                "Open its folder first.",
            )
        wish = test.wish(root, target, beside, base.files)
    else:
        raise UsageError(f"{action[:40]!r} is no edit by a model.", "Ask for another action.")
    said = asked.instruction.strip()[: refactor.MAX_INSTRUCTION_CHARS]
    return replace(wish, instruction=f"{wish.instruction}\n{said}") if said else wish


def _file_of(target: Target, base: _Base) -> FileNow | None:
    """Return the file that an edit is of, None if it is new.

    Raises:
        EditError: it is another by now.
    """
    if target.path == base.target.path:
        return base.file
    file = base.files.now(target.path)
    if ("" if file is None else file.text) != target.text:
        raise changed_meanwhile(target.path)
    return file


def _label(asked: Asked, base: _Base) -> str:
    """Return what an edit does, on one line."""
    known: Action | None = next(
        (action for id, action in ACTIONS.items() if id == asked.action), None
    )
    title = asked.action if known is None else known.title
    if known is not None and known.asks:
        return one_line(asked.instruction, MAX_LABEL_CHARS)
    symbol = base.target.symbol
    what = f"`{one_line(symbol.name, 60)}`" if symbol is not None else "selection"
    if asked.action == "fix" and asked.diagnostics:
        what = one_line(asked.diagnostics[0].message, MAX_LABEL_CHARS)
    return one_line(title.replace("{what}", what), MAX_LABEL_CHARS)
