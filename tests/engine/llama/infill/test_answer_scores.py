"""Lines scored beside an answer: probabilities that a plain computation also finds, no change."""

import dataclasses
import functools
import math
from typing import Any

import pytest

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.infill.candidates import HOPELESS
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.kv_session import KvSession
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import InfillRequest, ScoreRequest
from ownstack.engine.results import Finish, Generated, ScoredLine, Speed
from ownstack.models.gguf import fim
from ownstack.paths import builtin_model
from tests.engine.llama.infill.test_scoring import Plain, by_text
from tests.support.native import CODE, answer, exhaust, infill_slot, job, steps

pytestmark = pytest.mark.native

ORDERS = [("spm", "auto"), ("psm", "on"), ("psm", "off")]
SUFFIX = "\n\nif __name__ == '__main__':\n    main(sys.argv)\n"
PLACES = {
    "    for path in argu": ("ments:", "ments", "x", "ments[1:]:"),
    "    total = ": ("0", "sum(read_lines(path))", "len(line)", "count"),
    "    return ": ("None", "count", ""),
    "    with open(path": (") as file:", ")", ", 'w') as file:"),
    "def count(": ("path):", "paths):", "self, path):"),
}


@functools.cache
def shipped() -> LlamaModel:
    """The network of the package; its answers are text, as a random one's seldom are."""
    # Not every machine can run the kernels of extra buffers (`engine/llama/native/probe.py`).
    return LlamaModel(builtin_model(), extra_bufts=False)


@pytest.fixture(autouse=True)
def _with_builtin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OWNSTACK_BUILTIN", raising=False)


def opened(order: str = "spm", shift: str = "auto", flag: AbortFlag | None = None) -> InfillSlot:
    slot = InfillSlot(
        shipped(),
        dataclasses.replace(fim.detect(shipped()), order=order),  # type: ignore[arg-type]
        window=704,
        threads=1,
        flag=flag if flag is not None else AbortFlag(),
        batch_sizer=BatchSizer(SpeedMeter(Speed(1000.0, 100.0))),
        suffix_shift=shift,  # type: ignore[arg-type]
    )
    slot.open()
    return slot


def request(typed: str, *candidates: str, **options: Any) -> InfillRequest:
    given = {"max_tokens": 24, "max_lines": 1, **options}
    return InfillRequest(CODE + typed, SUFFIX, path="count.py", candidates=candidates, **given)


def own(result: Generated) -> ScoredLine:
    """The answer's own line."""
    [line] = [line for line in result.scored if line.found]
    return line


@pytest.mark.parametrize(("order", "shift"), ORDERS)
def test_scores_are_those_of_a_plain_computation(order: str, shift: str) -> None:
    """Of the answer's own line and of what was proposed, given what is typed of a word."""
    slot = opened(order, shift)
    for typed in ("    for path in argu", "    return "):
        candidates = PLACES[typed]

        result = answer(slot, request(typed, *candidates))

        assert own(result).text == result.text
        assert {line.text for line in result.scored} == {result.text, *candidates}
        plain = Plain(slot, ScoreRequest(CODE + typed, SUFFIX, path="count.py", max_tokens=24))
        expected = {line.text: math.log(plain.line(line.text)) for line in result.scored}
        given = expected[result.text] - own(result).logprob
        assert given == pytest.approx(math.log(plain.typed()) if plain.healed else 0.0, abs=0.1)
        for line in result.scored:
            if line.whole:
                assert line.logprob == pytest.approx(expected[line.text] - given, abs=0.01)
            else:
                assert line.logprob > expected[line.text] - given - 0.01
                assert line.logprob < result.scored[0].logprob - HOPELESS + 0.01
        assert sum(line.whole for line in result.scored) > 1


@pytest.mark.parametrize(("order", "shift"), ORDERS)
@pytest.mark.parametrize("max_lines", [1, 4])
def test_they_change_no_answer(order: str, shift: str, max_lines: int) -> None:
    """Neither its text nor its tokens, and the next key costs what it costs without."""
    plain, scoring = opened(order, shift), opened(order, shift)
    for typed, candidates in PLACES.items():
        for n in (1, len(typed) - 1, len(typed)):
            asked = request(typed[:n], max_lines=max_lines)
            expected = answer(plain, asked)
            result = answer(scoring, dataclasses.replace(asked, candidates=candidates))

            assert (result.text, result.finish) == (expected.text, expected.finish)
            assert [token.end for token in result.tokens] == [t.end for t in expected.tokens]
            assert result.usage.evaluated_tokens == expected.usage.evaluated_tokens
            held = scoring.session.sequence
            assert held.tokens == plain.session.sequence.tokens
            assert len(held.tokens) == held.context.end(held.id)
            assert expected.scored == ()
            assert len(result.scored) >= (expected.finish is not Finish.LENGTH)


def test_the_likeliest_comes_first() -> None:
    """And what the answer says and was proposed too is there once."""
    slot = opened()
    text = answer(slot, request("    return ")).text

    result = answer(slot, request("    return ", "count + 1", text, f"{text}\nsecond", text))

    assert [line.text for line in result.scored].count(text) == 1
    assert (own(result).proposed, own(result).found) == (True, True)
    logprobs = [line.logprob for line in result.scored]
    assert logprobs == sorted(logprobs, reverse=True)


def test_what_is_hopeless_is_not_evaluated() -> None:
    """Its beginning says enough: in no time its line is known to be a hundred times less likely."""
    slot = opened()
    text = answer(slot, request("    return ")).text
    before = slot.session.context.decodes
    answer(slot, request("    return ", text))
    alone = slot.session.context.decodes - before

    result = answer(slot, request("    return ", text, ";;", "))))"))

    assert slot.session.context.decodes - before == 2 * alone
    unlikely = [line for line in result.scored if line.text != text]
    assert len(unlikely) == 2
    assert not any(line.whole for line in unlikely)


@pytest.mark.parametrize(("seconds", "speed"), [(0.15, 10.0), (0.0, 1000.0)])
def test_only_what_there_is_time_for(seconds: float, speed: float) -> None:
    """By what the machine's speed lets expect; the answer's own line costs nothing."""
    slot = opened()
    slot._batch_sizer.meter = SpeedMeter(Speed(speed, speed))
    slot._batch_sizer.meter.note = lambda tokens, seconds: None  # type: ignore[method-assign]
    candidates = ("count + len(arguments)", "None")

    result = answer(slot, request("    return ", *candidates, first_line_s=seconds))

    assert [line.text for line in result.scored if line.whole] == [result.text]
    assert own(result).logprob < 0


def test_a_draft_shares_its_evaluation() -> None:
    """What is evaluated of a candidate as a draft is not evaluated again."""
    slot = opened()
    typed = "    for path in "
    candidate = answer(slot, request(typed)).text[:4] + "[1:3]:"
    asked = request(typed, candidate)
    expected = answer(slot, asked)
    counted = slot.session.context.decodes
    answer(slot, asked)
    apart = slot.session.context.decodes - counted
    counted = slot.session.context.decodes

    both = answer(slot, dataclasses.replace(asked, drafts=(candidate,)))

    assert both.usage.drafted_tokens > both.usage.accepted_tokens
    assert slot.session.context.decodes - counted < apart
    assert by_text(both)[candidate].logprob == pytest.approx(
        by_text(expected)[candidate].logprob, abs=0.01
    )


def test_an_aborted_step_is_taken_up() -> None:
    """With the scores that it has without, and an answer that is untouched."""
    flag = AbortFlag()
    slot, asked = opened(flag=flag), request("    return ", "count", "None", "")
    expected = answer(slot, asked)
    results: list[Generated] = []
    running = steps(slot, asked, job(), results)
    n_aborts = 0
    while not results:
        flag.set()
        try:
            n_aborts += next(running) is False
        except StopIteration:
            break
        flag.clear()
        next(running, None)

    assert n_aborts > 1
    assert results[0].text == expected.text
    assert by_text(results[0]).keys() == by_text(expected).keys()
    for text, line in by_text(results[0]).items():
        assert line.logprob == pytest.approx(by_text(expected)[text].logprob, abs=0.01)


@pytest.fixture
def asides(monkeypatch: pytest.MonkeyPatch) -> list[list[int]]:
    """What is evaluated beside answers, a call each."""
    calls: list[list[int]] = []
    aside = KvSession.aside

    def counted(session: KvSession, wanted: list[int], n: int, least: int, *adapters: Any) -> Any:
        calls.append(wanted)
        return aside(session, wanted, n, least, *adapters)

    monkeypatch.setattr(KvSession, "aside", counted)
    return calls


@pytest.mark.parametrize("cancelled", [False, True])
def test_who_comes_first_ends_it(cancelled: bool, asides: list[list[int]]) -> None:
    """Another answer in the session, or a cancel: what is known is told, the session is right."""
    slot, asked = opened(), request("    return ", "count", "None", "")
    results, mine = list[Generated](), job()
    running = steps(slot, asked, mine, results)
    whole = answer(slot, asked)
    asides.clear()
    while not asides:
        next(running)

    if cancelled:
        mine.cancelled = True
    else:
        answer(slot, request("def other(): return 1"))
    exhaust(running)

    assert results[0].text == whole.text
    assert len(results[0].scored) < len(whole.scored)
    assert own(results[0]).logprob == pytest.approx(own(whole).logprob, abs=0.01)
    again = answer(slot, asked)
    for text, line in by_text(again).items():
        assert line.logprob == pytest.approx(by_text(whole)[text].logprob, abs=0.01)


def test_the_text_is_told_before_it_is_scored(asides: list[list[int]]) -> None:
    """Who waits for the line alone has it as soon as it is written."""
    slot, asked = opened(), request("    return ", "count", "None", "")
    texts, results = list[str](), list[Generated]()
    running = slot.answer(job(), asked, texts.append, results.append)

    while not asides:
        next(running)
    told = "".join(texts)
    exhaust(running)

    assert told == results[0].text
    assert len(asides) > 1


def test_an_unfinished_line_is_not_scored() -> None:
    """It has no end; and a recurrent state cannot be taken back."""
    slot = opened()

    result = answer(slot, request("    total = sum(", "len(line))", max_tokens=1))

    assert (result.finish, result.scored) == (Finish.LENGTH, ())


def test_a_memory_that_cannot_forget_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recurrent state holds all or nothing: no scores, the same text."""
    model = infill_slot("spm").model
    monkeypatch.setattr(model, "recurrent", True)
    slot = infill_slot("spm", loaded=model)
    expected = answer(slot, request("    return "))

    result = answer(slot, request("    return ", "count"))

    assert (result.text, result.scored) == (expected.text, ())
