"""Edits that were made and wait for the user: shown as the files are now, accepted by hunks."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownstack.actions.rebase import rebased
from ownstack.actions.result import MadeEdit
from ownstack.app.actions.values import EditCheck, EditResult
from ownstack.app.chats.edit_list import MAX_CHARS, TOO_LONG
from ownstack.app.chats.tool_values import ChatFileChange, ChatHunk
from ownstack.app.chats.window_files import EditsFiles, FileEdit
from ownstack.chat.project_files import (
    NEW,
    FileChange,
    FileNow,
    ProjectFiles,
    changed_meanwhile,
    hash_of,
)
from ownstack.chat.proposals import TextEdit, applied
from ownstack.errors import EditError, UsageError
from ownstack.files.reading import plain_lines
from ownstack.text import LineIndex

FilesOf = Callable[[EditsFiles], ProjectFiles]
"""Returns the files around it, as some editor changes them."""
MAX_PENDING = 32
"""Edits of one window that wait; the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Which file an edit is of, and what it was made from."""

    uri: str
    path: str
    files: FilesOf
    before: str
    base_hash: str
    """Of the file's bytes; "" if there was none."""


class PendingEdit:
    """One of one file. Nothing is written but by `accept`; one thing is done at a time."""

    def __init__(
        self, id: str, label: str, made: MadeEdit, subject: Subject, editor: EditsFiles
    ) -> None:
        self.id = id
        self.label = label
        self.made = made
        self._subject = subject
        self._files = subject.files(editor)
        self._before = subject.before
        self._base_hash = subject.base_hash
        self._edits: tuple[TextEdit, ...] = made.proposal.edits
        self._alone = asyncio.Lock()
        self.accepted: tuple[str, str] | None = None
        """What was accepted last: the file's text before and after it."""

    @property
    def is_done(self) -> bool:
        """Whether nothing is left of it."""
        return not self._edits

    @property
    def uri(self) -> str:
        """Of the file."""
        return self._subject.uri

    def of_document(self, text: str, version: int) -> FileEdit:
        """Return it for an editor that has such a version of the document, as `result` told.

        Raises:
            EditError: that is another text by now.
        """
        if plain_lines(text) != plain_lines(self._before):
            raise changed_meanwhile(self._subject.path)
        return FileEdit(self.uri, version, self._before, self._edits)

    async def result(self) -> EditResult:
        """Return it as the file is now; if it does not fit any more, with the reason."""
        async with self._alone:
            return await asyncio.to_thread(self._result)

    async def accept(
        self, hunks: Sequence[int] | None, editor: EditsFiles | None = None
    ) -> EditResult:
        """Change the file by it, or by some of its hunks; return what is left.

        `editor` does it, if not the one that it was made with.

        Raises:
            EditError: it does not fit the file any more, or was not done; then nothing is changed.
            UsageError: there are no such hunks.
        """
        async with self._alone:
            if self.is_done:
                raise UsageError("This edit does not wait any more.", "Ask for it again.")
            change, rest = await asyncio.to_thread(self._change_by, hunks)
            files = self._files if editor is None else self._subject.files(editor)
            await files.write([change], self.label)
            self.accepted = self._before, change.text
            self._before, self._base_hash = change.text, hash_of(change.data)
            self._edits = rest
            # The editor may say that it is done before it says what the text is now.
            return await asyncio.to_thread(self._result, as_written=True)

    def _change_by(self, hunks: Sequence[int] | None) -> tuple[FileChange, tuple[TextEdit, ...]]:
        """Return the change that some hunks make of the file, and what is left of the edit then."""
        file = self._moved()
        taken, rest = self._divided(hunks)
        after = applied(self._before, taken)
        data = (file or NEW).bytes_of(after)
        return FileChange(self._subject.path, file, data, after), _moved_by(rest, taken)

    async def reject(self, hunks: Sequence[int] | None) -> EditResult:
        """Drop it, or some of its hunks; return what is left.

        Raises:
            UsageError: there are no such hunks.
        """
        async with self._alone:
            _, self._edits = self._divided(hunks)
            return await asyncio.to_thread(self._result)

    def _divided(
        self, hunks: Sequence[int] | None
    ) -> tuple[tuple[TextEdit, ...], tuple[TextEdit, ...]]:
        """Return those that are named, all if none are, and the others."""
        if hunks is None:
            return self._edits, ()
        wanted, known = set(hunks), range(len(self._edits))
        if not wanted or not wanted <= set(known):
            raise UsageError(f"This edit has {len(known)} hunks, numbered from 0.", "Name some.")
        return (
            tuple(edit for at, edit in enumerate(self._edits) if at in wanted),
            tuple(edit for at, edit in enumerate(self._edits) if at not in wanted),
        )

    def _moved(self) -> FileNow | None:
        """Move the edits onto the file as it is, and return that."""
        path = self._subject.path
        file = self._files.now(path)
        base = "" if file is None else file.hash
        if base != self._base_hash:
            if file is None or not self._base_hash:
                raise changed_meanwhile(path)
            self._edits = tuple(rebased(self._edits, self._before, file.text))
            self._before, self._base_hash = file.text, base
        return file

    def _result(self, *, as_written: bool = False) -> EditResult:
        made = self.made
        checks = [EditCheck(each.name, each.state, each.detail) for each in made.checks]
        files = [] if self.is_done else [self._change(as_written)]
        return EditResult(
            self.id,
            self.label,
            made.tier,
            made.model,
            made.rounds,
            made.drafts,
            round(made.seconds, 3),
            checks,
            files,
        )

    def _change(self, as_written: bool) -> ChatFileChange:
        uri, path, is_new = self._subject.uri, self._subject.path, not self._base_hash
        try:
            if not as_written:
                self._moved()
            before = self._before
            after = applied(before, self._edits)
        except EditError as error:
            return ChatFileChange(self.id, uri, path, is_new, "", "", [], str(error))
        if len(before) + len(after) > MAX_CHARS:
            return ChatFileChange(self.id, uri, path, is_new, "", "", [], TOO_LONG)
        lines = LineIndex(before)
        hunks = [
            ChatHunk(at, lines.line_of(edit.start) + 1, before[edit.start : edit.end], edit.text)
            for at, edit in enumerate(self._edits)
        ]
        return ChatFileChange(self.id, uri, path, is_new, before, after, hunks)


def _moved_by(edits: Sequence[TextEdit], done: Sequence[TextEdit]) -> tuple[TextEdit, ...]:
    """Return edits of a text as edits of what others of the same make of it; both in order."""
    moved: list[TextEdit] = []
    shift = at = 0
    for edit in edits:
        while at < len(done) and done[at].start < edit.start:
            shift += len(done[at].text) - (done[at].end - done[at].start)
            at += 1
        moved.append(TextEdit(edit.start + shift, edit.end + shift, edit.text))
    return tuple(moved)


class PendingEdits:
    """Those of one window, by their ids."""

    def __init__(self) -> None:
        self._all: OrderedDict[str, PendingEdit] = OrderedDict()

    def __contains__(self, id: str) -> bool:
        return id in self._all

    def add(self, edit: PendingEdit) -> None:
        """Have one wait, in place of the oldest if too many do."""
        self._all[edit.id] = edit
        while len(self._all) > MAX_PENDING:
            self._all.popitem(last=False)

    def get(self, id: str) -> PendingEdit:
        """Return one.

        Raises:
            UsageError: none of that name waits.
        """
        found = self._all.get(id)
        if found is None:
            raise UsageError("This edit does not wait any more.", "Ask for it again.")
        return found

    def forget_done(self, id: str) -> None:
        """Forget one of which nothing is left."""
        if id in self._all and self._all[id].is_done:
            del self._all[id]
