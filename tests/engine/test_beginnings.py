"""Lines that begin with given names: gone on with by the model, and weighed as any other."""

import dataclasses
import math
import random
import re
from pathlib import Path

import pytest

from ownstack.engine import fim, weighing
from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.beginnings import MAX_BEGINNINGS
from ownstack.engine.lane import Pace
from ownstack.engine.llama import Model
from ownstack.engine.protocol import Generated, InfillRequest, Speed, Weighed
from ownstack.engine.slots import InfillSlot
from ownstack.engine.speed import SpeedMeter
from ownstack.paths import builtin_model
from tests.engine.test_weighing import PREFIX, SUFFIX, Plain, by_text, request, says_slot
from tests.support.native import answer, infill_slot

SAYS = ("total", " =", " sum(", "):\n")


def lines(result: Generated) -> list[Weighed]:
    """What was neither proposed nor found by the model's own search."""
    return [one for one in result.weighed if not (one.proposed or one.found)]


def begun(typed: str, *beginnings: str, **more: object) -> InfillRequest:
    given = {"alternatives": 2, "max_tokens": 24, **more}
    return InfillRequest(PREFIX + typed, SUFFIX, beginnings=beginnings, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("typed", "names"), [("", ("count", "sum")), ("x = cou", ("nt",))])
def test_their_lines_have_the_probability_of_a_plain_computation(
    typed: str, names: tuple[str, ...]
) -> None:
    """Of the whole line, and of the name in it, each given what is typed."""
    slot = infill_slot("spm")

    result = answer(slot, begun(typed, *names))

    plain = Plain(slot, begun(typed))
    given = math.log(plain.typed()) if plain.healed else 0.0
    led = [one for one in result.weighed if one.beginning]
    assert led
    for one in led:
        assert one.text.startswith(one.beginning)
        assert one.logprob == pytest.approx(math.log(plain.line(one.text)) - given, abs=0.1)
        way = tuple(slot.model.tokenize(plain.healed + one.beginning))
        assert one.beginning_logprob == pytest.approx(math.log(plain.of(way)) - given, abs=0.1)


def test_the_model_goes_on_with_a_name_it_would_not_write() -> None:
    """To the end of the line; nothing is left of its own lines."""
    slot = says_slot(*SAYS)

    result = answer(slot, begun("", "price", alternatives=2))

    (led,) = [one for one in result.weighed if one.beginning == "price"]
    assert led.text.startswith("price")
    assert result.weighed[0].text == "total = sum():"
    assert led.beginning_logprob < -5.0


def test_a_name_is_not_made_longer() -> None:
    """`tot` is a name of its own here: what follows it is no letter."""
    slot = says_slot(*SAYS)

    result = answer(slot, begun("", "tot"))

    assert all(not one.text[3:4].isalnum() for one in result.weighed if one.text.startswith("tot "))
    assert by_text(result)["total = sum():"].beginning == ""


def test_other_lines_tell_which_name_they_begin_with() -> None:
    """Those proposed and those found, of two names the longer."""
    slot = says_slot(*SAYS)
    proposals = ("total = 1", "totally = 1", "other(total)")

    result = answer(slot, begun("", "total", "totally", proposals=proposals))

    told = {one.text: one.beginning for one in result.weighed if one.proposed or one.found}
    assert told == {
        "total = 1": "total",
        "totally = 1": "totally",
        "other(total)": "",
        "total = sum():": "total",
    } | {text: name for text, name in told.items() if text not in proposals}


def test_nothing_changes_without_alternatives_of_their_own() -> None:
    """The same lines with the same probabilities, whatever else is begun."""
    slot = infill_slot("spm")
    alone = by_text(answer(slot, request()))

    beside = by_text(answer(slot, request(beginnings=("count", "sum"))))  # type: ignore[arg-type]

    assert set(alone) <= set(beside)
    for text, one in alone.items():
        assert beside[text].logprob == pytest.approx(one.logprob, abs=0.05)


def test_odd_beginnings() -> None:
    """Empty ones, the same twice, more than are looked at, very long ones, other scripts."""
    slot = infill_slot("spm")
    many = ("", "a", "a", "日本", "é" * 600, *(f"name_{number}" for number in range(40)))

    result = answer(slot, begun("", *many))

    names = {one.beginning for one in result.weighed} - {""}
    assert names <= set(many)
    assert len(names) <= MAX_BEGINNINGS


def test_the_shipped_network_goes_on_with_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """At many cursors of a real file: lines that begin as they should, and a lane left whole."""
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    # The kernels that extra buffers bring are not for every machine (`engine/probe.py`).
    model = Model(builtin_model(), extra_bufts=False)
    slot = InfillSlot(
        model,
        fim.detect(model),
        window=704,
        threads=1,
        flag=AbortFlag(),
        pace=Pace(SpeedMeter(Speed(1000.0, 100.0))),
    )
    slot.open()
    text = Path(weighing.__file__).read_text("utf-8")
    names = sorted(set(re.findall(r"[a-z_]{5,}", text)))
    draw = random.Random(3)
    for _ in range(25):
        at = draw.randrange(1_000, len(text) - 1_000)
        asked = InfillRequest(
            text[at - 800 : at],
            text[at : at + 200],
            beginnings=tuple(draw.sample(names, 5)),
            proposals=("x = 1", "return None"),
            alternatives=3,
            max_tokens=24,
        )
        result = answer(slot, asked)
        for one in result.weighed:
            assert one.logprob <= one.beginning_logprob + 1e-3
            assert one.text.startswith(one.beginning)
        alone = by_text(answer(slot, dataclasses.replace(asked, beginnings=())))
        for one in result.weighed:
            if one.proposed:
                assert one.logprob == pytest.approx(alone[one.text].logprob, abs=0.05)
