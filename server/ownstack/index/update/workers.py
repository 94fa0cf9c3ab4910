"""Processes of low priority that do jobs, one at a time each, and may die without harm.

Parsers are native code: a file that crashes one, or keeps it busy for minutes, costs a worker
and nothing else. A worker is this module, run by the same Python with jobs on its standard
input and answers on its standard output; it ends when its input does, so that it never outlives
whoever started it.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import psutil

import ownstack
from ownstack.concurrency import lower_priority
from ownstack.errors import IndexingError, in_words
from ownstack.index.update.jobs import Job

log = logging.getLogger(__name__)

NICENESS = 10
JOB_PROCESSOR_S, JOB_WALL_S = 40.0, 900.0
"""A job that takes more of the processor is caught in its parser; more of the wall, elsewhere.

Other work may keep a process of low priority waiting for minutes, and no file is to blame then.
"""
_LOOK_S = 2.0
_JOBS_A_COLLECTION = 32
_PACKAGE_PARENT = Path(ownstack.__file__).parents[1]
_MAIN = "from ownstack.index.update.workers import serve; serve()"


class WorkerDiedError(Exception):
    """A worker crashed, or was ended because it took too long."""


class WorkersUnusableError(IndexingError):
    """Workers do not start at all; no file is to blame."""


_READY = b"r"
_DO_NOT_START = "The processes that read files do not start"


class Worker:
    """One process, started by the first job and again after it died. Use by one thread."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_ready = False

    def ask(self, job: Job) -> Any:
        """Do a job in the process.

        Raises:
            WorkerDiedError: the process died of it, or took too long.
            WorkersUnusableError: it does not even start.
            RuntimeError: the job failed, and the process goes on.
        """
        try:
            process = self._process or self._start()
        except OSError as error:
            # No process can be made for the moment: too many, or no memory, or no descriptors.
            raise WorkersUnusableError(f"{_DO_NOT_START} ({in_words(error)}).") from error
        guard = _Guard(process)
        guard.start()
        try:
            assert process.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                pickle.dump(job, process.stdin, pickle.HIGHEST_PROTOCOL)
                process.stdin.flush()
            answer = self._receive(process)
        except WorkersUnusableError:
            self.close()
            raise
        except Exception as error:
            # Nobody can tell what half an answer raises; the next job has a new process.
            self.close()
            raise WorkerDiedError(in_words(error)) from error
        finally:
            guard.done.set()
        if isinstance(answer, _Failure):
            raise RuntimeError(answer.what)
        return answer

    def warm(self) -> None:
        """Start the process, if there is none, so that the next job need not wait for that."""
        if self._process is None:
            self._start()

    def kill(self) -> None:
        """End the process at once; may be called by another thread than `ask`."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)

    def _start(self) -> subprocess.Popen[bytes]:
        self._is_ready = False
        # One thread each: their number is chosen by who starts them.
        variables = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _MAIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The current folder comes first in a module search, and must not be a project's.
            cwd=_PACKAGE_PARENT,
            env=os.environ | variables,
        )
        return self._process

    def _receive(self, process: subprocess.Popen[bytes]) -> Any:
        assert process.stdout is not None
        if not self._is_ready:
            if process.stdout.read(1) != _READY:
                raise WorkersUnusableError(f"{_DO_NOT_START} ({_end_of(process)}).")
            self._is_ready = True
        return pickle.load(process.stdout)


class _Failure:
    """Sent instead of an answer when a job raised."""

    def __init__(self, what: str) -> None:
        self.what = what


class _Guard(threading.Thread):
    """Ends a process that takes too long for one job."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        super().__init__(name="index-guard", daemon=True)
        self.done = threading.Event()
        self._process = process

    def run(self) -> None:
        ends = time.monotonic() + JOB_WALL_S
        before_s = _processor_s(self._process.pid)
        while not self.done.wait(_LOOK_S):
            took_s = _processor_s(self._process.pid) - before_s
            if took_s > JOB_PROCESSOR_S or time.monotonic() > ends:
                log.warning("A worker of the index takes too long (%.0f s), and is ended.", took_s)
                self._process.kill()
                return


class _Run:
    """Jobs that are done together. What threads share of it are a deque, a queue and a flag."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        self.jobs: deque[Job] = deque(jobs)
        self.answers: queue.Queue[tuple[Job, Any] | None] = queue.Queue()
        """Jobs with what became of them, and None from each thread at its end."""
        self.threads: list[threading.Thread] = []
        self.is_over = False
        self.problem: WorkersUnusableError | None = None
        """Why a worker did not start."""


class Pool:
    """Some workers, and a thread for each, which do jobs in any order.

    A worker speaks with one thread at a time: those of a run have ended before the next begins,
    also if nobody waited for its end (an error in who takes the answers).
    """

    def __init__(self, n_workers: int) -> None:
        self._workers = [Worker() for _ in range(n_workers)]
        self._may_work = threading.Event()
        self._may_work.set()
        self._is_closed = False
        self._run = _Run(())

    def pause(self) -> None:
        """Begin no further job; those at work end."""
        self._may_work.clear()

    def resume(self) -> None:
        self._may_work.set()

    @property
    def is_paused(self) -> bool:
        return not self._may_work.is_set()

    def warm(self) -> None:
        """Start the first worker, so that a single job need not wait for that."""
        try:
            self._workers[0].warm()
        except OSError as error:
            log.info("No worker can be started beforehand: %s", in_words(error))

    def shrink(self) -> None:
        """End all workers but the first; they start again when there is work."""
        for worker in self._workers[1:]:
            worker.close()

    def do(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Any]]:
        """Yield each job with its answer, or with the error that it ended in, as they come.

        One caller at a time. Ends early when the pool is closed.

        Raises:
            WorkersUnusableError: no worker starts.
        """
        self._end(self._run)
        run = self._run = _Run(jobs)
        try:
            while run.jobs and not self._is_closed:
                n_before = len(run.jobs)
                yield from self._answers(run)
                # A job of a worker that did not start is left for the others.
                if len(run.jobs) == n_before and run.problem is not None and not self._is_closed:
                    raise run.problem
        finally:
            self._end(run)

    def stop(self) -> None:
        """End all work; from any thread. Nothing but `close` may follow."""
        self._is_closed = True
        self._may_work.set()
        for worker in self._workers:
            worker.kill()

    def close(self) -> None:
        """End all workers; by who calls `do`."""
        self.stop()
        self._end(self._run)
        for worker in self._workers:
            worker.close()

    def _answers(self, run: _Run) -> Iterator[tuple[Job, Any]]:
        """Begin to do what is waiting, and yield what becomes of it."""
        workers = self._workers[: max(1, len(run.jobs))]
        run.threads = [
            threading.Thread(target=self._work, args=(worker, run), daemon=True)
            for worker in workers
        ]
        for thread in run.threads:
            thread.start()
        n_at_work = len(run.threads)
        while n_at_work:
            answer = run.answers.get()
            if answer is None:
                n_at_work -= 1
            else:
                yield answer
        for thread in run.threads:
            thread.join()
        run.threads = []

    def _end(self, run: _Run) -> None:
        """See to it that no thread of a run speaks with a worker any more."""
        run.is_over = True
        run.jobs.clear()
        if not run.threads:
            return
        # What is under way nobody waits for: half an answer must not be taken for another's.
        for worker in self._workers:
            worker.kill()
        for thread in run.threads:
            thread.join()
        run.threads = []
        for worker in self._workers:
            worker.close()

    def _work(self, worker: Worker, run: _Run) -> None:
        try:
            while not (self._is_closed or run.is_over):
                self._may_work.wait()
                try:
                    job = run.jobs.popleft()
                except IndexError:
                    return
                answer: Any
                try:
                    answer = worker.ask(job)
                except WorkersUnusableError as error:
                    run.problem = error
                    run.jobs.append(job)
                    return
                except (WorkerDiedError, RuntimeError) as error:
                    answer = error
                if not self._is_closed:
                    run.answers.put((job, answer))
        finally:
            run.answers.put(None)


def serve() -> None:
    """Do jobs until there are no more."""
    # Parsers and tables are for this process; who asks does not load them.
    from ownstack.index.embedding.embedder import default_embedder
    from ownstack.index.update.tasks import perform
    from ownstack.terminal import LogFormatter

    handler = logging.StreamHandler()
    handler.setFormatter(LogFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    lower_priority(NICENESS)
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What libraries print must not stand between the answers.
    os.dup2(2, 1)
    answers.write(_READY)
    answers.flush()
    # Extraction makes many values and no rings of them: looking for rings takes a seventh of it.
    gc.freeze()
    gc.disable()
    embedder = None
    for number in itertools.count(1):
        if number % _JOBS_A_COLLECTION == 0:
            gc.collect()
        try:
            job = pickle.load(jobs)
        except EOFError:
            return
        try:
            if embedder is None and job.embedder:
                embedder = default_embedder()
            answer = perform(job, embedder)
        except Exception as error:
            log.exception("A job of the index failed.")
            answer = _Failure(repr(error))
        try:
            pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
            answers.flush()
        except BrokenPipeError:
            return


def _end_of(process: subprocess.Popen[bytes]) -> str:
    """Say how a process ended that closed its output."""
    try:
        status = process.wait(timeout=_LOOK_S)
    except subprocess.TimeoutExpired:
        return "one does not answer"
    return f"one was ended by signal {-status}" if status < 0 else f"one ended with status {status}"


def _processor_s(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _close(pipe: BinaryIO | Any) -> None:
    try:
        pipe.close()
    except OSError as error:
        log.debug("a pipe of a dead worker: %s", error)
