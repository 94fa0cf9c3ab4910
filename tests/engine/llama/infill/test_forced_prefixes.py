"""Lines that begin with given names: gone on with by the model, and scored as any other."""

import dataclasses
import math
import random
import re
from pathlib import Path

import pytest

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.infill import scoring
from ownstack.engine.llama.infill.forced_prefixes import MAX_FORCED_PREFIXES
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import ScoreRequest
from ownstack.engine.results import Generated, ScoredLine, Speed
from ownstack.models.gguf import fim
from ownstack.paths import builtin_model
from tests.engine.llama.infill.test_scoring import (
    PREFIX,
    SUFFIX,
    Plain,
    by_text,
    request,
    says_slot,
)
from tests.support.native import answer, infill_slot

pytestmark = pytest.mark.native

SAYS = ("total", " =", " sum(", "):\n")


def lines(result: Generated) -> list[ScoredLine]:
    """What was neither proposed nor found by the model's own search."""
    return [line for line in result.scored if not (line.proposed or line.found)]


def begun(typed: str, *names: str, **more: object) -> ScoreRequest:
    given = {"alternatives": 2, "max_tokens": 24, **more}
    return ScoreRequest(PREFIX + typed, SUFFIX, forced_prefixes=names, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("typed", "names"), [("", ("count", "sum")), ("x = cou", ("nt",))])
def test_their_lines_have_the_probability_of_a_plain_computation(
    typed: str, names: tuple[str, ...]
) -> None:
    """Of the whole line, and of the name in it, each given what is typed."""
    slot = infill_slot("spm")

    result = answer(slot, begun(typed, *names))

    plain = Plain(slot, begun(typed))
    given = math.log(plain.typed()) if plain.healed else 0.0
    led = [line for line in result.scored if line.forced_prefix]
    assert led
    for line in led:
        assert line.text.startswith(line.forced_prefix)
        assert line.logprob == pytest.approx(math.log(plain.line(line.text)) - given, abs=0.1)
        way = tuple(slot.model.tokenize(plain.healed + line.forced_prefix))
        assert line.forced_prefix_logprob == pytest.approx(math.log(plain.of(way)) - given, abs=0.1)


def test_the_model_goes_on_with_a_name_it_would_not_write() -> None:
    """To the end of the line; nothing is left of its own lines."""
    slot = says_slot(*SAYS)

    result = answer(slot, begun("", "price", alternatives=2))

    (led,) = [line for line in result.scored if line.forced_prefix == "price"]
    assert led.text.startswith("price")
    assert result.scored[0].text == "total = sum():"
    assert led.forced_prefix_logprob < -5.0


def test_a_name_is_not_made_longer() -> None:
    """`tot` is a name of its own here: what follows it is no letter."""
    slot = says_slot(*SAYS)

    result = answer(slot, begun("", "tot"))

    assert all(
        not line.text[3:4].isalnum() for line in result.scored if line.text.startswith("tot ")
    )
    assert by_text(result)["total = sum():"].forced_prefix == ""


def test_other_lines_tell_which_name_they_begin_with() -> None:
    """Those proposed and those found, of two names the longer."""
    slot = says_slot(*SAYS)
    candidates = ("total = 1", "totally = 1", "other(total)")

    result = answer(slot, begun("", "total", "totally", candidates=candidates))

    told = {line.text: line.forced_prefix for line in result.scored if line.proposed or line.found}
    assert told == {
        "total = 1": "total",
        "totally = 1": "totally",
        "other(total)": "",
        "total = sum():": "total",
    } | {text: name for text, name in told.items() if text not in candidates}


def test_nothing_changes_without_alternatives_of_their_own() -> None:
    """The same lines with the same probabilities, whatever else is begun."""
    slot = infill_slot("spm")
    alone = by_text(answer(slot, request()))

    beside = by_text(answer(slot, request(forced_prefixes=("count", "sum"))))  # type: ignore[arg-type]

    assert set(alone) <= set(beside)
    for text, line in alone.items():
        assert beside[text].logprob == pytest.approx(line.logprob, abs=0.05)


def test_odd_beginnings() -> None:
    """Empty ones, the same twice, more than are looked at, very long ones, other scripts."""
    slot = infill_slot("spm")
    many = ("", "a", "a", "日本", "é" * 600, *(f"name_{number}" for number in range(40)))

    result = answer(slot, begun("", *many))

    names = {line.forced_prefix for line in result.scored} - {""}
    assert names <= set(many)
    assert len(names) <= MAX_FORCED_PREFIXES


def test_the_shipped_network_goes_on_with_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """At many cursors of a real file: lines that begin as they should, and a session left whole."""
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    # Not every machine can run the kernels of extra buffers (`engine/llama/native/probe.py`).
    model = LlamaModel(builtin_model(), extra_bufts=False)
    slot = InfillSlot(
        model,
        fim.detect(model),
        window=704,
        threads=1,
        flag=AbortFlag(),
        batch_sizer=BatchSizer(SpeedMeter(Speed(1000.0, 100.0))),
    )
    slot.open()
    text = Path(scoring.__file__).read_text("utf-8")
    names = sorted(set(re.findall(r"[a-z_]{5,}", text)))
    draw = random.Random(3)
    for _ in range(25):
        at = draw.randrange(1_000, len(text) - 1_000)
        asked = ScoreRequest(
            text[at - 800 : at],
            text[at : at + 200],
            forced_prefixes=tuple(draw.sample(names, 5)),
            candidates=("x = 1", "return None"),
            alternatives=3,
            max_tokens=24,
        )
        result = answer(slot, asked)
        for line in result.scored:
            assert line.logprob <= line.forced_prefix_logprob + 1e-3
            assert line.text.startswith(line.forced_prefix)
        alone = by_text(answer(slot, dataclasses.replace(asked, forced_prefixes=())))
        for line in result.scored:
            if line.proposed:
                assert line.logprob == pytest.approx(alone[line.text].logprob, abs=0.05, rel=0.01)
