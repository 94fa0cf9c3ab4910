"""The native thread: what goes first, who makes way, and that everybody hears of their end."""

import threading
from collections.abc import Iterator

import pytest

from ownstack.engine.llama import scheduler
from ownstack.engine.llama.scheduler import Job, NativeThread, Steps
from ownstack.engine.requests import Priority
from ownstack.errors import EngineClosedError, EngineError

WAIT_S = 20.0


@pytest.fixture
def native() -> Iterator[NativeThread]:
    thread = NativeThread()
    yield thread
    thread.close()


class Gate:
    """A job that stops in the middle of its first step until it is let go on."""

    def __init__(self, native: NativeThread, priority: Priority, log: list[str], name: str) -> None:
        self.native = native
        self.inside, self.open, self.ended = (threading.Event() for _ in range(3))
        self.errors: list[BaseException] = []
        self.aborted = False
        self.cancelled = False
        self.log, self.name = log, name
        self.job = Job(self.steps, priority, self.failed, owner="gates")
        native.submit(self.job)

    def failed(self, error: BaseException) -> None:
        self.errors.append(error)
        self.ended.set()

    def steps(self, job: Job) -> Steps:
        self.inside.set()
        assert self.open.wait(WAIT_S)
        self.aborted = self.native.flag.is_set()
        yield not self.aborted
        self.cancelled = job.cancelled
        self.log.append(self.name)
        self.ended.set()


@pytest.mark.parametrize(
    ("worse", "better"),
    [(Priority.CHAT, Priority.COMPLETION), (Priority.COMPLETION, Priority.INSTANT)],
)
def test_better_jobs_interrupt_and_go_first(
    native: NativeThread, worse: Priority, better: Priority
) -> None:
    """The flag stops what runs; what was interrupted goes on afterwards."""
    log: list[str] = []
    first = Gate(native, worse, log, "worse")
    assert first.inside.wait(WAIT_S)
    second = Gate(native, better, log, "better")
    second.open.set()

    first.open.set()

    assert first.ended.wait(WAIT_S)
    assert log == ["better", "worse"]
    assert first.aborted
    assert native.aborts == 1


def test_equals_and_lesser_jobs_wait(native: NativeThread) -> None:
    """First come, first served among equals; nothing is interrupted for them."""
    log: list[str] = []
    gates = [Gate(native, Priority.CHAT, log, "1")]
    assert gates[0].inside.wait(WAIT_S)
    gates += [
        Gate(native, priority, log, name)
        for name, priority in (
            ("4", Priority.BACKGROUND),
            ("2", Priority.CHAT),
            ("3", Priority.CHAT),
        )
    ]
    for gate in gates:
        gate.open.set()

    assert all(gate.ended.wait(WAIT_S) for gate in gates)
    assert log == ["1", "2", "3", "4"]
    assert not any(gate.aborted for gate in gates)


def test_cancel_stops_the_running_job(native: NativeThread) -> None:
    """It learns of it after its step, and ends by itself."""
    gate = Gate(native, Priority.COMPLETION, [], "a")
    assert gate.inside.wait(WAIT_S)

    native.cancel(gate.job)
    gate.open.set()

    assert gate.ended.wait(WAIT_S)
    assert (gate.aborted, gate.cancelled, gate.errors) == (True, True, [])


def test_the_flag_does_not_outlive_its_reason(native: NativeThread) -> None:
    """A better job that is dropped again leaves no flag behind that would stop every step."""
    log: list[str] = []
    chat = Gate(native, Priority.CHAT, log, "chat")
    assert chat.inside.wait(WAIT_S)
    owner = object()
    dropped: list[BaseException] = []
    native.submit(Job(lambda _job: iter(()), Priority.COMPLETION, dropped.append, owner))  # type: ignore[arg-type, return-value]

    native.drop(owner, EngineError("gone"))
    chat.open.set()

    assert chat.ended.wait(WAIT_S)
    assert [str(error) for error in dropped] == ["gone"]
    assert not native.call(lambda: native.flag.is_set()).result(WAIT_S)


def test_a_starved_chat_gets_a_step_that_nobody_stops(
    native: NativeThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a second without progress it goes before better jobs, once."""
    monkeypatch.setattr(scheduler, "SHARE_S", 0.0)
    log: list[str] = []
    first = Gate(native, Priority.COMPLETION, log, "key 1")
    assert first.inside.wait(WAIT_S)
    chat = Gate(native, Priority.CHAT, log, "chat")
    first.open.set()
    assert chat.inside.wait(WAIT_S)
    assert chat.job.protected

    second = Gate(native, Priority.COMPLETION, log, "key 2")
    second.open.set()
    chat.open.set()

    assert chat.ended.wait(WAIT_S)
    assert not chat.aborted


def test_background_work_has_no_share(native: NativeThread) -> None:
    """What nobody waits for may starve."""
    job = Job(lambda _job: iter(()), Priority.BACKGROUND, lambda _error: None)  # type: ignore[arg-type, return-value]

    assert not job.starved(job.submitted_s + 1e6)


def test_an_exception_fails_its_job_only(native: NativeThread) -> None:
    """The thread goes on with the next."""

    def broken() -> None:
        raise EngineError("no luck")

    with pytest.raises(EngineError, match="no luck"):
        native.call(broken).result(WAIT_S)
    assert native.call(lambda: 42).result(WAIT_S) == 42


def test_an_exception_in_telling_of_one_is_survived(native: NativeThread) -> None:
    """A listener that fails does not end the thread."""

    def work(_job: Job) -> Steps:
        raise EngineError("first")
        yield True

    def deaf(_error: BaseException) -> None:
        raise ValueError("second")

    native.submit(Job(work, Priority.COMPLETION, deaf))

    assert native.call(lambda: 42).result(WAIT_S) == 42


def test_close_fails_what_waits_and_what_runs() -> None:
    """Nobody waits for ever; later jobs are refused at once."""
    native = NativeThread()
    log: list[str] = []
    running = Gate(native, Priority.CHAT, log, "running")
    assert running.inside.wait(WAIT_S)
    waiting = Gate(native, Priority.CHAT, log, "waiting")
    closing = threading.Thread(target=native.close)
    closing.start()
    while not native.flag.is_set():
        assert closing.is_alive()
    running.open.set()
    closing.join(WAIT_S)

    with pytest.raises(EngineClosedError):
        native.call(lambda: None).result(WAIT_S)
    assert [EngineClosedError] * 2 == [type(g.errors[0]) for g in (running, waiting)]
    native.close()


def test_drop_fails_the_running_job_of_an_owner(native: NativeThread) -> None:
    """An engine that closes takes its work along, and nobody else's."""
    gate = Gate(native, Priority.CHAT, [], "a")
    assert gate.inside.wait(WAIT_S)

    native.drop("gates", EngineClosedError("closed"))
    gate.open.set()

    assert gate.ended.wait(WAIT_S)
    assert [str(error) for error in gate.errors] == ["closed"]


def test_a_closed_loop_is_tolerated() -> None:
    """An answer for a window that has gone is dropped."""

    class ClosedLoop:
        def call_soon_threadsafe(self, *_arguments: object) -> None:
            raise RuntimeError("Event loop is closed")

    scheduler.post(ClosedLoop(), print, "nobody")
