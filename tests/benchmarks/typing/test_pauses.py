"""What somebody sees who stops typing, with a server that a test holds in its hands."""

import asyncio
import time

import pytest

from benchmarks.editor import Asked
from benchmarks.typing import pauses
from benchmarks.typing.pauses import Seen, first_text


class Server:
    """A window whose answers are known, and that tells of something better after the others."""

    def __init__(self, *answers: str | None, better: int = 0) -> None:
        """None is an answer that is never there; `better`: so often there is something."""
        self._answers = list(answers)
        self._better = better

    def ask(self, offset: int) -> Asked:
        asked = Asked(time.perf_counter(), "", asyncio.get_running_loop().create_future())
        text = self._answers.pop(0)
        if text is not None:
            asked.text, asked.answered_s = text, asked.sent_s + 0.01
            asked.future.set_result(None)
        return asked

    async def heard_of_better(self, timeout_s: float) -> bool:
        self._better -= 1
        return self._better >= 0


@pytest.mark.parametrize(
    ("answers", "better", "comes"),
    [
        (["x"], 0, True),
        ([""], 0, False),
        ([None], 0, False),
        (["", "x"], 1, True),
        (["", "", "x"], 2, True),
        (["", ""], 1, False),
    ],
)
async def test_the_first_text(
    monkeypatch: pytest.MonkeyPatch, answers: list[str | None], better: int, comes: bool
) -> None:
    """That of the key, or of whatever is asked for again; no editor asks before its user rests."""
    monkeypatch.setattr(pauses, "QUIET_S", 0.02)
    server = Server(*answers, better=better)
    end = time.perf_counter() + (60.0 if comes else 0.2)
    began = time.perf_counter()

    found = await first_text(server, 3, server.ask(3), end)  # type: ignore[arg-type]

    assert (found is not None) is comes
    if found is not None:
        assert found - began >= 0.02 * better


def test_shares_are_of_all_pauses() -> None:
    """One without text counts as none within any time."""
    seen = Seen(keys=4, answered=3, with_text=1, improved=1, pauses_s=[0.05, 0.6, None, 1.4])

    answered, text, within, first = pauses._figures("a", seen)

    assert (answered.measured, text.measured, within.measured) == (75.0, 25.0, 50.0)
    assert within.detail["within 100 ms"] == 1
    assert first.measured == 600.0
