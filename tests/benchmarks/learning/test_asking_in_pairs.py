"""Every condition is asked at the same cursors, within the time, and nothing twice."""

from pathlib import Path

from benchmarks.infilling.answer_log import AnswerLog
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.systems import Proposal
from benchmarks.learning.asking import Answers, ask_all
from benchmarks.learning.conditions import Condition
from ownstack.document import Document

CONDITIONS = [Condition("plain", ()), Condition("generic", ()), Condition("both", ())]


def case(number: int, project: str = "one") -> Case:
    document = Document("file:///a.py", "a.py", "python", 1, "x = \n" * 40)
    return Case(project, "python", document, 4 + 5 * number, "1")


class Slow:
    """Takes ten seconds for each answer, by a clock of its own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.asked: list[tuple[int, str]] = []

    async def propose(self, case: Case, condition: Condition) -> Proposal:
        self.now += 10
        self.asked.append((case.offset, condition.name))
        return Proposal(condition.name)


async def run(slow: Slow, cases: list[Case], budget_s: float, log: AnswerLog | None) -> Answers:
    return await ask_all(
        slow,
        cases,
        {"one": CONDITIONS, "two": CONDITIONS[:1]},
        budget_s=budget_s,
        log=log,
        say=lambda text: None,
        clock=lambda: slow.now,
    )


async def test_no_cursor_is_begun_for_which_there_is_no_time() -> None:
    slow = Slow()
    answers = await run(slow, [case(number) for number in range(10)], 100, None)
    assert slow.now <= 100
    assert len(answers.cases) == 3
    assert answers.left == 7
    assert all(len(said) == 3 for said in answers.proposals)


async def test_each_condition_is_first_in_its_turn() -> None:
    slow = Slow()
    await run(slow, [case(number) for number in range(3)], 1000, None)
    assert [name for _, name in slow.asked[::3]] == ["plain", "generic", "both"]


async def test_a_project_is_asked_of_under_its_own_conditions() -> None:
    answers = await run(Slow(), [case(0, "two"), case(0)], 1000, None)
    assert [list(said) for said in answers.proposals] == [["plain"], ["plain", "generic", "both"]]


async def test_what_is_in_the_log_is_not_asked_again(tmp_path: Path) -> None:
    """Not even if there is no time left; a cursor that lacks one condition is asked that alone."""
    path, cases = tmp_path / "log.jsonl", [case(number) for number in range(4)]
    log = AnswerLog(path, {"model": "a"})
    log.add("plain", cases[2], Proposal("plain"))
    first = await run(Slow(), cases[:2], 1000, log)
    log.close()
    again, log = Slow(), AnswerLog(path, {"model": "a"})
    answers = await run(again, cases, 65, log)
    log.close()
    assert answers.proposals[:2] == first.proposals
    assert sorted(again.asked) == sorted(
        [(cases[2].offset, "generic"), (cases[2].offset, "both")]
        + [(cases[3].offset, item.name) for item in CONDITIONS]
    )
