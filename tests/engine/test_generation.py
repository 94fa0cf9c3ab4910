"""A running answer and those who wait for it."""

import asyncio

import pytest

from ownstack.engine.generation import Generation
from ownstack.engine.results import Finish, Generated, Usage
from ownstack.errors import EngineError


def ended(text: str) -> Generated:
    return Generated(text, Finish.END, Usage())


async def test_waiters_see_the_text_as_it_grows() -> None:
    """Two waiters with different wishes are each woken when theirs comes true."""
    generation = Generation()
    short = asyncio.create_task(generation.wait(lambda text: len(text) >= 1))
    long = asyncio.create_task(generation.wait(lambda text: "\n" in text))
    await asyncio.sleep(0)

    generation.push("ab")
    assert await short == "ab"
    assert not long.done()

    generation.push("\n")
    assert await long == "ab\n"


async def test_the_end_wakes_everybody() -> None:
    """A wish that did not come true ends with the text there is."""
    generation = Generation()
    waiting = asyncio.create_task(generation.wait(lambda text: "never" in text))
    await asyncio.sleep(0)

    generation.finish(ended("done"))

    assert await waiting == "done"
    assert (await generation.result()).text == "done"


async def test_a_waiter_that_leaves_does_not_stop_the_work() -> None:
    """Cancelling one request must not cost another one its answer."""
    generation = Generation()
    leaving = asyncio.create_task(generation.result())
    staying = asyncio.create_task(generation.result())
    await asyncio.sleep(0)

    leaving.cancel()
    generation.finish(ended("kept"))

    assert (await staying).text == "kept"
    with pytest.raises(asyncio.CancelledError):
        await leaving


async def test_a_failure_reaches_everybody() -> None:
    """The engine's error comes out of every wait, also of later ones."""
    generation = Generation()
    generation.fail(EngineError("llama_decode failed."))

    with pytest.raises(EngineError, match="llama_decode"):
        await generation.result()


async def test_cancel_tells_the_engine_once() -> None:
    """Asking twice, or after the end, changes nothing."""
    calls: list[int] = []
    generation = Generation(on_cancel=lambda: calls.append(1))

    generation.cancel()
    generation.cancel()
    generation.finish(Generated("part", Finish.CANCELLED, Usage()))
    generation.cancel()

    assert calls == [1]
    assert (await generation.result()).finish is Finish.CANCELLED


async def test_what_comes_after_the_end_is_ignored() -> None:
    """A late piece of a slow thread does not change a result."""
    generation = Generation()
    generation.finish(ended("final"))
    generation.push(" more")
    generation.fail(EngineError("late"))

    assert generation.text == "final"
    assert generation.error is None


async def test_iteration_yields_the_whole_text() -> None:
    """Late readers get everything from the beginning."""
    generation = Generation()
    generation.push("a")
    generation.push("b")
    pieces = asyncio.create_task(_collect(generation))
    await asyncio.sleep(0)
    generation.push("c")
    generation.finish(ended("abc"))

    assert "".join(await pieces) == "abc"


async def _collect(generation: Generation) -> list[str]:
    return [piece async for piece in generation]
