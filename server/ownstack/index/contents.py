"""What an index holds: in memory for its readers, in the store for the next start, kept as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ownstack.files.reading import Stamp
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Batch, firsts, join
from ownstack.index.storage.compaction import has_many_dead_rows
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.store_session import StoreSession
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FilesRead, FileToRead, TextRead, Vectors
from ownstack.index.update.plan import SyncPlan


class Contents:
    """Used by one thread at a time, but for `snapshot` and `files`, which any may look at."""

    def __init__(self, root: Path, session: StoreSession, dim: int) -> None:
        """Hold nothing; `dim` is that of the vectors."""
        self.files: dict[str, FileState] = {}
        self.overlaid: dict[str, TextRead] = {}
        """Files for which an editor's text stands, in memory only."""
        self._session = session
        self._dim = dim
        self._texts = Texts(root)
        self.snapshot = Snapshot.empty(self._texts, dim)
        self._unseen: list[_Read] = []
        self._former: list[_Former] = []
        self._skimmed: set[str] = set()

    def load(self) -> None:
        """Take what is stored in place of what is held."""
        files, held = self._session.load()
        self.files = files
        snapshot = Snapshot.empty(self._texts, self._dim)
        if held is not None:
            snapshot = snapshot.with_held(held.batch, held.vectors, held.embedded)
            for path, state in files.items():
                if state.document is not None:
                    self._texts.know(path, state.stamp, state.document.content)
        self.snapshot = snapshot
        for path, read in self.overlaid.items():
            self.show_text(path, read)

    def known(self, path: str) -> tuple[bytes, ...]:
        """Return the contents of a file that need not be extracted (again)."""
        now = None if path in self._skimmed else self.snapshot.file(path)
        return self._session.contents(path) + ((now.content_hash,) if now else ())

    def leave_out(self, plan: SyncPlan) -> None:
        """Forget what a plan says is gone, or not to be in the index."""
        states: dict[str, FileState | None] = dict.fromkeys(plan.gone)
        for entry in plan.left_out:
            states[entry.path] = FileState(entry.stamp, entry.reason)
        self.note(states)

    def forget(self, paths: Sequence[str]) -> None:
        """Let readers find nothing of some files any more."""
        self.snapshot = self.snapshot.without(paths)

    def note(self, states: Mapping[str, FileState | None], batch: Batch | None = None) -> None:
        """Store what files are now (None: gone), and what was read of them.

        Of those that hold nothing any more readers find nothing, at once.
        """
        self.forget([path for path, now in states.items() if now is None or now.document is None])
        for path, state in states.items():
            if state is None:
                self.files.pop(path, None)
            else:
                self.files[path] = state
        self._skimmed.difference_update(states)
        self._session.put(batch, states)

    def take(self, read: FilesRead) -> None:
        """Take over what became of some files; readers find what is new after `show`."""
        states: dict[str, FileState | None] = dict.fromkeys(read.gone)
        for path, stamp, reason in read.refused:
            states[path] = FileState(stamp, reason)
        for document in read.batch.documents:
            states[document.path] = FileState(read.stamps[document.path], "", document)
        for path, content in read.known:
            state, now = self.files.get(path), self.snapshot.file(path)
            is_same = state and state.document and state.document.content == content
            if state and is_same and now and now.content_hash == content:
                states[path] = replace(state, stamp=read.stamps[path])
            else:
                self._former.append((path, content, read.stamps[path]))
        self.note(states, read.batch)
        self._unseen.append((read.batch, read.vectors, read.stamps))

    def skim(self, read: FilesRead) -> None:
        """Let files be found by what skimming saw, until they are read; after `show`."""
        self._skimmed.update(document.path for document in read.batch.documents)
        self._unseen.append((read.batch, None, read.stamps))

    def end_skim(self) -> None:
        """Forget what was only skimmed."""
        self.show()
        self.forget(tuple(self._skimmed))
        self._skimmed.clear()
        self.renumber()

    def show_text(self, path: str, read: TextRead) -> None:
        """Let an editor's text stand for a file, until it is read again."""
        self.overlaid[path] = read
        if read.cells is not None:
            self._texts.know_cells(path, read.batch.documents[0].content, read.cells)
        self._unseen.append((read.batch, read.vectors, {}))
        self.show()

    def show(self) -> None:
        """Let readers find what was taken over."""
        unseen, self._unseen = [taken for taken in self._unseen if taken[0].documents], []
        if not unseen:
            return
        self.snapshot = self.snapshot.with_batch(join([batch for batch, _, _ in unseen]))
        for batch, vectors, stamps in unseen:
            bounds = firsts(batch.chunks.document, len(batch.documents))
            for at, document in enumerate(batch.documents):
                if document.path in stamps:
                    self._texts.know(document.path, stamps[document.path], document.content)
                if vectors is not None:
                    self.put_vectors(
                        document.path, document.content, vectors[bounds[at] : bounds[at + 1]]
                    )
        if self._skimmed:
            # Each file that is read leaves the dead rows of when it was skimmed.
            self.renumber()

    def restore(self) -> tuple[FileToRead, ...]:
        """Take from the store what files hold again; return those of which it lost it."""
        former, self._former = self._former, []
        if not former:
            return ()
        held = self._session.restore([(path, content) for path, content, _ in former])
        stamps = {path: stamp for path, _, stamp in former}
        documents = held.batch.documents if held else ()
        if held:
            self.snapshot = self.snapshot.with_held(held.batch, held.vectors, held.embedded)
        self.note(
            {
                document.path: FileState(stamps.pop(document.path), "", document)
                for document in documents
            }
        )
        return tuple(FileToRead(path) for path in stamps)

    def put_vectors(self, path: str, content: bytes, vectors: Vectors) -> None:
        """Set the vectors of a file's chunks, if it still holds this content."""
        is_there = self.snapshot.put_vectors(path, content, vectors)
        if is_there and path not in self.overlaid:
            self._session.put_vectors(path, content, vectors)

    def renumber(self) -> None:
        """Give back the memory of rows that are dead, if they are many."""
        snapshot = self.snapshot
        if has_many_dead_rows(snapshot.chunk_count, int(snapshot.live.sum())):
            self.snapshot = snapshot.renumbered()


_Read = tuple[Batch, "Vectors | None", Mapping[str, Stamp]]
"""What was read, the vectors of its chunks if they were made at once, and the files' stamps."""
_Former = tuple[str, bytes, Stamp]
"""Path, content and stamp of a file that holds what is stored of former times."""
