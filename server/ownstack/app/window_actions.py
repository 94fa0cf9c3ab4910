"""The code actions of one window: offered, made, shown, accepted; explanations and reviews."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ownstack.actions import commit_message
from ownstack.actions.catalogue import ACTIONS, Action
from ownstack.actions.offers import Offer, Situation, offers, one_line
from ownstack.actions.result import EditProgress
from ownstack.actions.review import ReviewProgress
from ownstack.actions.transforms.choice import MAX_CHARS, transform
from ownstack.app.actions.explaining import Explaining
from ownstack.app.actions.making import Asked, Making
from ownstack.app.actions.model import UNTRUSTED, ActionModel
from ownstack.app.actions.pending import PendingEdit, PendingEdits
from ownstack.app.actions.place import Place, Places, Said, TextRange, offered_target
from ownstack.app.actions.progress import EditNews, Tell
from ownstack.app.actions.reviews import Publish, Reviewed, Reviews
from ownstack.app.actions.values import EditResult
from ownstack.app.chats.edit_list import TOO_LONG
from ownstack.app.chats.editor_state import ChatEditor
from ownstack.app.chats.window_files import EditsFiles, FileEdit
from ownstack.chat.proposals import proposal
from ownstack.errors import EditError, UsageError
from ownstack.files.uri import file_path
from ownstack.text import truncate

if TYPE_CHECKING:
    from ownstack.app.session import Session

T = TypeVar("T")
MAX_AT_ONCE = 4
"""What the model is asked for at once in a window; it does one after another."""
MAX_ID_CHARS = 100
MAX_WHY_CHARS = 400
OFF = "Code actions are switched off in the settings (ownstack.actions.enabled)."
BLANKED = "The change holds secrets: they were blanked before the model read it."
_MARKS = {"passed": "✓", "failed": "✗", "skipped": "-"}


@dataclass(frozen=True, slots=True)
class Done:
    """What came of an action that was run."""

    text: str
    applied: bool


class WindowActions:
    """Runs on the event loop; what reads the disk or takes long runs beside it.

    Methods raise OwnstackError with what a user is told. What is cancelled leaves nothing behind.
    """

    def __init__(
        self,
        session: Session,
        tell: Tell,
        publish: Publish,
        editor: Callable[[str], EditsFiles],
    ) -> None:
        """`editor` is given what a person has to agree to before it edits, "" if they have."""
        self._session = session
        self._tell = tell
        self._editor = editor
        self._places = Places(session)
        self._model = ActionModel(session)
        self._making = Making(session, self._places, self._model, editor(""))
        self._explaining = Explaining(session, self._places, self._model)
        self._reviews = Reviews(session, self._places, self._model, publish)
        self._pending = PendingEdits()
        self._ids: set[str] = set()
        """Of edits that are being made."""
        self._turn = asyncio.Lock()
        self._asked = 0
        self._accepting: set[asyncio.Task[EditResult]] = set()

    @property
    def is_at_work(self) -> bool:
        """Whether the model is asked for something."""
        return self._asked > 0

    # Offers ---------------------------------------------------------------------------------

    async def offers(
        self,
        uri: str,
        range: TextRange,
        said: Sequence[Said],
        only: tuple[str, ...] = (),
        *,
        automatic: bool = False,
    ) -> tuple[Place, tuple[Offer, ...]]:
        """Return what is offered at a place; asks no model."""
        self._check_enabled()
        try:
            place = self._places.find(uri, range)
        except UsageError:
            place = self._places.unknown(uri, range)
        model, no_model_reason = await self._model.offered()
        refusal = await asyncio.to_thread(place.refusal)
        # Nobody waits for a bulb: the symbols of a long file are read when somebody asks.
        is_read = not place.unknown and not (automatic and len(place.text) > MAX_CHARS)

        def offered() -> tuple[Offer, ...]:
            target = offered_target(place, self._places.known(place) if is_read else None)
            return offers(
                Situation(
                    target,
                    place.selected,
                    place.diagnostics(said),
                    model,
                    no_model_reason,
                    refusal,
                    only,
                    automatic,
                    place.hidden(),
                )
            )

        return place, await self._session.beside.run(offered)

    async def transformed(self, asked: Asked) -> FileEdit:
        """Return what an action that needs no model makes of a document as it is."""
        self._check_enabled()
        if _known(asked.action).tier != 1:
            raise UsageError(f"{asked.action} needs a model.", "Run its command.")
        place = self._places.find(asked.uri, asked.range, asked.version)
        if reason := await asyncio.to_thread(place.refusal):
            raise EditError(reason)

        def edited() -> FileEdit:
            target = place.target(self._places.known(place))
            after = transform(asked.action, target, place.selected)
            made = proposal(place.path, "", place.text, after)
            return FileEdit(place.uri, place.version, place.text, made.edits)

        return await self._session.beside.run(edited)

    async def resolved(self, asked: Asked, tell: Tell) -> FileEdit:
        """Return what any action that is an edit makes of a document as it is."""
        if _known(asked.action).tier == 1:
            return await self.transformed(asked)
        place = self._places.find(asked.uri, asked.range, asked.version)
        made = await self._made(asked, tell)
        await _shown(made)
        if made.uri != place.uri:
            raise EditError("This edit is of another file.", "Run the command of the action.")
        now = self._places.find(asked.uri, asked.range)
        return made.of_document(now.text, now.version)

    # Edits ----------------------------------------------------------------------------------

    async def edit(self, asked: Asked) -> EditResult:
        """Make an edit that waits until it is accepted, and tell how far it is meanwhile."""
        if not 0 < len(asked.id) <= MAX_ID_CHARS:
            raise UsageError(f"id: 1 to {MAX_ID_CHARS} characters.")
        if asked.id in self._ids or asked.id in self._pending:
            raise UsageError("There is an edit of this id already.", "Give it another id.")
        self._ids.add(asked.id)
        try:
            made = await self._made(asked, self._tell)
            result = await _shown(made)
            self._pending.add(made)
        finally:
            self._ids.discard(asked.id)
        return result

    async def accept(self, id: str, hunks: Sequence[int] | None) -> EditResult:
        """Change the file by an edit, or by some of its hunks; return what is left."""
        edit = self._pending.get(id)
        if edit.made.tier > 1 and not self._session.trusted:
            raise EditError(UNTRUSTED)
        left = await self._accepted(self._accept(edit, hunks))
        self._pending.forget_done(id)
        return left

    async def _accept(
        self, edit: PendingEdit, hunks: Sequence[int] | None, editor: EditsFiles | None = None
    ) -> EditResult:
        left = await edit.accept(hunks, editor)
        if edit.made.tier > 1 and edit.accepted is not None:
            await self._session.keep_edit(edit.uri, edit.label, *edit.accepted)
        return left

    async def reject(self, id: str, hunks: Sequence[int] | None) -> EditResult:
        """Drop an edit, or some of its hunks; return what is left."""
        left = await self._pending.get(id).reject(hunks)
        self._pending.forget_done(id)
        return left

    async def run(self, asked: Asked, tell: Tell) -> Done:
        """Do all of an action; the editor asks a person before it changes anything, if it can."""
        action = _known(asked.action)
        if action.is_edit:
            made = await self._made(asked, tell)
            result = await _shown(made)
            editor = self._editor(_described(result))
            await self._accepted(self._accept(made, None, editor))
            return Done(f"{result.label}. {_described(result)}".strip(), True)
        if asked.action == "review":
            reviewed = await self.review(asked.id, asked.uri, asked.range, tell=tell)
            found = f"Findings: {len(reviewed.found) or 'none'}."
            return Done(f"{found} {reviewed.reason}".strip(), False)
        self._check_enabled()
        news = EditNews(asked.id, tell)
        answer = partial(self._explaining.answer, asked.action, asked.uri, asked.range)
        text = await self._alone(answer(asked.diagnostics, news.hear), news)
        return Done(text, False)

    # What is no edit ------------------------------------------------------------------------

    async def question(
        self, action: str, uri: str, range: TextRange, said: Sequence[Said]
    ) -> tuple[str, ChatEditor]:
        """Return what a conversation is asked to have something explained."""
        self._check_enabled()
        return await self._explaining.question(action, uri, range, said)

    async def review(
        self,
        id: str,
        uri: str | None,
        range: TextRange | None,
        diff: str = "",
        folder: str | None = None,
        *,
        tell: Tell | None = None,
    ) -> Reviewed:
        """Review a document, or what is changed in a folder; show what is found."""
        self._check_enabled()
        self._check_trusted()
        news = EditNews(id[:MAX_ID_CHARS], tell or self._tell)

        def hear(progress: ReviewProgress) -> None:
            news.hear(EditProgress("reading", 1, progress.done, progress.total))

        if uri is not None and not diff:
            return await self._alone(self._reviews.of_document(uri, range, hear), news)
        root = self._root(folder)
        return await self._alone(self._reviews.of_changes(root, diff or "working", hear), news)

    def clear_review(self, uri: str | None) -> None:
        """Show no more what a review found."""
        self._reviews.clear(uri)

    async def commit_message(self, folder: str | None, why: str) -> tuple[str, bool, str]:
        """Return a message for what is staged, whether something is, and what to know of it."""
        self._check_enabled()
        self._check_trusted()
        root = self._root(folder)
        what = await commit_message.changes(root)
        style = await commit_message.subjects(root)

        async def written() -> str:
            engine = await self._model.engine(root)
            return await commit_message.written(engine, what, style, truncate(why, MAX_WHY_CHARS))

        message = await self._alone(written(), None)
        return message, what.is_staged, BLANKED if what.holds_secrets else ""

    def close(self) -> None:
        """Wait no more for an editor that is gone."""
        for task in self._accepting:
            task.cancel()

    async def _made(self, asked: Asked, tell: Tell) -> PendingEdit:
        self._check_enabled()
        action = _known(asked.action)
        if not action.is_edit:
            raise UsageError(f"{asked.action} is no edit.", "Ask for it in another way.")
        if action.tier == 1:
            return await self._making.by_syntax(asked)
        self._check_trusted()
        news = EditNews(asked.id, tell)
        return await self._alone(self._making.by_model(asked, news), news)

    async def _alone(self, work: Coroutine[Any, Any, T], news: EditNews | None) -> T:
        """Do some work of the model's once what was asked for before is done.

        Raises:
            UsageError: too much waits for that.
        """
        try:
            if self._asked >= MAX_AT_ONCE:
                raise UsageError(f"{MAX_AT_ONCE} actions wait for the model.", "Ask again later.")
            self._asked += 1
            try:
                if self._turn.locked() and news is not None:
                    news.hear(EditProgress("waiting"))
                async with self._turn:
                    return await work
            finally:
                self._asked -= 1
        finally:
            work.close()
            if news is not None:
                news.close()

    async def _accepted(self, work: Coroutine[Any, Any, EditResult]) -> EditResult:
        """Have the editor edit; giving up the wait does not stop it half-way."""
        task = asyncio.ensure_future(work)
        self._accepting.add(task)
        task.add_done_callback(self._accept_ended)
        return await asyncio.shield(task)

    def _accept_ended(self, task: asyncio.Task[EditResult]) -> None:
        self._accepting.discard(task)
        if not task.cancelled():
            task.exception()  # Whoever asked may have given up.

    def _root(self, folder: str | None) -> Path:
        folders = self._session.folders
        if not folders:
            raise UsageError("No folder is open.", "Open the one that is meant.")
        if folder is None:
            return folders[0]
        path = file_path(folder)
        real = None if path is None else Path(os.path.realpath(path))
        tops = [os.path.realpath(each) for each in folders]
        if path is None or real is None or not any(map(real.is_relative_to, tops)):
            raise UsageError(f"{truncate(folder, 200)} is in no folder of this workspace.")
        return path

    def _check_enabled(self) -> None:
        if not self._session.settings.actions.enabled:
            raise UsageError(OFF)

    def _check_trusted(self) -> None:
        if not self._session.trusted:
            raise UsageError(UNTRUSTED)


def _known(id: str) -> Action:
    found = next((action for known, action in ACTIONS.items() if known == id), None)
    if found is None:
        raise UsageError(f"There is no action {id[:40]!r}.", "Ask which there are.")
    return found


async def _shown(edit: PendingEdit) -> EditResult:
    """Return an edit as it is shown.

    Raises:
        EditError: the document was changed meanwhile, so that it does not fit any more.
    """
    result = await edit.result()
    for file in result.files:
        if file.reason and file.reason != TOO_LONG:
            raise EditError(file.reason)
    return result


def _described(result: EditResult) -> str:
    """Return what was checked of an edit, on one line."""
    return ", ".join(
        f"{_MARKS[check.state]} {check.name}"
        + (f" ({one_line(check.detail, 200)})" if check.state == "failed" else "")
        for check in result.checks
    )
