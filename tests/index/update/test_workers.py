"""Processes that may die without harm."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.index.update import workers
from ownstack.index.update.jobs import Job, ReadText, TextRead
from ownstack.index.update.workers import Pool, Worker, WorkerDiedError, WorkersUnusableError

pytestmark = pytest.mark.process

HANG = """
from ownstack.index.update import tasks
real = tasks.read_text
def read_text(job, embedder=None):
    while job.path == "hang.py":
        pass
    if job.path == "print.py":
        print("libraries print")
    if job.path == "fail.py":
        raise ValueError("no")
    return real(job, embedder)
tasks.read_text = read_text
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
        assert [document.path for document in answer.batch.documents] == [path]
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

    with pytest.raises(WorkersUnusableError, match=r"do not start \(one ended with status 3"):
        list(pool.do([ReadText(f"{n}.py", "") for n in range(1_000)]))
    pool.close()


def test_a_machine_that_makes_no_process_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is said, and the same pool works as soon as there are processes again."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    pool = Pool(2)
    with monkeypatch.context() as patched:
        patched.setattr(workers.subprocess, "Popen", refuse)  # type: ignore[attr-defined]
        pool.warm()
        with pytest.raises(WorkersUnusableError, match="Resource temporarily unavailable"):
            list(pool.do([ReadText("a.py", "x = 1\n"), ReadText("b.py", "x = 1\n")]))

    answers = [answer for _, answer in pool.do([ReadText("a.py", "x = 1\n")])]
    pool.close()
    assert [type(answer) for answer in answers] == [TextRead]


def test_a_worker_that_does_not_start_leaves_its_jobs_to_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No job is lost."""
    pool = Pool(2)

    def refuse(_: Job) -> None:
        raise WorkersUnusableError("no")

    monkeypatch.setattr(pool._workers[1], "ask", refuse)
    jobs = [ReadText(f"{n}.py", "x = 1\n") for n in range(6)]
    done = [(job, type(answer)) for job, answer in pool.do(jobs)]
    pool.close()

    assert {kind for _, kind in done} == {TextRead}
    assert sorted(job.path for job, _ in done if isinstance(job, ReadText)) == [
        f"{n}.py" for n in range(6)
    ]


def test_work_that_nobody_waits_for_does_not_disturb_the_next() -> None:
    """An error in who takes the answers leaves jobs at work; answers are not mixed up after it."""
    pool = Pool(2)
    errors = []
    for turn in range(5):
        abandoned = pool.do([ReadText(f"{turn}-{n}.py", "x = 1\n" * 400) for n in range(20)])
        next(abandoned)
        # As long as somebody holds the error's traceback, the generator is not closed.
        errors.append(abandoned)

        jobs = [ReadText(f"{n}.py", "x = 1\n") for n in range(4)]
        done = {
            job.path: answer.batch.documents[0].path
            for job, answer in pool.do(jobs)
            if isinstance(job, ReadText)
        }
        assert done == {f"{n}.py": f"{n}.py" for n in range(4)}
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
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
