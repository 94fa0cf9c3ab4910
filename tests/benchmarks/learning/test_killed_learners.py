"""What a kill has cost, from what trainers told of themselves."""

from pathlib import Path

import pytest

pytest.importorskip("ownstack.learning.turn", reason="nothing takes turns to train")

from benchmarks.learning import learner, typed_beside
from benchmarks.learning.kills import Kill, figures_of, lost_at_start
from ownstack.paths import Home

LOADING = {"state": "loading", "trained_s": 0.0, "step": 0}


def steps(*trained_s: float, state: str = "training") -> list[dict[str, object]]:
    return [{"state": state, "trained_s": at, "step": 1 + int(at)} for at in trained_s]


def test_what_was_trained_since_the_checkpoint_is_lost() -> None:
    told = [LOADING, *steps(10, 100, 200), LOADING, *steps(125, 135)]
    assert lost_at_start(told) == 75


def test_each_start_counts_from_the_process_before_it() -> None:
    told = [LOADING, *steps(200), LOADING, *steps(125, 130), LOADING, *steps(125)]
    assert lost_at_start(told) == 5


def test_a_process_that_made_no_step_loses_nothing_more() -> None:
    told = [LOADING, *steps(200), LOADING, LOADING, *steps(125)]
    assert lost_at_start(told) == 75
    assert lost_at_start([LOADING, *steps(200), LOADING]) is None


def test_the_first_process_of_a_run_has_lost_nothing() -> None:
    assert lost_at_start([]) is None
    assert lost_at_start([LOADING, *steps(3, 4)]) is None
    told = [LOADING, *steps(60), *steps(61, state="done"), LOADING, *steps(1)]
    assert lost_at_start(told) is None


def test_one_broken_adapter_misses_the_bar() -> None:
    well, ill = Kill(3, "saving", 60, ()), Kill(9, "done", 60, ("x: has lost its adapter.gguf",))
    broken, lost = figures_of([well, ill], [4.0, 290.0], finished=1)
    assert broken.measured == 1
    assert not broken.passed
    assert "has lost its adapter.gguf" in broken.compared
    assert broken.detail == {"done": 1, "saving": 1}
    assert lost.passed
    assert figures_of([well], [301.0], finished=0)[1].passed is False


def test_half_a_line_is_not_read(tmp_path: Path) -> None:
    home = Home.below(tmp_path)
    assert learner.latest(home) == {}
    run = home.learning_folder / "made"
    run.mkdir(parents=True)
    (run / "progress.jsonl").write_text('{"step": 3}\n{"step": 4}\n{"ste', "utf-8")
    assert learner.latest(home) == {"step": 4}


def test_keys_beside_a_trainer_are_held_against_keys_without() -> None:
    alone = typed_beside.Waits(first=[50.0] * 4, other=[30.0] * 40)
    beside = typed_beside.Waits(first=[90.0] * 4, other=[31.0] * 40)
    figures = {item.name: item for item in typed_beside.figures_of(alone, beside, steps=9)}
    assert figures["a key beside a trainer waits longer, p50"].measured == 1
    assert figures["a key beside a trainer waits longer, p50"].passed
    assert figures["the first key after a pause waits longer, p50"].passed is False


def test_a_trainer_that_does_not_train_is_told() -> None:
    waits = typed_beside.Waits(first=[50.0], other=[30.0])
    steps_made = typed_beside.figures_of(waits, waits, steps=0)[0]
    assert steps_made.passed is False


def test_what_is_typed_in_a_burst_goes_on_for_ever() -> None:
    text = "\n".join(f"a_name_{n} = a_function(a_value_{n}, another_value)" for n in range(90))
    made = typed_beside.bursts_of(text, seed=1)
    found = [next(made) for _ in range(40)]
    assert all(passage.before + passage.text + passage.after == text for passage in found)
