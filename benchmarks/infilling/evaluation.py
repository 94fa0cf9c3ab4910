"""Asking every system at every cursor, and what came of it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from benchmarks.infilling.answer_log import AnswerLog
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.measures import exact, similarity
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.infilling.systems import Proposal, System

ECHO, NETWORK, MIXTURE = "echo", "network", "mixture"
ORACLE = "echo or network (oracle)"
PROGRESS_EVERY = 100


@dataclass
class Results:
    """Every system's proposals, in the order of the cases."""

    cases: list[Case]
    proposals: dict[str, list[Proposal]] = field(default_factory=dict)
    memory_mib: dict[str, float] = field(default_factory=dict)
    """What the process grew by while a system worked; the weights of a network are in it."""
    enter_s: dict[str, dict[str, float]] = field(default_factory=dict)
    """System → project → seconds to get ready for it."""
    index_bytes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Project → bytes of echo's index on disk, bytes of the text in it."""
    skipped: dict[str, str] = field(default_factory=dict)
    """System or project → why it is not there."""

    def right(self, system: str, indices: Sequence[int]) -> list[bool]:
        answers = self.proposals[system]
        return [exact(answers[i].text, self.cases[i].truth) for i in indices]

    def right_as_shown(self, system: str, indices: Sequence[int]) -> list[bool]:
        """Return whether what a user sees without asking is right: of a part, as far as it goes."""
        answers, right = self.proposals[system], self.right(system, indices)
        return [
            self.cases[i].truth.startswith(answers[i].part) if answers[i].part else exactly
            for i, exactly in zip(indices, right, strict=True)
        ]


async def ask(
    system: System,
    results: Results,
    projects: Mapping[str, ProjectFiles],
    clock: Callable[[], float],
    say: Callable[[str], None],
    log: AnswerLog | None = None,
) -> None:
    """Ask one system everywhere, project by project; put the answers into `results`.

    What is in the `log` is not asked again, and each other answer is added to it.
    """
    gc.collect()
    before = psutil.Process().memory_info().rss
    answers: list[Proposal] = []
    entered: str | None = None
    for number, case in enumerate(results.cases):
        known = log.get(system.name, case) if log else None
        if known is not None:
            answers.append(known)
            continue
        project = projects.get(case.project)
        name = project.name if project else ""
        if entered != name:
            started = clock()
            await system.enter(project)
            results.enter_s.setdefault(system.name, {})[name] = clock() - started
            entered = name
        answers.append(await system.propose(case))
        if log:
            log.add(system.name, case, answers[-1])
        if (number + 1) % PROGRESS_EVERY == 0:
            say(f"{system.name}: {number + 1} of {len(results.cases)}")
    grown = (psutil.Process().memory_info().rss - before) / 2**20
    results.proposals[system.name] = answers
    results.memory_mib[system.name] = results.memory_mib.get(system.name, 0.0) + grown
    exactly = sum(results.right(system.name, range(len(answers))))
    say(f"{system.name}: {exactly} of {len(answers)} exact, twins included")


def add_oracle(results: Results) -> None:
    """Add the better one of echo and the network at each cursor: what a mixture could gain."""
    if not {ECHO, NETWORK} <= results.proposals.keys():
        return
    pairs = zip(results.proposals[ECHO], results.proposals[NETWORK], strict=True)
    results.proposals[ORACLE] = [
        Proposal(better(echo.text, network.text, case.truth))
        for case, (echo, network) in zip(results.cases, pairs, strict=True)
    ]


def better(first: str, second: str, truth: str) -> str:
    """Return the text that is nearer to the truth, the first of equals."""
    if exact(first, truth) or exact(second, truth):
        return first if exact(first, truth) else second
    return second if similarity(second, truth) > similarity(first, truth) else first
