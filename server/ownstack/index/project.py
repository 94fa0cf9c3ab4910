"""The index of one project: made once, kept true, read by anyone at any moment.

`snapshot` is what readers use, from any thread; it changes as work goes on, and the vectors of
a model of the user's come last. Everything else here is called by one thread at a time, which may
wait long: native work is done by worker processes, so that the others keep running.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ownstack.errors import IndexingError, in_words
from ownstack.files.handwriting import is_minified, without_long_lines
from ownstack.files.listing import Changes, Listing, look, look_at
from ownstack.files.path_case import listed
from ownstack.files.reading import NO_STAMP, Refusal, content_hash, plain_lines, read
from ownstack.files.scan import too_broad
from ownstack.index.contents import Contents
from ownstack.index.embedding.embedder import TextEmbedder, default_embedder
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.status import (
    Phase,
    Progress,
    ProjectIndexStatus,
    Report,
    reason_of_place,
    reason_on_disk,
)
from ownstack.index.storage.file_state import FileState
from ownstack.index.storage.folder import folder_of
from ownstack.index.storage.store_session import StoreSession
from ownstack.index.update.batches import embed_jobs, read_jobs
from ownstack.index.update.jobs import (
    EmbedFiles,
    FilesRead,
    Job,
    ReadFiles,
    ReadText,
    TextRead,
)
from ownstack.index.update.plan import SyncPlan, plan_changes, plan_listing
from ownstack.index.update.vectors import embed_files
from ownstack.index.update.workers import Pool

log = logging.getLogger(__name__)

SKIM_SHARE = 0.25
"""What skimming files takes of all the work on them."""
SHOW_S = 0.4
"""What was read is seen by readers so often, while much is read."""


class ProjectIndex:
    """The index of one project. Use `open`, then `refresh`."""

    def __init__(
        self, root: Path, session: StoreSession, pool: Pool, embedder: TextEmbedder
    ) -> None:
        """Use `open`."""
        self.root = root
        self.notice = ""
        """What else `status` should tell (that changes are seen late, say)."""
        self.n_works = 0
        """How often something was looked at or taken over: `status` may be another after it."""
        self._session = session
        self._pool = pool
        self._embedder = embedder
        self._contents = Contents(root, session, embedder.dim)
        self._busy = threading.RLock()
        self._phase: Phase = "new"
        self._failure = ""
        """Why the last work came to nothing; a `refresh` that succeeds makes up for it."""
        self._progress = Progress("new", 0, 0)
        self._refreshed: float | None = None
        self._is_closed = False

    @classmethod
    def open(
        cls,
        root: Path,
        cache: Path,
        embedder: TextEmbedder,
        *,
        n_workers: int | None = None,
        force: bool = False,
    ) -> ProjectIndex:
        """Open the index of a folder, with what was stored of it; `cache` holds all indexes.

        Raises:
            IndexingError: there is no such folder, or it is too broad to be meant (`force`).
        """
        root = root.resolve()
        if not root.is_dir():
            raise IndexingError(f"{root} is not a folder.")
        if not force and (reason := too_broad(root)):
            raise IndexingError(reason, "Ask for it with --force if you mean it.")
        session = StoreSession(folder_of(cache, root), root, embedder.name, embedder.dim)
        index = cls(root, session, Pool(n_workers or os.cpu_count() or 1), embedder)
        if not session.is_new:
            index._load()
        return index

    @property
    def snapshot(self) -> Snapshot:
        """What is known now."""
        return self._contents.snapshot

    @property
    def phase(self) -> Phase:
        """What is done now; from any thread."""
        rests = self._pool.is_paused and self._phase not in ("ready", "failed")
        return "paused" if rests else self._phase

    def refresh(self, report: Report | None = None, listing: Listing | None = None) -> SyncPlan:
        """Make the index say what the disk says. Ends early, in good order, after `close`.

        `listing`: what somebody found who looked at the folder; else it is looked at here.
        """
        with self._at_work():
            if self._session.changed():
                self._load()
            self._phase = "scanning"
            held = self._contents
            plan = plan_listing(listing or look(self.root), held.files, held.overlaid)
            if not self._session.is_reader:
                self._carry_out(plan, report)
                self._pool.shrink()
            self._refreshed, self._failure = time.time(), ""
            return plan

    def update(self, paths: Iterable[str]) -> bool:
        """Look at some paths again, as soon as may be; False if a `refresh` is needed instead.

        Only files can be looked at so: a folder, or an ignore file, concerns others.
        """
        changes = look_at(self.root, paths)
        return changes is not None and self.take_changes(changes)

    def take_changes(self, changes: Changes) -> bool:
        """Take over what somebody found who looked at some files; False as of `update`."""
        if self._failure:
            return False
        with self._at_work():
            held = self._contents
            plan = plan_changes(self.root, changes, held.files, held.overlaid)
            if plan is not None and not self._session.is_reader:
                self._carry_out(plan, None)
            return plan is not None

    def overlay(self, path: str, text: str | None) -> None:
        """Let an editor's text stand for a file until it is called with None."""
        with self._at_work():
            path = path if path in self._contents.overlaid else listed(self.root, path)
            if text is None:
                held = self._contents
                held.overlaid.pop(path, None)
                held.forget([path])
                changes = look_at(self.root, [path])
                plan = None
                if changes is not None:
                    plan = plan_changes(self.root, changes, held.files, held.overlaid)
                self._carry_out(plan or SyncPlan((path,), (), (), 0), None)
                return
            job = ReadText(path, text, self._made_at_once(), str(self.root))
            for _, answer in self._pool.do([job]):
                if isinstance(answer, TextRead):
                    self._contents.show_text(path, answer)
                    if answer.vectors is None:
                        self._embed([path], None)

    def is_news(self, path: str, text: str) -> bool:
        """Say whether an editor's text of a file should count, since its file says another.

        What an editor shows is text, whatever its bytes look like. Reads the file where need be.
        """
        file = self.snapshot.file(path)
        if file is not None and content_hash(text.encode("utf-8", "replace")) == file.content_hash:
            return False
        if file is None and (reason_of_place(self.root, path) or is_minified(path, text)):
            return False
        if path in self._contents.overlaid:
            return True
        held = read(self.root, path)
        return isinstance(held, Refusal) or held.text != without_long_lines(plain_lines(text))

    def pause(self) -> None:
        """Begin no new work until `resume`; from any thread."""
        self._pool.pause()

    def resume(self) -> None:
        self._pool.resume()

    def warm(self) -> None:
        """Be ready for single files, which need not wait then for a process to start."""
        with self._busy:
            if not self._is_closed:
                self._pool.warm()

    def tidy(self, *, at_once: bool = False) -> None:
        """Give back space on disk and in memory that old states take."""
        with self._busy:
            self._session.tidy(at_once=at_once)
            self._contents.renumber()
            self.n_works += 1

    def reason(self, path: str) -> str:
        """Say why a file is not in the index, or return ""; from any thread."""
        if self.snapshot.file(path) is not None:
            return ""
        state = self._contents.files.get(path)
        if state is not None and state.reason:
            return state.reason
        return reason_on_disk(self.root, path) or "It has not been read yet."

    def status(self) -> ProjectIndexStatus:
        """Return what a user should know; from any thread."""
        snapshot, files = self.snapshot, dict(self._contents.files)
        of_all = files[""].reason if "" in files else ""
        said = (self._failure, self._session.message, self.notice, of_all)
        return ProjectIndexStatus(
            root=str(self.root),
            phase=self.phase,
            progress=self._progress,
            n_files=snapshot.file_count,
            n_lines=sum(file.n_lines for file in snapshot.files()),
            n_symbols=int(snapshot.live_symbols.sum()),
            n_chunks=int(snapshot.live.sum()),
            n_embedded=snapshot.embedded_count,
            left_out=dict(Counter(state.reason for state in files.values() if state.reason)),
            size_bytes=self._session.size_bytes(),
            source_bytes=sum(file.size_bytes for file in snapshot.files()),
            refreshed=self._refreshed,
            is_reader=self._session.is_reader,
            message=" ".join(filter(None, said)),
        )

    def stop(self) -> None:
        """Make what is under way end early; from any thread. Nothing but `close` may follow."""
        self._is_closed = True
        self._pool.stop()

    def close(self) -> None:
        """End all work, write what was done, and let another process write."""
        self.stop()
        with self._busy:
            self._pool.close()
            self._session.close()

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[None]:
        """Keep others out; say what came of it only when all of it is done."""
        with self._busy:
            before, self._progress = self._phase, Progress("scanning", 0, 0)
            try:
                yield
            except Exception as error:
                self._failure = f"It is not up to date. {in_words(error)}"
                raise
            finally:
                done: Phase = before if self._refreshed is None else "ready"
                self._phase = "failed" if self._failure else done
                self.n_works += 1

    def _load(self) -> None:
        self._contents.load()
        self._phase = "loaded"

    def _carry_out(self, plan: SyncPlan, report: Report | None) -> None:
        self._contents.leave_out(plan)
        known = self._contents.known
        jobs, is_much = read_jobs(self.root, plan.read, known, self._made_at_once())
        if is_much:
            self._skim_and_read(jobs, len(plan.read), report)
        else:
            self._session.begin()
            self._read(jobs, len(plan.read), report)
        self._embed(self.snapshot.awaiting_vectors(), report)
        self._session.flush()

    def _skim_and_read(
        self, jobs: Sequence[ReadFiles], n_files: int, report: Report | None
    ) -> None:
        """Let much that is new be found soon, by what skimming sees of it."""
        try:
            self._skim(jobs, n_files, report)
            self._session.begin()
            self._read(jobs, n_files, report, (SKIM_SHARE, 1.0))
        finally:
            self._contents.end_skim()

    def _skim(self, jobs: Sequence[ReadFiles], n_files: int, report: Report | None) -> None:
        self._phase, n_done = "skimming", 0
        skims = [replace(job, embedder="", skims=True) for job in jobs]
        for job, _ in self._taken(skims, self._contents.skim):
            n_done += len(job.files)
            self._say(Progress("skimming", n_done, n_files, (0.0, SKIM_SHARE)), report)

    def _read(
        self,
        jobs: Sequence[ReadFiles],
        n_files: int,
        report: Report | None,
        of_work: tuple[float, float] = (0.0, 1.0),
    ) -> None:
        self._phase, n_done, fatal = "reading", 0, list[ReadFiles]()
        for job, answer in self._do_reading(jobs):
            if isinstance(answer, FilesRead):
                n_done += len(job.files)
                self._say(Progress("reading", n_done, n_files, of_work), report)
            else:
                fatal.append(job)
        # One file of each such job is to blame: which one is seen when each is read alone.
        alone = [replace(job, files=(file,)) for job in fatal for file in job.files]
        blamed = [
            replace(job.files[0], plain=True)
            for job, answer in self._do_reading(alone)
            if not isinstance(answer, FilesRead)
        ]
        for job, answer in self._do_reading([replace(jobs[0], files=(file,)) for file in blamed]):
            if not isinstance(answer, FilesRead):
                reason = f"It could not be read: {answer}."
                self._contents.note({job.files[0].path: FileState(NO_STAMP, reason)})

    def _do_reading(self, jobs: Sequence[ReadFiles]) -> Iterator[tuple[ReadFiles, object]]:
        """Do jobs and keep what they answer; files of known contents come back at the end."""
        for job, answer in self._taken(jobs, self._contents.take):
            yield job, answer
            self._session.flush(if_due=True)
        if files := self._contents.restore():
            # The store was lost in between: what it knew must be read after all.
            list(self._do_reading([ReadFiles(str(self.root), files)]))

    def _taken(
        self, jobs: Sequence[ReadFiles], take: Callable[[FilesRead], None]
    ) -> Iterator[tuple[ReadFiles, object]]:
        """Do jobs and take over their answers; readers see them soon, with the last one all."""
        shown = time.monotonic()
        for number, (job, answer) in enumerate(self._pool.do(jobs), 1):
            assert isinstance(job, ReadFiles)
            if isinstance(answer, FilesRead):
                take(answer)
            if number == len(jobs) or time.monotonic() - shown > SHOW_S:
                self._contents.show()
                shown = time.monotonic()
            yield job, answer

    def _made_at_once(self) -> str:
        """Name the embedder if workers have it: then vectors cost least while a file is read."""
        return self._embedder.name if self._embedder is default_embedder() else ""

    def _embed(self, paths: Sequence[str], report: Report | None) -> None:
        self._phase, n_done = "embedding", 0
        jobs = embed_jobs(self.root, paths, self.snapshot, self._embedder.name)
        for job, answer in self._do_embedding(jobs):
            assert isinstance(job, EmbedFiles)
            if isinstance(answer, list):
                for file, vectors in zip(job.files, answer, strict=True):
                    if vectors is not None:
                        self._contents.put_vectors(file.path, file.content, vectors)
            else:
                log.warning("Some chunks could not be embedded: %s", answer)
            n_done += len(job.files)
            self._session.flush(if_due=True)
            self._say(Progress("embedding", n_done, len(paths)), report)

    def _do_embedding(self, jobs: Sequence[EmbedFiles]) -> Iterator[tuple[Job, object]]:
        if self._embedder is default_embedder():
            return self._pool.do(jobs)
        # A model of the user's lives in this process, behind the engine's own thread.
        return ((job, embed_files(job, self._embedder)) for job in jobs if not self._is_closed)

    def _say(self, progress: Progress, report: Report | None) -> None:
        self._progress = progress
        if report is not None:
            report(progress)
