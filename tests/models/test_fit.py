"""Which models fit a machine together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ownstack.models import fit
from ownstack.models.catalogue import CatalogueModel, catalogue
from ownstack.models.fit import Choice, Plan, recommend
from ownstack.models.hardware import machine
from ownstack.models.hardware.machine import Device, Machine
from ownstack.models.roles import ROLES, Role
from ownstack.models.speeds import MeasuredSpeed

GB = 1_000_000_000


def model(name: str, gigabytes: float, **preference: int) -> CatalogueModel:
    return CatalogueModel(
        name=name,
        title=name,
        repository="o/r",
        file=f"{name}.gguf",
        quantization="Q4_K_M",
        size_bytes=int(gigabytes * GB),
        license="mit",
        parameters=int(gigabytes * 1.8 * GB),
        context_tokens=32_768,
        preference=preference,  # type: ignore[arg-type]
        layers=20,
        kv_heads=2,
        key_size=128,
        value_size=128,
        infill="qwen2.5-coder" if "completion" in preference else "",
    )


SMALL = model("small", 0.5, completion=20, chat=8)
MIDDLE = model("middle", 4.7, completion=50, chat=45)
TALKER = model("talker", 8, chat=60)
LARGE = model("large", 60, completion=70, chat=90)
VECTORS = model("vectors", 0.6, embedding=30)
MODELS = (SMALL, MIDDLE, TALKER, LARGE, VECTORS)
FAST = Machine("fast", 64 * GB, 16, 400e9, unified=True)


def chosen(plan: Plan) -> dict[Role, str]:
    return {c.role: c.model.name if c.model is not None else "-" for c in plan.choices}


def choice(plan: Plan, role: Role) -> Choice:
    return next(choice for choice in plan.choices if choice.role == role)


def test_the_best_that_fits_together() -> None:
    """What is preferred most in sum; roles of conversations share one load."""
    plan = recommend(FAST, MODELS)

    assert chosen(plan) == {
        "completion": "middle",
        "edit": "talker",
        "chat": "talker",
        "summary": "talker",
        "embedding": "vectors",
    }
    assert plan.used_bytes == sum(choice.memory_bytes for choice in plan.choices)
    assert plan.used_bytes <= plan.place.budget_bytes
    assert choice(plan, "chat").why == "the same load as edit"


def test_one_load_for_all_counts_its_weights_once() -> None:
    """Only a second window is added."""
    plan = recommend(replace(FAST, memory_bytes=10 * GB), (MIDDLE,))

    assert set(chosen(plan).values()) == {"middle", "-"}
    completion, edit = choice(plan, "completion"), choice(plan, "edit")
    assert completion.memory_bytes > MIDDLE.size_bytes
    assert edit.memory_bytes == MIDDLE.kv_bytes(edit.context_tokens)
    assert plan.used_bytes == completion.memory_bytes + edit.memory_bytes


def test_the_context_is_the_longest_that_fits() -> None:
    """And never more than the model was trained for."""
    windows = {
        size: choice(recommend(replace(FAST, memory_bytes=size * GB), (TALKER,)), "edit")
        for size in (14, 15, 64)
    }

    assert windows[14].context_tokens < windows[64].context_tokens == 32_768
    assert all(c.memory_bytes == TALKER.memory_bytes(c.context_tokens) for c in windows.values())


def test_a_slow_machine_gets_what_is_quick_enough() -> None:
    """A model that would fit is passed over, with the figures."""
    plan = recommend(Machine("slow", 64 * GB, 8, 30e9), MODELS)

    completion = choice(plan, "completion")
    assert completion.model is SMALL
    assert "Not middle: it would write about 4 tokens/s, and 20 are wanted" in completion.why
    assert completion.decode is not None
    assert not completion.decode.measured


def test_few_cores_read_slowly() -> None:
    """A chat model that would take minutes for a prompt is passed over."""
    plan = recommend(Machine("two", 64 * GB, 2, 400e9), MODELS)

    assert choice(plan, "chat").model is SMALL
    assert "would read about" in choice(plan, "edit").why


def test_what_was_measured_counts() -> None:
    """For the model itself, and for what is thought of the others."""
    slow = Machine("slow", 64 * GB, 2, 10e9)
    measured = {"small": MeasuredSpeed(2_000, 200, 500)}

    before, after = recommend(slow, MODELS), recommend(slow, MODELS, measured=measured)

    assert choice(before, "completion").model is None
    assert choice(after, "completion").model is MIDDLE
    small = recommend(slow, (SMALL,), measured=measured)
    assert choice(small, "completion").decode == fit.Figure(200, measured=True)
    too_slow = recommend(slow, (SMALL,), measured={"small": MeasuredSpeed(2_000, 5, 500)})
    assert "it writes 5 tokens/s" in choice(too_slow, "completion").why


def test_what_was_measured_counts_where_it_was_measured() -> None:
    """A speed of the processor says nothing about a card."""
    desktop = Machine("desktop", 64 * GB, 16, 80e9, devices=(Device("card", 24 * GB, 900e9),))
    by_device = {
        device: choice(
            recommend(desktop, (SMALL,), measured={"small": MeasuredSpeed(900, 30, 500, device)}),
            "completion",
        )
        for device in ("cpu", "CUDA0")
    }

    assert by_device["CUDA0"].decode == fit.Figure(30, measured=True)
    assert by_device["cpu"].decode is not None
    assert by_device["cpu"].decode.tokens_per_s > 500


def test_only_what_is_asked_for_takes_memory() -> None:
    """Completion alone gets all of it."""
    tight = replace(FAST, memory_bytes=16 * GB, bandwidth_bytes_s=4000e9)

    together = recommend(tight, MODELS)
    alone = recommend(tight, MODELS, roles=("completion",))

    assert chosen(alone) == {"completion": "middle"}
    assert alone.used_bytes < together.used_bytes


def test_nothing_fits() -> None:
    """The built-in network completes, and it is said what would be the next one."""
    plan = recommend(Machine("tiny", 4 * GB, 2, 40e9), MODELS)

    assert set(chosen(plan).values()) == {"-"}
    assert "comes with Ownstack" in choice(plan, "completion").why
    assert "Not small: it needs 0.7 GB, and 0.0 GB are for models" in choice(plan, "chat").why
    assert plan.used_bytes == 0


def test_licences_that_forbid_work_are_asked_for() -> None:
    """Never unasked."""
    bound = replace(MIDDLE, commercial=False, license="research")

    plan = recommend(FAST, (SMALL, bound))

    assert choice(plan, "completion").model is SMALL
    assert "its licence (research) forbids commercial use" in choice(plan, "completion").why
    assert choice(recommend(FAST, (SMALL, bound), any_license=True), "completion").model is bound


def test_what_is_not_known_is_not_recommended() -> None:
    """Its file would say how much memory it needs."""
    unknown = replace(MIDDLE, layers=0, kv_heads=0, key_size=0, value_size=0)

    plan = recommend(FAST, (SMALL, unknown))

    assert choice(plan, "completion").model is SMALL
    assert "only once its file is there" in choice(plan, "completion").why


def test_a_card_is_used_and_a_small_one_left() -> None:
    """Models are loaded whole into one memory; graphics of unknown speed count as quick."""
    main = Machine("desktop", 64 * GB, 16, 80e9)
    large = replace(main, devices=(Device("card", 24 * GB, 900e9), Device("other", 2 * GB)))
    small = replace(main, devices=(Device("card", 1_200_000_000),))

    assert recommend(large, MODELS).place.name == "card"
    assert recommend(small, MODELS).place.name == "main memory"
    unknown = recommend(replace(main, devices=(Device("card", 24 * GB),)), MODELS)
    assert choice(unknown, "completion").model is MIDDLE
    assert choice(unknown, "completion").decode is None


SIMULATED: dict[str, dict[Role, str]] = {
    "laptop-8gb": {"completion": "qwen2.5-coder-1.5b", "chat": "qwen2.5-coder-1.5b"},
    "mac-m4-16gb": {"completion": "qwen2.5-coder-1.5b-q8", "chat": "qwen3-8b"},
    "gpu-24gb": {"completion": "qwen3-coder-30b", "chat": "qwen3-coder-30b"},
    "mac-m3-ultra-512gb": {"completion": "qwen3-coder-30b-q8", "chat": "qwen3-coder-480b"},
    "server-cpu": {"completion": "qwen3-coder-30b-q8", "chat": "gpt-oss-120b"},
}


@pytest.mark.parametrize("name", SIMULATED)
def test_the_catalogue_on_simulated_machines(name: str) -> None:
    """From a laptop to the largest: all of it fits, is quick enough, and says why."""
    plan = recommend(machine.described(name), catalogue())

    assert SIMULATED[name].items() <= chosen(plan).items()
    assert [choice.role for choice in plan.choices] == list(ROLES)
    assert 0 < plan.used_bytes <= plan.place.budget_bytes
    assert all(choice.why for choice in plan.choices)
    for found in plan.choices:
        use = fit.use_of(found.role)
        if found.decode is not None:
            assert found.decode.tokens_per_s >= fit.SLOWEST[use]
        if use == "chat":
            assert found.context_tokens >= 4_096
