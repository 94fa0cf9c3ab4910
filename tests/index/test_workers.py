"""Processes that may die without harm."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.index import workers
from ownstack.index.jobs import ReadText, TextRead
from ownstack.index.workers import Pool, Worker, WorkerDiedError, WorkersUnusableError

HANG = """
from ownstack.index import labour
real = labour.read_text
def read_text(job, embedder=None):
    while job.path == "hang.py":
        pass
    if job.path == "print.py":
        print("libraries print")
    if job.path == "fail.py":
        raise ValueError("no")
    return real(job, embedder)
labour.read_text = read_text
"""


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    """A real process in which some names mean trouble."""
    monkeypatch.setattr(workers, "_MAIN", HANG + workers._MAIN)
    worker = Worker()
    yield worker
    worker.close()


def test_a_job_and_its_answer(worker: Worker) -> None:
    """Whatever libraries print, and after a job that failed."""
    for path in ("a.py", "print.py"):
        answer = worker.ask(ReadText(path, "def listen(): pass\n"))
        assert isinstance(answer, TextRead)
        assert [one.path for one in answer.batch.documents] == [path]
    with pytest.raises(RuntimeError, match="no"):
        worker.ask(ReadText("fail.py", ""))
    assert isinstance(worker.ask(ReadText("a.py", "x = 1\n")), TextRead)


def test_a_job_that_takes_too_long_costs_the_worker(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next job has a new one."""
    worker.ask(ReadText("a.py", "x = 1\n"))
    monkeypatch.setattr(workers, "JOB_PROCESSOR_S", 0.02)
    monkeypatch.setattr(workers, "_LOOK_S", 0.01)
    with pytest.raises(WorkerDiedError):
        worker.ask(ReadText("hang.py", ""))
    assert "takes too long" in caplog.text

    monkeypatch.undo()
    assert isinstance(worker.ask(ReadText("a.py", "x = 1\n")), TextRead)


def test_workers_that_do_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are no file's fault: the work as a whole fails, at once."""
    monkeypatch.setattr(workers, "_MAIN", "raise SystemExit(3)")
    pool = Pool(1)

    with pytest.raises(WorkersUnusableError):
        list(pool.do([ReadText(f"{n}.py", "") for n in range(1_000)]))
    pool.close()


def test_a_pool_rests_and_goes_on() -> None:
    """No job begins in between; closing ends a rest."""
    pool = Pool(2)
    pool.pause()
    done: list[str] = []
    jobs = [ReadText(f"{n}.py", "x = 1\n") for n in range(4)]

    def work() -> None:
        done.extend(job.path for job, _ in pool.do(jobs) if isinstance(job, ReadText))

    thread = threading.Thread(target=work)
    thread.start()
    assert pool.is_paused
    assert done == []
    pool.resume()
    thread.join()
    assert sorted(done) == ["0.py", "1.py", "2.py", "3.py"]

    pool.pause()
    thread = threading.Thread(target=work)
    thread.start()
    pool.stop()
    thread.join()
    pool.close()
    assert len(done) == 4


def test_a_worker_ends_with_its_input(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """So it never outlives whoever started it, however that ended."""
    worker = Worker()
    worker.ask(ReadText("a.py", "x = 1\n"))
    process = worker._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()

    assert process.wait(timeout=60) == 0
    worker.close()
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
