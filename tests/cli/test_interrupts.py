"""Work in the terminal ends with who waits for it."""

import asyncio

import pytest

from ownstack.cli.interrupts import stoppable


async def test_work_ends_when_nobody_waits_for_it_any_more() -> None:
    ended: list[str] = []
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    waiting = asyncio.ensure_future(stoppable(work()))
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.sleep(0)

    assert ended == ["ended"]


async def test_work_that_ends_or_fails_by_itself() -> None:
    async def fail() -> None:
        raise ValueError("no")

    assert await stoppable(asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ValueError, match="no"):
        await stoppable(fail())
