"""Delays, time limits, tasks beside others, and threads that let others go first."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from ownstack.concurrency import LOWEST, Delay, Tasks, threads, within
from tests.support.completing import Timers

LONG_S = 60.0
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux")


def test_a_delay_is_put_off_by_each_start() -> None:
    """One call, counted from the last start."""
    timers, calls = Timers(), list[float]()
    delay = Delay(lambda: calls.append(timers.now), timers.later)

    delay.start(1.0)
    timers.advance(0.6)
    delay.start(1.0)
    timers.advance(0.6)

    assert (calls, delay.pending) == ([], True)
    timers.advance(5.0)
    assert (len(calls), delay.pending) == (1, False)


def test_a_delay_is_called_off_and_started_anew() -> None:
    """Nothing is called that was cancelled, twice or not."""
    timers, calls = Timers(), list[str]()
    delay = Delay(lambda: calls.append("called"), timers.later)

    delay.start(1.0)
    delay.cancel()
    delay.cancel()
    timers.advance(2.0)
    assert (calls, delay.pending) == ([], False)

    delay.start(1.0)
    timers.advance(2.0)
    assert calls == ["called"]


def test_a_call_may_start_its_own_delay() -> None:
    """As whoever looks again and again does."""
    timers, seen = Timers(), list[bool]()

    def look() -> None:
        seen.append(delay.pending)
        delay.start(1.0)

    delay = Delay(look, timers.later)
    delay.start(1.0)
    for _ in range(3):
        timers.advance(1.0)

    assert (seen, delay.pending) == ([False, False, False], True)


async def test_work_within_its_time() -> None:
    """Its result is there, or its error, for whoever asks."""

    async def work(fails: bool) -> str:
        await asyncio.sleep(0)
        if fails:
            raise ValueError("wrong")
        return "done"

    good, bad = await within(LONG_S, work(False)), await within(LONG_S, work(True))

    assert good is not None
    assert bad is not None
    assert good.result() == "done"
    with pytest.raises(ValueError, match="wrong"):
        bad.result()


async def test_late_work_is_given_up() -> None:
    """Also when nobody waits for it any more."""
    ended = list[str]()

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    late = await within(0.0, work("never begun"))
    assert late is None

    assert await within(0.001, work("late")) is None
    waiting = asyncio.ensure_future(within(LONG_S, work("left")))
    await asyncio.sleep(0.001)
    waiting.cancel()
    await asyncio.wait({waiting})
    await asyncio.sleep(0)

    assert ended[-2:] == ["late", "left"]


async def test_newer_work_takes_the_place_of_older() -> None:
    """Of the same name; work without one stands beside all other."""
    tasks, ended = Tasks("Looking"), list[str]()

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append(name)
            raise

    tasks.start(work("a file"), "file")
    tasks.start(work("alone"))
    await asyncio.sleep(0)
    newer = tasks.start(work("the file again"), "file")
    await asyncio.sleep(0)

    assert ended == ["a file"]
    assert tasks.get("file") is newer
    assert len(tasks.running) == 2
    tasks.cancel()
    await tasks.ended()
    assert sorted(ended) == ["a file", "alone", "the file again"]
    assert (tasks.running, tasks.get("file")) == ((), None)


async def test_work_that_is_begun_by_other_work_is_waited_for() -> None:
    """A close leaves nothing behind."""
    tasks, ended = Tasks("Closing"), list[str]()

    async def second() -> None:
        ended.append("second")

    async def first() -> None:
        await asyncio.sleep(0)
        tasks.start(second())

    tasks.start(first())
    await tasks.ended()

    assert ended == ["second"]


async def test_work_that_fails_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody else would hear of it."""
    tasks = Tasks("Reading other files")

    async def fail() -> None:
        raise OSError("no such drive")

    tasks.start(fail())
    await tasks.ended()

    assert "Reading other files failed" in caplog.text
    assert "no such drive" in caplog.text


@ON_LINUX
def test_threads_that_let_others_go_first() -> None:
    """Only they: the thread that made them keeps its priority."""

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    mine = priority()
    with threads("low", niceness=3) as low, threads("plain") as plain:
        found = low.submit(priority).result(), plain.submit(priority).result(), priority()
        name = low.submit(lambda: threading.current_thread().name).result()

    assert found == (min(mine + 3, LOWEST), mine, mine)
    assert name.startswith("low")


@pytest.mark.skipif(sys.platform == "win32", reason="no such priorities")
@pytest.mark.process
def test_a_process_lets_others_go_first() -> None:
    """However low its priority is already."""
    code = (
        "import os\n"
        "from ownstack.concurrency import lower_priority\n"
        "lower_priority(4); print(os.getpriority(os.PRIO_PROCESS, 0))\n"
        "lower_priority(40); print(os.getpriority(os.PRIO_PROCESS, 0))\n"
    )
    mine = os.getpriority(os.PRIO_PROCESS, 0)

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.split() == [str(min(mine + 4, LOWEST)), str(LOWEST)]
