"""What steady keys say of a server, with one that a test holds in its hands."""

import asyncio
import math
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.editor import Asked
from benchmarks.typing import pace
from benchmarks.typing.pace import Chats, Jump, Paced
from benchmarks.typing.trace import Passage
from ownstack.app.chats.values import ChatTurn, ChatUsage
from ownstack.completion.suggestion import Trace

MODEL = "made"
OWN = Trace(source="model", model=MODEL, tier="model")
QUICK = Trace(source="model", model="built-in", tier="model")


class Server:
    """A window whose answers are known: one for each key, None for one that is never there."""

    def __init__(self, *answers: tuple[str, Trace] | None, better: int | None = None) -> None:
        """`better`: the key after which the server has something better."""
        self.typed: list[str] = []
        self.asked: list[int] = []
        self._answers = list(answers)
        self._better = better
        self._trace = Trace()

    def replace(self, text: str) -> None:
        self.typed.append(text)

    def edit(self, start: int, end: int, new: str) -> None:
        self.typed.append(new)

    def ask(self, offset: int) -> Asked:
        self.asked.append(offset)
        asked = Asked(0.0, "", asyncio.get_running_loop().create_future())
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            asked.text, self._trace = answer
            asked.answered_s = 0.01
            asked.future.set_result(None)
        return asked

    async def request(self, method: str, params: object) -> Trace:
        return self._trace

    async def heard_of_better(self, timeout_s: float) -> bool:
        return len(self.asked) == self._better


async def test_a_key_is_answered_in_pace_or_not() -> None:
    """What came of it is counted for those alone; what is shown is not accepted."""
    server, paced = Server(("x", OWN), None, ("", QUICK), ("y", QUICK)), Paced()

    await pace.type_steadily(server, Passage("a", "\nz", "1234"), 0.02, paced)  # type: ignore[arg-type]

    assert server.typed == ["a\nz", *"1234"]
    assert server.asked == [2, 3, 4, 5]
    assert (paced.keys, paced.in_pace) == (4, 75.0)
    assert paced.with_text == pytest.approx(200 / 3)
    assert paced.by(MODEL) == 50.0
    assert paced.first_line_ms() == [10.0, 10.0]


async def test_it_is_asked_again_for_what_is_better() -> None:
    """As an editor does while the text stands; that is no key."""
    server = Server(("x", QUICK), ("better", OWN), better=1)
    paced = Paced()

    await pace.type_steadily(server, Passage("a", "\nz", "1"), 0.15, paced)  # type: ignore[arg-type]

    assert server.asked == [2, 2]
    assert (paced.keys, paced.improved) == (1, 1)


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        (OWN, True),
        (QUICK, False),
        (Trace(source="echo", model=MODEL), False),
        (Trace(source="model", model=MODEL, tier="typed-through"), True),
    ],
)
def test_a_models_own_lines_are_told_from_others(trace: Trace, expected: bool) -> None:
    """By who made the text in the first place."""
    assert pace.written_by(trace, MODEL) == expected


def test_a_chat_that_no_model_reads_is_no_load() -> None:
    """Tier 1 answers at once; an answer that was stopped before it began was not read either."""
    chats = Chats()
    usage = ChatUsage(3_000, 2_900, 1, 9_000.0, 10.0)

    chats.note(ChatTurn(1, "", "?", 0.0, answer="It", finish="cancelled", usage=usage))
    chats.note(ChatTurn(1, "", "?", 0.0, finish="cancelled", usage=usage))
    chats.note(ChatTurn(1, "", "?", 0.0, answer="See …", finish="stop", tier="retrieval"))

    assert (chats.read, chats.tokens) == (1, 2_900)
    assert chats.failed == ["answered by retrieval"]
    assert pace.chat_figure(chats).passed is True
    assert pace.chat_figure(Chats(asked=3)).passed is False


def test_jumps_count_where_something_comes() -> None:
    """Any tier's is compared with 150 ms, the model's with 256 tokens read."""
    none = math.nan
    jumps = [Jump(100.0, 1_000.0), Jump(300.0, none), Jump(120.0, 900.0), Jump(none, none)]

    first, own = pace.jump_figures(jumps, 1_000.0)

    assert (first.measured, first.passed) == (120.0, True)
    assert (own.measured, own.passed) == (0.9, True)


class Floor:
    """Takes a millisecond for each token."""

    def answers_after(self, n_kept: int, each: list[tuple[int, int]]) -> list[float]:
        self.kept = n_kept
        return [float(new + written) for new, written in each]


async def test_warm_keys_are_compared_with_the_same_tokens() -> None:
    """Answers of several lines, and what was not asked anew, say nothing of a line."""

    def answer(text: str, ms: float, evaluated: int, written: int) -> tuple[Asked, Trace]:
        asked = Asked(0.0, "", asyncio.get_running_loop().create_future(), ms / 1e3, text=text)
        counts = {"prompt_tokens": 100 + evaluated, "evaluated_tokens": evaluated}
        return asked, Trace(source="model", model=MODEL, generated_tokens=written, **counts)

    floor = Floor()

    figure = pace.warm_figure(
        [answer("a", 12.0, 2, 8), answer("b\nc", 99.0, 2, 90), answer("d", 99.0, 0, 0)],
        floor,  # type: ignore[arg-type]
    )

    assert figure.measured == pytest.approx(1.2)
    assert floor.kept == 100
    assert figure.passed is False


def test_lines_come_from_all_files_for_ever(tmp_path: Path) -> None:
    """In turn, so that a short run sees each."""
    for name in "ab":
        lines = [f"{name}_{n} = compute_the_value_of({n}, with_more=True)\n" for n in range(9)]
        (tmp_path / name).write_text("".join(lines))

    found = list(islice(pace.lines_of([tmp_path / "a", tmp_path / "b"], seed=1), 8))

    assert [passage.text[0] for passage in found] == [*"aabbaabb"]
