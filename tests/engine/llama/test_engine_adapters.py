"""Adapters as an engine serves with them: by project and role, and never mixed up."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest, Surroundings
from ownstack.engine.results import Generated, Usage
from ownstack.models.roles import Role
from tests.support.adapters import make_adapter
from tests.support.native import CODE, model_file, opened

pytestmark = pytest.mark.native

INFILL = InfillRequest(CODE[:200], CODE[200:], max_tokens=8, max_lines=4)
SCORE = ScoreRequest(CODE[:200], CODE[200:], candidates=("count", "line.x"), alternatives=2)
TALK = ChatRequest((Message.of("user", CODE * 2),), conversation="talk", max_tokens=8)


class Chosen:
    """A choice that can be changed while an engine runs, as a store's is."""

    def __init__(self, by_project: dict[str, tuple[Adapter, ...]]) -> None:
        self.by_project = by_project
        self.asked: list[tuple[Role, str]] = []

    def __call__(self, role: Role, project: str) -> tuple[Adapter, ...]:
        self.asked.append((role, project))
        return self.by_project.get(project, ())


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("probe")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, probed: Path) -> Path:
    """A cache of the test's own, in which models need no probing after the first test."""
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / "probe").symlink_to(probed)
    return folder


@pytest.fixture(scope="module", params=["psm", "spm"])
def order(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chosen(tmp_path: Path, order: str) -> Chosen:
    """Projects "a" and "b", each on top of one that serves everywhere, and "zero"."""
    base = model_file(order)
    # With `lora_b` in float32 they compute the same once they are folded, to the last digits.
    made = [
        Adapter(
            make_adapter(
                tmp_path / f"{name}.gguf", base, seed=seed, strength=strength, b_dtype=np.float32
            ),
            name,
        )
        for name, seed, strength in (("all", 1, 0.5), ("A", 2, 0.5), ("B", 3, 0.5), ("zero", 4, 0))
    ]
    every, a, b, zero = made
    return Chosen({"a": (every, a), "b": (every, b), "zero": (zero,), "all": (every,)})


async def infilled(engine: LlamaEngine, project: str, more: str = "") -> Generated:
    request = dataclasses.replace(INFILL, project=project, prefix=INFILL.prefix + more)
    return await engine.infill(request).result()


async def scored(engine: LlamaEngine, project: str) -> Generated:
    return await engine.score(dataclasses.replace(SCORE, project=project)).result()


async def said(
    engine: LlamaEngine, project: str, *, conversation: str = "talk", more: str = ""
) -> tuple[str, Usage]:
    messages = (*TALK.messages, *([Message.of("user", more)] if more else []))
    request = dataclasses.replace(
        TALK, messages=messages, project=project, conversation=conversation
    )
    answer = await engine.chat(request).result()
    return answer.message.text, answer.usage


def lines(result: Generated) -> dict[str, float]:
    return {line.text: round(line.logprob, 3) for line in result.scored}


async def test_who_answered_is_told(cache: Path, order: str, chosen: Chosen) -> None:
    """By names, the most general first; a project without any is answered by the model alone."""
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        with_two = await infilled(engine, "a")
        scores = await scored(engine, "b")
        none = await infilled(engine, "elsewhere")
        _, usage = await said(engine, "a")

    assert with_two.usage.adapters == ("all", "A")
    assert scores.usage.adapters == ("all", "B")
    assert none.usage.adapters == ()
    assert usage.adapters == ("all", "A")
    assert ("completion", "a") in chosen.asked
    assert ("chat", "a") in chosen.asked


async def test_zeros_change_nothing(cache: Path, order: str, chosen: Chosen) -> None:
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        plain, zero = await infilled(engine, ""), await infilled(engine, "zero")
        scores = await scored(engine, ""), await scored(engine, "zero")

    assert (zero.text, zero.mean_logprob) == (plain.text, plain.mean_logprob)
    assert lines(scores[0]) == lines(scores[1])


async def test_turns_of_several_projects(cache: Path, order: str, chosen: Chosen) -> None:
    """What each answers is what it answers on a fresh engine, whoever answered before."""
    fresh: dict[str, tuple[Generated, Generated, str]] = {}
    for project in ("a", "b", "all", ""):
        async with opened(model_file(order), cache, adapters=chosen) as engine:
            fresh[project] = (
                await infilled(engine, project),
                await scored(engine, project),
                (await said(engine, project, conversation=f"fresh {project}"))[0],
            )
    assert len({answer.mean_logprob for answer, _, _ in fresh.values()}) == 4

    async with opened(model_file(order), cache, adapters=chosen) as engine:
        for project in ("a", "b", "a", "", "b", "all", "a", ""):
            answer, scores = await infilled(engine, project), await scored(engine, project)
            text, _ = await said(engine, project)
            expected = fresh[project]

            assert answer.text == expected[0].text
            assert answer.mean_logprob == pytest.approx(expected[0].mean_logprob, abs=1e-3)
            assert lines(scores) == pytest.approx(lines(expected[1]), abs=0.01)
            assert text == expected[2]


async def test_at_the_same_time(cache: Path, order: str, chosen: Chosen) -> None:
    """Two windows that ask at once, a chat beneath, each with its own."""
    projects = ("a", "b", "", "a", "b")
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        expected = {project: (await infilled(engine, project)).text for project in projects}
        words = {
            project: (await said(engine, project, conversation=f"alone {project}"))[0]
            for project in ("a", "b")
        }

    async with opened(model_file(order), cache, adapters=chosen) as engine:
        talks = [
            asyncio.create_task(said(engine, project, conversation=project))
            for project in ("a", "b")
        ]
        answers = await asyncio.gather(*(infilled(engine, project) for project in projects))
        spoken = [text for text, _ in await asyncio.gather(*talks)]

    assert [answer.text for answer in answers] == [expected[project] for project in projects]
    assert spoken == [words["a"], words["b"]]


async def test_typing_on_is_cheap_in_two_projects(cache: Path, order: str, chosen: Chosen) -> None:
    """Each keeps what it has read: another project's keys do not take it away."""
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        for project in ("a", "b"):
            await infilled(engine, project)
        typed = [await infilled(engine, project, "x") for project in ("a", "b", "a")]

    assert all(answer.usage.evaluated_tokens < 16 for answer in typed)


async def test_more_text_is_read_with_the_same(cache: Path, chosen: Chosen, order: str) -> None:
    """A wider prompt is taken where little of it is left to read, with these adapters."""
    wide = Surroundings(CODE + INFILL.prefix, INFILL.suffix)
    request = dataclasses.replace(INFILL, project="a", wider=(wide,))
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        await engine.infill(dataclasses.replace(request, wider=())).result()
        answer = await engine.infill(request).result()

    assert answer.usage.adapters == ("all", "A")


async def test_a_choice_that_changes(cache: Path, order: str, chosen: Chosen) -> None:
    """Use and rollback hold from the next request on, without loading the model."""
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        plain = await infilled(engine, "")
        before = await infilled(engine, "a")
        chosen.by_project["a"] = chosen.by_project["b"]
        after, other = await infilled(engine, "a"), await infilled(engine, "b")
        chosen.by_project["a"] = ()
        without = await infilled(engine, "a")

    assert after.usage.adapters == ("all", "B")
    assert after.text == other.text
    assert before.mean_logprob != after.mean_logprob
    assert without.text == plain.text


async def test_a_scale_is_another_adapter(cache: Path, order: str, chosen: Chosen) -> None:
    (every,) = chosen.by_project["all"]
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        whole = await infilled(engine, "all")
        chosen.by_project["all"] = (dataclasses.replace(every, scale=0.0),)
        none, plain = await infilled(engine, "all"), await infilled(engine, "")

    assert whole.mean_logprob != none.mean_logprob
    assert none.mean_logprob == pytest.approx(plain.mean_logprob, abs=1e-4)


@pytest.mark.parametrize("damage", ["cut", "noise", "gone", "other base"])
async def test_a_bad_one_is_left_out(cache: Path, order: str, chosen: Chosen, damage: str) -> None:
    """The model serves with what stands before it, and says why; nothing fails."""
    every, a = chosen.by_project["a"]
    data = a.path.read_bytes()
    if damage == "cut":
        a.path.write_bytes(data[: len(data) // 2])
    elif damage == "noise":
        a.path.write_bytes(bytes(range(256)) * 64)
    elif damage == "gone":
        a.path.unlink()
    else:
        make_adapter(a.path, model_file(order, d=96))

    async with opened(model_file(order), cache, adapters=chosen) as engine:
        answer, scores = await infilled(engine, "a"), await scored(engine, "a")
        _, usage = await said(engine, "a")
        expected = await infilled(engine, "all")
        problems, known = engine.adapter_problems, engine.adapters("completion", "a")

    assert answer.usage.adapters == scores.usage.adapters == usage.adapters == ("all",)
    assert answer.text == expected.text
    assert list(problems) == [a.path]
    assert "cannot be used" in problems[a.path]
    assert known == (every,)


async def test_what_serves_everywhere_is_told_before_anybody_asks(
    tmp_path: Path, cache: Path, order: str, chosen: Chosen
) -> None:
    """It is loaded with the model, so that the first key does not wait for it."""
    (every,) = chosen.by_project["all"]
    chosen.by_project[""] = (every,)
    bad = Adapter(tmp_path / "none.gguf", "none")
    async with opened(model_file(order), cache, adapters=chosen) as engine:
        serving = engine.capabilities.adapters
        problems = dict(engine.adapter_problems)
        chosen.by_project[""] = (bad,)
        await engine.prepare("chat")
        without = engine.capabilities.adapters, list(engine.adapter_problems)

    assert (serving, problems) == (("all",), {})
    assert without == ((), [bad.path])


@pytest.fixture
def native() -> Iterator[NativeThread]:
    thread = NativeThread()
    yield thread
    thread.close()


async def test_a_conversation_on_disk(
    cache: Path, order: str, chosen: Chosen, native: NativeThread
) -> None:
    """It goes on without reading where the same serve, and is read again where others do."""
    model = model_file(order)

    async def go_on(project: str) -> tuple[str, Usage]:
        async with opened(model, cache, native=native, role="chat", adapters=chosen) as engine:
            return await said(engine, project, more="And now?")

    async def begin(project: str) -> None:
        async with opened(model, cache, native=native, role="chat", adapters=chosen) as engine:
            await said(engine, project)

    await begin("a")
    _, same = await go_on("a")
    await begin("a")
    text, other = await go_on("b")
    async with opened(model, cache, native=native, role="chat", adapters=chosen) as engine:
        fresh, whole = await said(engine, "b", conversation="fresh", more="And now?")

    assert same.evaluated_tokens < other.evaluated_tokens
    assert other.evaluated_tokens == whole.evaluated_tokens
    assert text == fresh


async def test_one_conversation_with_others(cache: Path, order: str, chosen: Chosen) -> None:
    """One whose adapters change is read again, and so is what another had read of it."""
    async with opened(model_file(order), cache, role="chat", adapters=chosen) as engine:
        _, first = await said(engine, "a")
        _, shared = await said(engine, "a", conversation="second")
        _, foreign = await said(engine, "b", conversation="third")
        _, changed = await said(engine, "b")

    assert shared.evaluated_tokens < first.evaluated_tokens
    assert foreign.evaluated_tokens == first.evaluated_tokens
    assert changed.adapters == ("all", "B")
