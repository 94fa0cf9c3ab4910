"""What a model wants to do waits for a person's word, and nothing else is one."""

import asyncio

import pytest

from ownstack.app.chats.approvals import MAX_DETAIL_CHARS, MAX_TITLE_CHARS, Approvals
from ownstack.chat.tools.tool import Answer, Approval
from ownstack.errors import UsageError


class Windows:
    """Counts what they are told."""

    def __init__(self, are_there: bool = True) -> None:
        self.are_there = are_there
        self.told: list[int] = []
        self.approvals = Approvals(lambda: self.are_there, self._changed)

    def _changed(self) -> None:
        self.told.append(len(self.approvals.waiting))

    def ask(self, title: str = "t", detail: str = "d", **more: bool) -> asyncio.Task[Answer]:
        return asyncio.ensure_future(self.approvals.ask(3, Approval(title, detail, **more)))


async def test_the_first_word_counts() -> None:
    windows = Windows()
    asked = windows.ask(can_be_always=True)
    await asyncio.sleep(0)
    [waiting] = windows.approvals.waiting

    windows.approvals.answer(waiting.id, "always")

    assert await asked == "always"
    assert (waiting.turn, windows.told) == (3, [1, 0])
    with pytest.raises(UsageError, match="any more"):
        windows.approvals.answer(waiting.id, "no")


async def test_always_is_once_where_it_may_not_be() -> None:
    windows = Windows()
    asked = windows.ask()
    await asyncio.sleep(0)

    windows.approvals.answer(windows.approvals.waiting[0].id, "always")

    assert await asked == "once"


async def test_nobody_there_is_a_no() -> None:
    """Neither when it is asked, nor later."""
    alone = Windows(are_there=False)
    assert await alone.ask() == "no"
    assert alone.told == []
    left = Windows()
    asked = [left.ask(), left.ask()]
    await asyncio.sleep(0)
    left.approvals.refuse()
    assert await asyncio.gather(*asked) == ["no", "no"]
    assert left.approvals.waiting == []


async def test_a_wait_that_is_given_up_asks_no_more() -> None:
    windows = Windows()
    asked = windows.ask()
    await asyncio.sleep(0)

    asked.cancel()
    await asyncio.wait({asked})

    assert windows.approvals.waiting == []
    assert windows.told == [1, 0]


@pytest.mark.parametrize("ends", ["refuse", "answer"])
async def test_a_word_at_the_moment_of_a_stop(ends: str) -> None:
    """It comes too late: nothing breaks, and windows are told that nothing waits."""
    windows = Windows()
    asked = windows.ask()
    await asyncio.sleep(0)
    [waiting] = windows.approvals.waiting

    asked.cancel()
    if ends == "refuse":
        windows.approvals.refuse()
    else:
        with pytest.raises(UsageError, match="any more"):
            windows.approvals.answer(waiting.id, "once")
    await asyncio.wait({asked})

    assert asked.cancelled()
    assert windows.told == [1, 0]


async def test_what_is_asked_is_bounded_and_acts_on_nothing() -> None:
    """A command may hold lines, but no escape sequences."""
    windows = Windows()
    asked = windows.ask("evil\x1b[2J\nAllow? " * 99, "touch ran\n\x1b]0;x\x07" + "x" * 9_999)
    await asyncio.sleep(0)
    [waiting] = windows.approvals.waiting
    windows.approvals.refuse()
    await asked

    assert len(waiting.title) <= MAX_TITLE_CHARS
    assert len(waiting.detail) <= MAX_DETAIL_CHARS
    assert "\n" not in waiting.title
    assert waiting.detail.startswith("touch ran\n\\x1b]0;x")
    assert "\x1b" not in waiting.title + waiting.detail
