"""Scoring: probabilities that a plain computation also finds, and a session left as it was."""

import dataclasses
import itertools
import math
import statistics
from typing import Any

import numpy as np
import pytest

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.infill.candidates import MAX_LINE_TOKENS
from ownstack.engine.llama.infill.scoring import supported
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.branches import Branches
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import InfillRequest, ScoreRequest
from ownstack.engine.results import Finish, Generated, ScoredLine, Speed
from ownstack.errors import EngineError
from ownstack.models.gguf import fim
from tests.support import native
from tests.support.native import CODE, answer, exhaust, infill_slot, job, steps

pytestmark = pytest.mark.native

PREFIX, SUFFIX = f"{CODE * 2}", "\n\nif __name__ == '__main__':\n    main(sys.argv)\n"
LINES = ("return count", "return count + 1", "return sum(", "", "x = 'häé😀'", "日本語", "))):")

SAYS = ("total", " =", " sum(", "):\n")
"""What a model writes that is made to."""


def request(typed: str = "", candidates: tuple[str, ...] = LINES, **options: Any) -> ScoreRequest:
    given = {"alternatives": 2, "max_tokens": 4, **options}
    return ScoreRequest(PREFIX + typed, SUFFIX, candidates=candidates, **given)


class Plain:
    """Probabilities of texts, a token at a time in a context of its own."""

    def __init__(self, slot: InfillSlot, wanted: ScoreRequest) -> None:
        self.model = slot.model
        self.stops = fim.detect(slot.model).stops
        self.prompt = slot._widest(wanted).target.flat
        self.healed = slot._widest(wanted).healed
        self.known: dict[tuple[int, ...], np.ndarray] = {}

    def after(self, way: tuple[int, ...]) -> np.ndarray:
        """Probabilities of the next token."""
        if way not in self.known:
            context = Context(self.model, n_ctx=1024, threads=1, branches=1)
            tokens = [*self.prompt, *way]
            for at in range(0, len(tokens), 128):
                context.decode(tokens[at : at + 128], at)
            weights = np.exp(context.logits() - context.logits().max(), dtype=np.float64)
            self.known[way] = weights / weights.sum()
            context.close()
        return self.known[way]

    def of(self, way: tuple[int, ...]) -> float:
        steps = ((way[:at], token) for at, token in enumerate(way))
        return math.prod(float(self.after(before)[token]) for before, token in steps)

    def line(self, text: str) -> float:
        """What the line has, written alone or as it is before a line break."""
        data, pieces = (self.healed + text).encode(), self.model.pieces
        broken = self.model.tokenize(f"{self.healed}{text}\n")
        before = itertools.takewhile(lambda token: b"\n" not in pieces[token], broken)
        ways = [tuple(self.model.tokenize(self.healed + text)), tuple(before)]
        total = 0.0
        for way in {whole[:n] for whole in ways for n in range(len(whole) + 1)}:
            rest = data[sum(len(pieces[token]) for token in way) :]
            ends = [
                token
                for token, piece in enumerate(pieces)
                if piece.startswith((rest + b"\n", rest + b"\r"))
                or (not rest and token in self.stops)
            ]
            total += self.of(way) * float(self.after(way)[ends].sum())
        return total

    def typed(self, way: tuple[int, ...] = (), rest: bytes | None = None) -> float:
        """What the partial word has, written in whatever tokens."""
        rest = self.healed.encode() if rest is None else rest
        pieces = self.model.pieces
        longer = [t for t, piece in enumerate(pieces) if piece.startswith(rest)]
        shorter = [t for t, piece in enumerate(pieces) if piece and rest.startswith(piece)]
        return self.of(way) * float(self.after(way)[longer].sum()) + sum(
            self.typed((*way, t), rest[len(pieces[t]) :]) for t in shorter if pieces[t] != rest
        )


def by_text(result: Generated) -> dict[str, ScoredLine]:
    return {line.text: line for line in result.scored}


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_lines_have_the_probability_of_a_plain_computation(order: str) -> None:
    """Shared beginnings, tokens in parts of characters, and nothing at all."""
    slot = infill_slot(order)

    scored = by_text(answer(slot, request()))

    plain = Plain(slot, request())
    assert {text: scored[text].logprob for text in LINES} == pytest.approx(
        {text: math.log(plain.line(text)) for text in LINES}, abs=1e-3
    )


@pytest.mark.parametrize("typed", ["    retu", "    coun", "x = (", "    x"])
def test_a_partial_word_is_given(typed: str) -> None:
    """Its own probability is taken off that of the whole word, the same for all lines."""
    slot = infill_slot("spm")
    candidates = ("rn count", "", "t + 1", "rn sum(count)")

    scored = by_text(answer(slot, request(typed, candidates)))

    plain = Plain(slot, request(typed))
    wanted = {text: math.log(plain.line(text)) for text in candidates}
    shift = {wanted[text] - scored[text].logprob for text in candidates}
    assert plain.healed
    assert max(shift) - min(shift) < 1e-3
    assert max(shift) == pytest.approx(math.log(plain.typed()), abs=0.05)


def test_shared_beginnings_are_evaluated_once() -> None:
    """A proposal that another begins with costs nothing more."""
    slot = infill_slot("spm")
    longer = answer(slot, request(candidates=("return count + 1",))).usage.drafted_tokens

    both = answer(slot, request(candidates=("return count + 1", "return count", ""))).usage

    assert both.drafted_tokens == longer > 0


def test_duplicates_and_line_breaks() -> None:
    """Each line once, as far as its break."""
    slot = infill_slot("spm")
    candidates = ("x = 1", "x = 1", "x = 1\n    y = 2", "x = 1\r\n", "\nfoo")

    result = answer(slot, request(candidates=candidates))

    assert sorted(line.text for line in result.scored if line.proposed) == ["", "x = 1"]


def test_a_proposal_longer_than_a_line_can_be() -> None:
    """Left out, also when it is longer than the window; the others are scored."""
    slot = infill_slot("spm")
    candidates = ("y + " * MAX_LINE_TOKENS, "é" * 50_000, "=" * 40_000, "x = 1")

    result = answer(slot, request(candidates=candidates))

    assert [line.text for line in result.scored if line.proposed] == ["x = 1"]


def test_many_long_proposals() -> None:
    """More than there is room for: the first ones are scored."""
    slot = infill_slot("spm")
    candidates = tuple(f"{name} = " + "1 + " * 12 for name in "abcdefghijklmnopqrs")

    result = answer(slot, request(candidates=candidates))

    scored = [text for text in candidates if text in by_text(result)]
    assert scored == list(candidates[: len(scored)])
    assert 3 < len(scored) < len(candidates)


def says_slot(*says: str, flag: AbortFlag | None = None) -> InfillSlot:
    """A slot of a model that writes these pieces."""
    model = LlamaModel(native.model_file("spm", says=says))
    slot = InfillSlot(
        model,
        fim.detect(model),
        window=1024,
        threads=1,
        flag=flag or AbortFlag(),
        batch_sizer=BatchSizer(SpeedMeter(Speed(1000.0, 100.0))),
    )
    slot.open()
    return slot


def test_the_models_own_line_is_found() -> None:
    """The likeliest of all, with the token that ends it as well as writing its last marks."""
    slot = says_slot(*SAYS)

    result = answer(slot, request(alternatives=3, max_tokens=24, candidates=("total = 1",)))

    assert result.text == "total = sum():"
    best = result.scored[0]
    assert (best.text, best.tokens, best.proposed, best.found) == (result.text, 4, False, True)
    assert by_text(result)["total = 1"].proposed
    assert result.finish is Finish.END
    assert best.logprob == pytest.approx(0.0, abs=1e-3)
    assert result.mean_logprob == best.logprob / 5


def test_a_line_both_proposed_and_found() -> None:
    """Once, and said to be both, though it is proposed in other tokens than it is found in."""
    slot = says_slot(*SAYS)

    result = answer(slot, request(candidates=("total = sum():",), max_tokens=24))

    assert result.scored[0].text == result.text == "total = sum():"
    assert (result.scored[0].proposed, result.scored[0].found) == (True, True)
    assert len({line.text for line in result.scored}) == len(result.scored)


def test_the_search_agrees_with_what_was_typed() -> None:
    """Found lines go on from the partial word, which they do not repeat."""
    slot = says_slot(*SAYS)

    result = answer(slot, request("tot", (), max_tokens=24))

    assert result.text == "al = sum():"
    assert result.scored[0].logprob == pytest.approx(0.0, abs=1.0)


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_typing_appends(order: str) -> None:
    """A key costs what it costs without scoring, and what the session holds is exact."""
    slot, typed = infill_slot(order), "    total = sum(len(line))"
    answer(slot, request())

    results = [answer(slot, request(typed[:n])) for n in range(1, len(typed))]

    limit = 2 if order == "spm" else 4
    costs = [result.usage.evaluated_tokens for result in results]
    assert statistics.median(costs) <= limit
    assert max(costs) <= 2 * limit
    assert all(result.scored for result in results)
    session = slot.session
    assert len(session.sequence.tokens) == session.context.end()
    fresh = infill_slot("spm") if order == "spm" else infill_slot(order, shift="off")
    again = by_text(answer(fresh, request(typed[:-1])))
    tolerance = 1e-3 if order == "spm" else 0.1  # A moved suffix is an approximation.
    assert {text: line.logprob for text, line in by_text(results[-1]).items() if line.proposed} == (
        pytest.approx(
            {text: line.logprob for text, line in again.items() if line.proposed}, abs=tolerance
        )
    )


@pytest.mark.parametrize("n_steps", [0, 2, 3, 4])
def test_an_abort_leaves_the_lane_right(n_steps: int) -> None:
    """In the prompt, in the candidates or in the search; forks are gone, and answers stay right."""
    flag = AbortFlag()
    slot = says_slot(*SAYS, flag=flag)
    asked, results = job(), list[Generated]()
    running = steps(slot, request(max_tokens=24), asked, results)
    for _ in range(n_steps):
        next(running)
    flag.set()
    assert next(running) is False
    asked.cancelled = True
    exhaust(running)
    flag.clear()

    assert results[0].finish is Finish.CANCELLED
    session = slot.session
    assert len(session.sequence.tokens) == session.context.end()
    assert [session.context.end(sequence) for sequence in range(1, 30)] == [0] * 29
    fresh = answer(says_slot(*SAYS), request())
    assert answer(slot, request()).scored[0].logprob == pytest.approx(
        fresh.scored[0].logprob, abs=1e-3
    )


@pytest.mark.parametrize("scoring", [True, False])
def test_an_answer_in_between(scoring: bool) -> None:
    """Another one on the same session, in the middle of the search, changes neither."""
    slot = says_slot(*SAYS)
    undisturbed = answer(says_slot(*SAYS), request(max_tokens=24))
    results: list[Generated] = []
    running = steps(slot, request(max_tokens=24), job(), results)
    for _ in range(4):
        next(running)

    kind = ScoreRequest if scoring else InfillRequest
    answer(slot, kind(f"{PREFIX}    retu", SUFFIX, max_tokens=2))
    exhaust(running)

    assert [line.text for line in results[0].scored] == [line.text for line in undisturbed.scored]
    assert [line.logprob for line in results[0].scored] == pytest.approx(
        [line.logprob for line in undisturbed.scored], abs=1e-3
    )


def test_deadlines() -> None:
    """With the line's time over, what was proposed is scored; with all of it over, nothing is."""
    slot = infill_slot("spm")

    line = answer(slot, dataclasses.replace(request(), first_line_s=0.0))
    nothing = answer(slot, dataclasses.replace(request("    x"), deadline_s=0.0))

    assert line.finish is nothing.finish is Finish.DEADLINE
    assert {scored_line.text for scored_line in line.scored if scored_line.proposed} == set(LINES)
    assert nothing.scored == ()


def test_a_model_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so instead of taking seconds at a key."""
    monkeypatch.setattr("ownstack.engine.llama.infill.slots.supported", lambda *_: False)
    slot = infill_slot("spm")

    with pytest.raises(EngineError, match="too large"):
        answer(slot, request())


@pytest.mark.parametrize(
    ("parameters", "vocabulary", "small"),
    [(12_000_000, 8_192, True), (10**8 + 1, 8_192, False), (60_000_000, 151_936, False)],
)
def test_supported(parameters: int, vocabulary: int, small: bool) -> None:
    """By what a key costs."""
    assert supported(parameters, vocabulary) is small


def test_branches_share_and_leave_nothing() -> None:
    """Two forks with a token in common; dropped, the context holds what it held."""
    context = Context(native.model("spm"), n_ctx=256, threads=1, n_seq_max=4, branches=8)
    context.decode([65, 66, 67], 0)
    branches = Branches(context, 1, 3)
    a, b = branches.fork(0, 3), branches.fork(0, 3)

    branches.decode([68, 69, 70], [3, 4, 4], [[a, b], [a], [b]])

    rows = branches.logits().copy()
    assert [context.end(sequence) for sequence in (0, a, b)] == [3, 5, 5]
    assert branches.drop()
    assert not branches.drop()
    assert [context.end(sequence) for sequence in (0, a, b)] == [3, 0, 0]
    for row, tail in zip(rows, ([68], [68, 69], [68, 70]), strict=True):
        context.remove(0, 3)
        context.decode(tail, 3)
        assert row == pytest.approx(context.logits(), abs=1e-3)
    branches.close()
    context.close()
