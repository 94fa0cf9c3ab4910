"""The store as its one user sees it: opened beside other work, written in batches, never fatal.

An index that cannot be kept on disk (a read-only folder, a full disk) is kept in memory, and
says so. One that cannot be read is made again. While another process writes, this one reads:
all at once, with a share of the lock `readers`, without which the writer removes nothing.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from ownstack.concurrency import threads
from ownstack.errors import IndexCorruptError, in_words
from ownstack.index.storage.columns import Batch, join
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.folder import erase, has_head
from ownstack.locking import FileLock
from ownstack.paths import set_aside

if TYPE_CHECKING:
    from ownstack.index.storage.store import Held, IndexStore

log = logging.getLogger(__name__)

FLUSH_S = 1.0
FLUSH_DOCUMENTS = 2_000
_EVERYTHING = BaseException
"""There is no list of what a broken file may raise: native panics are no `Exception`."""
T = TypeVar("T")
Floats = npt.NDArray[np.floating[Any]]


class StoreSession:
    """The store and its lock, from opening to `close`. Used by one thread at a time."""

    def __init__(self, folder: Path, root: Path, embedder: str, dim: int) -> None:
        """Begin to open the store of a folder, if there is one; `load` waits for it."""
        self._folder = folder
        self._what = (root, embedder, dim)
        self._batches: list[Batch] = []
        self._states: dict[str, FileState | None] = {}
        self._vectors: list[tuple[str, bytes, Floats]] = []
        self._flushed = time.monotonic()
        self._lock: FileLock | None = None
        self._read: tuple[dict[str, FileState], Held] | None = None
        """What a reader has read; `load` takes it."""
        self.message = ""
        """What its user should know, "" if all is well."""
        self.is_reader = False
        """Another process writes this index."""
        self._thread = threads("index-store")
        self._take_lock()
        self._opened: Future[IndexStore | None] | None = None
        if not self.is_new:
            self.begin()

    @property
    def is_new(self) -> bool:
        """Say whether there is nothing to load."""
        return not has_head(self._folder)

    def begin(self) -> Future[IndexStore | None]:
        """Begin to open the store, if that has not begun: a second's work of imports, at first."""
        if self._opened is None:
            self._opened = self._thread.submit(self._open)
        return self._opened

    def load(self) -> tuple[dict[str, FileState], Held | None]:
        """Return all files, and the documents that are their present states."""

        def loaded(store: IndexStore) -> tuple[dict[str, FileState], Held | None]:
            return dict(store.files), store.load(store.live())

        if self.is_reader:
            self.begin().result()
            read, self._read = self._read, None
            return read or ({}, None)
        try:
            return self._with_store(loaded) or ({}, None)
        except IndexCorruptError as error:
            self._begin_anew(error)
            return {}, None

    def contents(self, path: str) -> tuple[bytes, ...]:
        """Return the contents of a file that need not be extracted again."""
        store = None if self.is_reader else self._store_at_hand()
        return () if store is None else store.contents(path)

    def restore(self, documents: Sequence[tuple[str, bytes]]) -> Held | None:
        """Return documents of former times."""

        def restored(store: IndexStore) -> Held:
            numbers = [store.number(path, content) for path, content in documents]
            return store.load([number for number in numbers if number is not None])

        if self.is_reader:
            return None
        self.flush()
        try:
            return self._with_store(restored)
        except IndexCorruptError as error:
            self._begin_anew(error)
            return None

    def put(self, batch: Batch | None, states: Mapping[str, FileState | None]) -> None:
        """Keep new documents and what files are now; written soon."""
        if batch is not None and batch.documents:
            self._batches.append(batch)
        self._states.update(states)

    def put_vectors(self, path: str, content: bytes, vectors: Floats) -> None:
        """Keep the vectors of a document that was `put`; written soon."""
        self._vectors.append((path, content, vectors.astype(np.float16)))

    def flush(self, *, if_due: bool = False) -> None:
        """Write what is waiting; with `if_due`, only if it is much, or waits for long."""
        waits_s = time.monotonic() - self._flushed
        n_documents = sum(len(batch.documents) for batch in self._batches)
        if if_due and waits_s < FLUSH_S and n_documents < FLUSH_DOCUMENTS:
            return
        if if_due and not self.begin().done():
            return
        batch = join(self._batches) if self._batches else None
        states, vectors = self._states, self._vectors
        self._batches, self._states, self._vectors = [], {}, []
        self._flushed = time.monotonic()

        def write(store: IndexStore) -> None:
            store.write(batch, states)
            store.write_vectors(vectors)
            self._tidy(store)

        if not self.is_reader and (batch or states or vectors):
            self._with_store(write)

    def tidy(self, *, at_once: bool = False) -> None:
        """Flush, forget what is old, and give space back."""
        self.flush()
        if not self.is_reader:
            self._with_store(lambda store: self._tidy(store, at_once=at_once))

    def size_bytes(self) -> int:
        """Return what the index takes on disk."""
        store = self._store_at_hand()
        return 0 if store is None else store.size_bytes()

    def changed(self) -> bool:
        """For a reader: say whether there is something new to `load`, or to write, now."""
        if not self.is_reader:
            return False
        self._take_lock()
        self._opened = self._thread.submit(self._open)
        return True

    def close(self) -> None:
        """Write what is waiting, and let others write."""
        self.flush()
        self._thread.shutdown()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _store_at_hand(self) -> IndexStore | None:
        """Return the store if that needs no waiting."""
        return self._opened.result() if self._opened is not None and self._opened.done() else None

    def _take_lock(self) -> None:
        try:
            if not self._folder.is_dir():
                set_aside(self._folder)
            self._lock = FileLock.take(self._folder / "lock")
        except OSError as error:
            self._lose_disk(error)
            self.is_reader = False
            return
        self.is_reader = self._lock is None

    def _open(self) -> IndexStore | None:
        if self._lock is None and not self.is_reader:
            return None
        if self.is_reader and self.is_new:
            return None
        from ownstack.index.storage.store import IndexStore

        try:
            if not self.is_reader:
                return IndexStore.open(self._folder, *self._what, writes=True)
            with self._lease(shares=True):
                store = IndexStore.open(self._folder, *self._what, writes=False)
                self._read = dict(store.files), store.load(store.live())
                return store
        except IndexCorruptError as error:
            return self._anew(error)
        except _EVERYTHING as error:
            self._lose_disk(error)
            return None

    def _tidy(self, store: IndexStore, *, at_once: bool = False) -> None:
        if at_once or store.is_untidy():
            with self._lease(shares=False) as is_mine:
                if is_mine:
                    store.tidy(at_once=at_once)
                # Else somebody loads it now; the next write tries again.

    @contextlib.contextmanager
    def _lease(self, *, shares: bool) -> Iterator[bool]:
        """Hold off who removes what is read, or, without waiting, who reads what is removed."""
        lock = FileLock.take(self._folder / "readers", shares=shares, waits=shares)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                lock.release()

    def _begin_anew(self, error: IndexCorruptError) -> None:
        self._opened = self._thread.submit(self._anew, error)

    def _anew(self, error: IndexCorruptError) -> IndexStore | None:
        from ownstack.index.storage.store import IndexStore

        if self.is_reader:
            log.warning("The index that another process writes: %s", error)
            return None
        self.message = f"{error.what} It is made again."
        log.warning("%s", self.message)
        try:
            erase(self._folder)
            return IndexStore.open(self._folder, *self._what, writes=True)
        except _EVERYTHING as failure:
            self._lose_disk(failure)
            return None

    def _with_store(self, use: Callable[[IndexStore], T]) -> T | None:
        store = self.begin().result()
        if store is None:
            return None
        try:
            return use(store)
        except IndexCorruptError:
            raise
        except _EVERYTHING as error:
            _raise_if_meant(error)
            self._lose(f"The index cannot be written ({in_words(error)}); it is in memory only.")
            self._opened = Future()
            self._opened.set_result(None)
            return None

    def _lose_disk(self, error: BaseException) -> None:
        _raise_if_meant(error)
        self._lose(f"The index cannot be kept on disk ({in_words(error)}); it is in memory only.")

    def _lose(self, message: str) -> None:
        self.message = message
        log.warning("%s", message)


def _raise_if_meant(error: BaseException) -> None:
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
        raise error
