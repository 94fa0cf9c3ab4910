"""One prompt asked without drafts and with every kind of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.index import Index
from benchmarks.infilling.networks import place_before, request_at
from benchmarks.infilling.sources import ProjectFiles
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.echo import Echo
from ownstack.completion.place import Place
from ownstack.completion.sources.echo import drafts
from ownstack.engine.llama.decoding.loop import Choice, Greedy, Logits
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.requests import InfillRequest
from ownstack.engine.results import Generated

NONE, ECHO, OWN, WRONG = "none", "echo", "own answer", "wrong"
KINDS = (ECHO, OWN, WRONG)
_KEPT_CHARS = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an answer left the one without drafts."""

    kind: str
    project: str
    expected: str
    found: str
    gap: float
    """Between the two largest logits where the tokens part, without drafts; NaN if they no
    longer do when asked again."""


@dataclass
class Answers:
    """What one model said at all cursors."""

    model: str
    order: str
    parameters: int
    by_kind: dict[str, list[Generated]] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


async def ask_all(
    engine: LlamaEngine,
    cases: Sequence[Case],
    projects: Mapping[str, ProjectFiles],
    home: Path,
    say: Callable[[str], None],
) -> Answers:
    """Ask at every cursor, project by project."""
    able = engine.capabilities
    answers = Answers(able.model, able.infill_order, able.parameters)
    before = ""
    for project in projects.values():
        mine = [case for case in cases if case.project == project.name]
        index = await Index.of(project.root, home / able.model / project.name.replace("/", "__"))
        try:
            for case in mine:
                before = await _ask(engine, case, index.echo(), before, answers)
        finally:
            index.close()
        say(f"{able.model}: {project.name}, {len(mine)} cursors")
    return answers


async def _ask(engine: LlamaEngine, case: Case, echo: Echo, before: str, answers: Answers) -> str:
    """Ask at one cursor; return what was said without drafts."""
    windows, counts = Windows(), TokenCounts(engine.count)
    warm = replace(request_at(place_before(case), windows, counts), max_tokens=1)
    await engine.infill(warm).result()
    request = request_at(Place(case.document, case.offset), windows, counts)
    await engine.infill(replace(request, max_tokens=1)).result()
    plain = await engine.infill(request).result()
    _, examined = echo.consider(case.document, case.offset, [])
    proposals = {
        NONE: (),
        ECHO: drafts(examined),
        OWN: (plain.text,),
        WRONG: (plain.text[:_KEPT_CHARS] + before,),
    }
    turn = case.number % len(proposals)
    kinds = [*proposals][turn:] + [*proposals][:turn]
    for kind in kinds:
        asked = replace(request, drafts=proposals[kind])
        result = await engine.infill(asked).result()
        answers.by_kind.setdefault(kind, []).append(result)
        if not same(result, plain):
            gap = await _gap(engine, request, asked)
            answers.differences.append(Difference(kind, case.project, plain.text, result.text, gap))
    return plain.text


def same(a: Generated, b: Generated) -> bool:
    return (a.text, a.finish, a.usage.generated_tokens) == (
        b.text,
        b.finish,
        b.usage.generated_tokens,
    )


async def _gap(engine: LlamaEngine, plain: InfillRequest, drafted: InfillRequest) -> float:
    """Ask both again and look at the logits where their tokens part."""
    with _watched() as expected:
        await engine.infill(plain).result()
    with _watched() as found:
        await engine.infill(drafted).result()
    parted = (gap for (a, gap), (b, _) in zip(expected, found, strict=False) if a != b)
    return next(parted, float("nan"))


@contextmanager
def _watched() -> Iterator[list[tuple[int, float]]]:
    """Write down each token that is chosen, and by how much its logit is the largest."""
    seen: list[tuple[int, float]] = []
    choose = Greedy.choose

    def watch(self: Greedy, logits: Logits) -> Choice:
        second, first = sorted(logits)[-2:]
        choice = choose(self, logits)
        seen.append((choice.token, float(first - second)))
        return choice

    Greedy.choose = watch  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        Greedy.choose = choose  # type: ignore[method-assign]
