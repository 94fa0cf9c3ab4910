"""`judge`: an adapter's whole way, with a small random model, and random adapters."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.engine.adapters import Adapter
from ownstack.errors import LearningError
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.gate import judging
from ownstack.learning.gate.evaluation import Pace
from ownstack.learning.gate.judging import Trial, judge, settle, sides_of
from ownstack.learning.gate.verdict import LEAST_CURSORS, Verdict
from ownstack.models.gguf.base_key import base_key
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.adapters import make_adapter
from tests.support.judging import held_out
from tests.support.native import model_file

N = LEAST_CURSORS


@pytest.fixture
def base() -> Path:
    return model_file()


@pytest.fixture
def store(home: Home, tmp_path: Path) -> AdapterStore:
    return AdapterStore(home, shipped=tmp_path / "none")


@pytest.fixture
def add(store: AdapterStore, base: Path, tmp_path: Path):
    """Return what adds a random adapter: `add("one", strength=0.5)`."""

    def added(name: str, project: str = "", on_top_of: str = "", **how: object) -> AdapterRecord:
        file = make_adapter(tmp_path / f"{name}.gguf", base, **how)  # type: ignore[arg-type]
        record = AdapterRecord(
            id="",
            scope="project" if project else "generic",
            role="completion",
            base_key=base_key(base),
            base_name="tiny",
            architecture="llama",
            rank=4,
            alpha=4.0,
            sha256="",
            created="2026-11-30",
            project=project,
            name=name,
            on_top_of=on_top_of,
        )
        return store.add(record, file)

    return added


@pytest.fixture
def trial(store: AdapterStore, base: Path, home: Home, tmp_path: Path):
    """Return what describes how a record is judged."""

    def made(record: AdapterRecord, **more: object) -> Trial:
        values: dict[str, object] = {
            "base": base,
            "sides": sides_of(store, record),
            "held_out": [held_out()],
            "log": tmp_path / "outcomes.jsonl",
            "cache": home.cache,
            "settings": EngineSettings(context_tokens=512, threads=2),
            "cursors": N,
        }
        return Trial(**{**values, **more})  # type: ignore[arg-type]

    return made


def logged(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()[1:]]


def test_an_adapter_is_compared_with_the_plain_model_and_with_what_serves(store, add):
    generic, mine, newer = add("generic", seed=1), add("mine", "/p", seed=2), add("newer", "/p")
    assert {side: names(each) for side, each in sides_of(store, generic).items()} == {
        "base": [],
        "candidate": [generic.label],
    }
    store.use(generic.id)
    above = store.add(replace(mine, id="f" * 16, on_top_of=generic.id), store.file(mine.id))
    assert names(sides_of(store, above)["candidate"]) == [generic.label, above.label]
    assert names(sides_of(store, above)["predecessor"]) == [generic.label]
    store.use(newer.id)
    assert names(sides_of(store, above)["predecessor"]) == [newer.label]
    assert "predecessor" not in sides_of(store, newer)


def names(adapters: tuple[Adapter, ...]) -> list[str]:
    return [adapter.name for adapter in adapters]


FEW = 8


@pytest.mark.native
def test_a_random_adapter_is_kept_aside_and_what_serves_goes_on(
    store, add, trial, tmp_path, monkeypatch
):
    """Stopped halfway, it goes on from there; what serves is asked with what it serves with."""
    # So few would not be asked for; the verdict is on too few then, whatever they said.
    monkeypatch.setattr(judging, "LEAST_CURSORS", FEW)
    zero, noise = add("zero", strength=0.0), add("noise", strength=3.0, seed=3)
    store.use(zero.id)
    given = trial(noise, cursors=FEW)
    assert set(given.sides) == {"base", "predecessor", "candidate"}
    log = tmp_path / "outcomes.jsonl"
    enough = Pace(is_stopped=lambda: log.exists() and log.read_text().count("\n") > 10)
    assert judge(given, noise, enough) is None
    before = logged(log)
    heard: list[tuple[int, int]] = []
    judged = judge(given, noise, Pace(progress=lambda *each: heard.append(each)))
    after = logged(log)
    assert after[: len(before)] == before
    assert len(after) == 3 * FEW
    assert heard[-1] == (FEW, FEW)
    assert judged is not None
    assert judged.standing == "aside"
    assert f"only {FEW} lines" in judged.reason
    assert judged.figures["adapters"] == {
        "base": [],
        "predecessor": [zero.label],
        "candidate": [noise.label],
    }
    # An adapter of zeros is the plain model, to the last answer.
    chances = {
        side: [each["chance"] for each in after if each["side"] == side] for side in given.sides
    }
    assert chances["base"] == pytest.approx(chances["predecessor"], abs=1e-3)
    assert chances["base"] != pytest.approx(chances["candidate"], abs=1e-3)
    settled = settle(store, noise, judged)
    assert store.find(noise.id) == settled
    assert settled.reason == judged.reason
    assert store.serving(noise.base_key, "completion", "") == [zero]


@pytest.mark.native
def test_time_that_is_over_leaves_too_little_to_judge_by(store, add, trial):
    judged = judge(trial(add("one"), minutes=0.0), store.find("one"))
    assert judged is not None
    assert "only 0 lines" in judged.reason


@pytest.mark.native
def test_an_adapter_that_llama_cpp_refuses_is_kept_aside_with_the_reason(store, add, trial):
    broken = add("broken", architecture="qwen2")
    judged = judge(trial(broken), broken)
    assert judged is not None
    assert judged.standing == "aside"
    assert judged.reason.startswith("It cannot be used: ")


def test_another_model_is_refused(store, add, trial, tmp_path):
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    record = add("one")
    with pytest.raises(LearningError, match="not the model"):
        judge(trial(record, base=other), record)


def test_few_lines_are_not_asked_for_at_all(store, add, trial):
    record = add("one")
    judged = judge(trial(record, held_out=[held_out(text="x = 1\n")]), record)
    assert judged is not None
    assert judged.reason == f"Only 1 lines were held out to judge it by; it takes {N}."


def test_adapters_for_other_roles_are_not_judged(store, add, trial):
    record = replace(add("one"), role="chat")
    judged = judge(trial(record), record)
    assert judged is not None
    assert "this one is for chat" in judged.reason


def test_what_is_fit_serves(store, add):
    one = add("one")
    figures = {"calibration": {"slope": 1.0, "shift": 0.5, "lowest": -3.0}}
    settled = settle(store, one, Verdict("fit", "It is better.", figures))
    assert store.serving(one.base_key, "completion", "") == [settled]
