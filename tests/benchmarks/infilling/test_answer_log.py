"""A run that is stopped and gone on with asks nothing twice."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.infilling.answer_log import AnswerLog, LogError
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.evaluation import Results, ask
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.systems import Proposal
from ownstack.document import Document

ABOUT = {"model": "made.gguf", "threads": 2}


def case(offset: int = 2, project: str = "one") -> Case:
    document = Document("file:///a.py", "a.py", "python", 1, "x = \ny = 2\n")
    return Case(project, "python", document, offset, "1")


class Counting:
    """Answers with the number of the answer."""

    name = "counting"

    def __init__(self, limit: int = 100) -> None:
        self.entered: list[str | None] = []
        self.said = 0
        self._limit = limit

    async def enter(self, project: ProjectFiles | None) -> None:
        self.entered.append(project and project.name)

    async def propose(self, case: Case) -> Proposal:
        if self.said == self._limit:
            raise RuntimeError("stopped")
        self.said += 1
        return Proposal(str(self.said), 0.5, 1.5, 2.5, shown=False, prompt_tokens=7)

    async def close(self) -> None:
        """Holds nothing."""


async def run(system: Counting, cases: list[Case], path: Path) -> list[Proposal]:
    results, log = Results(cases), AnswerLog(path, ABOUT)
    projects = {name: ProjectFiles(name, "python", path.parent, {}) for name in ("one", "two")}
    try:
        await ask(system, results, projects, time.perf_counter, lambda text: None, log)
    finally:
        log.close()
    return results.proposals[system.name]


async def test_what_was_answered_is_not_asked_again(tmp_path: Path) -> None:
    """Nor is a project entered in which nothing is left to ask."""
    path = tmp_path / "log.jsonl"
    cases = [case(1), case(2), case(1, "two"), case(2, "two")]
    with pytest.raises(RuntimeError, match="stopped"):
        await run(Counting(limit=3), cases, path)

    system = Counting()
    answers = await run(system, cases, path)

    assert [answer.text for answer in answers] == ["1", "2", "3", "1"]
    assert system.entered == ["two"]
    assert answers[0] == Proposal("1", 0.5, 1.5, 2.5, shown=False, prompt_tokens=7)
    assert len(path.read_text("utf-8").splitlines()) == 1 + 4


async def test_more_may_be_asked_later(tmp_path: Path) -> None:
    """A cursor is known by its place, whatever stands beside it in a run."""
    path = tmp_path / "log.jsonl"
    await run(Counting(), [case(2)], path)

    answers = await run(Counting(), [case(1), replace(case(2), number=1)], path)

    assert [answer.text for answer in answers] == ["1", "1"]
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert [(line["offset"], line["exact"]) for line in lines[1:]] == [(2, True), (1, True)]


async def test_a_line_that_was_cut_off_is_asked_again(tmp_path: Path) -> None:
    """Whoever is killed may be killed while it writes."""
    path = tmp_path / "log.jsonl"
    await run(Counting(), [case(1), case(2)], path)
    path.write_bytes(path.read_bytes()[:-5])

    assert [answer.text for answer in await run(Counting(), [case(1), case(2)], path)] == ["1", "1"]
    assert all(json.loads(line) for line in path.read_text("utf-8").splitlines())


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('{"model": "other.gguf"}\n', "is about .*other"),
        ("something of the user's", "no log of answers"),
        ("[]\n", "no log of answers"),
        (json.dumps(ABOUT) + '\n{"system": "x"}\n', "an answer without 'project'"),
    ],
)
def test_another_file_is_left_as_it_is(tmp_path: Path, content: str, why: str) -> None:
    """Answers of two models in one file would say nothing."""
    path = tmp_path / "log.jsonl"
    path.write_text(content)

    with pytest.raises(LogError, match=why):
        AnswerLog(path, ABOUT)

    assert path.read_text() == content
