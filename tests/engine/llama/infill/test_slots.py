"""Infill answers: what is evaluated for a key, and that shortcuts change no answer."""

import dataclasses
import statistics

import numpy as np
import pytest

from ownstack.engine.llama.infill import slots
from ownstack.engine.llama.infill.slots import SOFT_DRIFT, InfillSlot
from ownstack.engine.llama.kv_sequence import common_prefix
from ownstack.engine.llama.kv_session import HARD_DRIFT
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.context import Context
from ownstack.engine.requests import InfillRequest, Snippet, Surroundings
from ownstack.engine.results import Finish, Generated
from tests.support import native
from tests.support.native import CODE, answer, exhaust, infill_slot, job

pytestmark = pytest.mark.native

PREFIX, SUFFIX = CODE[:-60] * 3, "\n\nif __name__ == '__main__':\n    main(sys.argv)\n" * 4
TYPED = "\n    total = sum(len(line) for line in sys.stdin)\n"


def request(typed: str = "", **options: int) -> InfillRequest:
    given = {"max_tokens": 6, "max_lines": 9, **options}
    return InfillRequest(PREFIX + typed, SUFFIX, path="count.py", **given)


def typing(slot: InfillSlot) -> list[Generated]:
    """Key by key, with idle moments in which a moved suffix is refreshed."""
    results = []
    for n in range(len(TYPED) + 1):
        results.append(answer(slot, request(TYPED[:n])))
        if slot.drift() >= SOFT_DRIFT:
            exhaust(slot.refresh(job()))
    return results


def assert_exact(slot: InfillSlot) -> None:
    """Logits are, but for rounding, those of a fresh evaluation of what the session holds."""
    tokens = slot.session.sequence.tokens
    context = Context(slot.model, n_ctx=1024, threads=1)
    for start in range(0, len(tokens), 128):
        context.decode(tokens[start : start + 128], start)
    assert slot.session.context.logits() == pytest.approx(context.logits(), abs=0.05)
    context.close()


@pytest.mark.parametrize(
    ("a", "b", "n"),
    [([], [], 0), ([1], [2], 0), ([1, 2], [1, 2], 2), ([1, 2, 3], [1, 2, 4], 2), ([1], [1, 2], 1)],
)
def test_common_prefix(a: list[int], b: list[int], n: int) -> None:
    """Found by halves."""
    assert common_prefix(a, b) == n


@pytest.mark.parametrize(("order", "shift", "limit"), [("spm", "auto", 2), ("psm", "on", 4)])
def test_new_tokens_for_a_key(order: str, shift: str, limit: int) -> None:
    """Typing appends where the suffix comes first, else the suffix is moved."""
    slot = infill_slot(order, shift=shift)  # type: ignore[arg-type]

    first, *keys = (result.usage.evaluated_tokens for result in typing(slot))

    assert first > 300
    assert statistics.median(keys) <= limit
    assert max(keys) <= 2 * limit


def test_the_marker_before_a_suffix_is_not_moved_with_it() -> None:
    """It says how the text before it ended, so each key has it read again.

    Moved along, Qwen2.5-Coder wrote what had been typed since once more.
    """
    slot = infill_slot("psm", shift="on")
    loaded = slot.model
    answer(slot, request("\n"))
    answer(slot, request("\n    total"))

    parked = slot.session.parked
    assert slot.session.spliced == 1
    assert parked is not None
    assert parked.suffix == loaded.tokenize(SUFFIX)
    assert slot.session.sequence.tokens[parked.at - 1] == loaded.special("<|fim_suffix|>")[0]


def test_without_shift_the_suffix_is_read_again() -> None:
    """The setting's other side: exact, and slow when a token is added."""
    slot = infill_slot("psm", shift="off")

    *_, last = typing(slot)

    assert not slot.shifts
    assert last.usage.evaluated_tokens > len(native.model().tokenize(SUFFIX))


@pytest.mark.parametrize(("order", "shift"), [("spm", "auto"), ("psm", "off")])
def test_reuse_changes_no_answer(order: str, shift: str) -> None:
    """After typing, deleting and jumping the cache is what a fresh evaluation gives."""
    slot = infill_slot(order, shift=shift)  # type: ignore[arg-type]
    for typed in ("", "\n    to", "", TYPED, TYPED[:9]):
        answer(slot, request(typed))
        assert_exact(slot)


def test_refresh_makes_a_moved_suffix_exact() -> None:
    """After it nothing has moved any more, and the cache is what a fresh evaluation gives."""
    slot = infill_slot("psm")
    for typed in ("", "\n    total", "\n    total = sum("):
        answer(slot, request(typed))
    assert slot.drift() > 0

    assert exhaust(slot.refresh(job())) > 0

    assert slot.drift() == 0
    assert answer(slot, request("\n    total = sum(")).usage.evaluated_tokens == 1
    assert_exact(slot)


def test_a_refresh_goes_on_while_somebody_types() -> None:
    """A key in the middle of it loses nothing, and the parked suffix is nearer afterwards."""
    slot = infill_slot("psm")
    for typed in ("", TYPED[:12], TYPED[:24]):
        answer(slot, request(typed))
    before = slot.drift()
    refreshing = slot.refresh(job())
    next(refreshing)

    answer(slot, request(TYPED[:30]))
    exhaust(refreshing)

    assert 0 < slot.drift() < before


def test_a_refresh_ends_when_the_suffix_changes() -> None:
    """It would be of no use to anybody."""
    slot = infill_slot("psm")
    for typed in ("", TYPED[:12]):
        answer(slot, request(typed))
    refreshing = slot.refresh(job())
    next(refreshing)

    answer(slot, InfillRequest(PREFIX, "# another end\n", max_tokens=4))

    assert exhaust(refreshing) == 0
    assert_exact(slot)


def test_a_far_drift_is_not_accepted() -> None:
    """Beyond the limit the suffix is computed anew for the answer."""
    slot = infill_slot("psm")
    answer(slot, request())

    result = answer(slot, request("\n    x = 1" * HARD_DRIFT))

    assert slot.drift() == 0
    assert result.usage.evaluated_tokens > HARD_DRIFT + len(native.model().tokenize(SUFFIX))


def test_a_repeated_request_evaluates_one_token() -> None:
    """The last one, for its logits."""
    slot = infill_slot("spm")
    first = answer(slot, request())

    again = answer(slot, request())

    assert (again.text, again.usage.evaluated_tokens) == (first.text, 1)


def test_two_places_do_not_evict_each_other() -> None:
    """Two windows, each with its own file."""
    slot = infill_slot("spm")
    here = request()
    there = InfillRequest("class Other:\n" * 40, "# the end\n" * 20, path="other.py", max_tokens=4)
    answer(slot, here)
    answer(slot, there)

    costs = [answer(slot, r).usage.evaluated_tokens for r in (here, there, here, there)]

    assert costs == [1, 1, 1, 1]


class Stopping:
    """Sets the flag during the n-th native call, and looks at what is left."""

    def __init__(self, order: str) -> None:
        self.flag = AbortFlag()
        self.slot = infill_slot(order, flag=self.flag)

    def cancel_after(self, steps: int, wanted: InfillRequest) -> Generated:
        results: list[Generated] = []
        asked = job()
        running = self.slot.answer(asked, wanted, lambda _text: None, results.append)
        for _ in range(steps):
            next(running)
        self.flag.set()
        assert next(running) is False
        asked.cancelled = True
        exhaust(running)
        self.flag.clear()
        return results[0]


@pytest.mark.parametrize("order", ["spm", "psm"])
@pytest.mark.parametrize("steps", [0, 1, 3, 5])
def test_cancel_leaves_a_consistent_slot(order: str, steps: int) -> None:
    """In the prompt or in the answer: the account is what the cache holds, answers stay right."""
    stopping = Stopping(order)

    result = stopping.cancel_after(steps, request())

    session = stopping.slot.session
    assert result.finish is Finish.CANCELLED
    assert len(session.sequence.tokens) == session.context.end()
    answer(stopping.slot, request())
    assert_exact(stopping.slot)


def test_an_aborted_step_halves_the_next() -> None:
    """So that something is kept of each, and it grows again."""
    stopping = Stopping("spm")
    batch_sizer = stopping.slot._batch_sizer

    stopping.cancel_after(0, request())
    assert batch_sizer.tokens() == 128

    answer(stopping.slot, request())
    assert batch_sizer.tokens() == 256


def test_an_answer_that_is_displaced_goes_on_right() -> None:
    """Another answer on the same session, in the middle of one, changes neither."""
    slot = infill_slot("spm")
    results: list[Generated] = []
    prefetch = slot.answer(job(), request(max_tokens=12), lambda _text: None, results.append)
    for _ in range(8):
        next(prefetch)

    answer(slot, request("\n    to"))
    assert_exact(slot)
    exhaust(prefetch)

    assert results[0].usage.generated_tokens >= 12
    assert_exact(slot)


def test_healing_constrains_the_answer() -> None:
    """The tokens written agree with the partial word, and the answer excludes it."""
    slot = infill_slot("spm")
    result = answer(slot, request("\n    retu", max_tokens=8))

    sequence = slot.session.sequence.tokens
    written = b"".join(slot.model.pieces[token] for token in sequence[result.usage.prompt_tokens :])

    assert written.startswith(b" retu")
    assert result.text.startswith(written[5:].decode("utf-8", "ignore")[:1])


@pytest.mark.parametrize("seconds", ["deadline_s", "first_line_s"])
def test_deadlines(seconds: str) -> None:
    """Time that is over ends an answer; the first line's only at a line end."""
    slot = infill_slot("spm")
    wanted = dataclasses.replace(request(max_tokens=40), **{seconds: 0.0})

    result = answer(slot, wanted)

    if seconds == "deadline_s":
        assert (result.text, result.finish) == ("", Finish.DEADLINE)
    else:
        assert result.finish in (Finish.DEADLINE, Finish.LENGTH)
        assert "\n" not in result.text.rstrip("\n")


def test_length() -> None:
    """Tokens that only repeat the partial word are not the answer's."""
    slot = infill_slot("spm")

    result = answer(slot, request("\n    retu", max_tokens=3))

    assert result.finish in (Finish.LENGTH, Finish.END)
    assert result.usage.generated_tokens >= 3
    assert result.mean_logprob < 0


@pytest.mark.parametrize("typed", ["\n", "\n    retu", "\n    zqy"])
def test_tokens_are_as_likely_as_a_plain_computation_says(typed: str) -> None:
    """Those that only repeat the partial word are not among them; the others count in full."""
    slot = infill_slot("spm")
    result = answer(slot, request(typed, max_tokens=6))

    tokens, prompt = slot.session.sequence.tokens, result.usage.prompt_tokens
    rows = direct_logits(slot, prompt)
    healing = result.usage.generated_tokens - len(result.tokens)
    assert bool(healing) == ("zqy" in typed)
    compared = list(zip(rows, tokens[prompt:], strict=False))[healing:]
    assert len(compared) == len(result.tokens) - 1 > 0
    for (row, token), of_answer in zip(compared, result.tokens, strict=False):
        logprob = row[token] - row.max() - np.log(np.exp(row - row.max()).sum())
        assert of_answer.logprob == pytest.approx(float(logprob), abs=0.02)
    assert result.mean_logprob == pytest.approx(
        statistics.fmean(token.logprob for token in result.tokens)
    )


def direct_logits(slot: InfillSlot, prompt_tokens: int) -> list[np.ndarray]:
    """Logits after the prompt of the last answer, and after each token of the answer."""
    tokens = slot.session.sequence.tokens
    context = Context(slot.model, n_ctx=1024, threads=1)
    rows = []
    for start in range(0, prompt_tokens, 128):
        context.decode(tokens[start : min(start + 128, prompt_tokens)], start)
    rows.append(context.logits().copy())
    for at in range(prompt_tokens, len(tokens)):
        context.decode(tokens[at : at + 1], at)
        rows.append(context.logits().copy())
    context.close()
    return rows


def test_text_too_long_for_the_window_is_clipped() -> None:
    """Said in the usage, and the answer comes."""
    slot = infill_slot("spm")

    result = answer(slot, InfillRequest("x = 1\n" * 5_000, "y = 2\n" * 5_000, max_tokens=4))

    assert result.usage.clipped
    assert result.usage.prompt_tokens < slot.window


def test_40_000_equal_characters() -> None:
    """They do not end the process."""
    slot = infill_slot("psm")

    assert answer(slot, InfillRequest("=" * 40_000, " " * 40_000, max_tokens=2)).usage.clipped


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_a_wider_prompt_is_used_once_it_is_read(
    order: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then the narrow one answers; reading the wide one costs it nothing that it holds."""
    monkeypatch.setattr(slots, "_EXTRA_S", 0.0)  # So small a model reads all of it in that time.
    slot = infill_slot(order)  # type: ignore[arg-type]
    narrow = InfillRequest(PREFIX[-300:], SUFFIX[:40], path="count.py", max_tokens=1)
    wide = Surroundings(PREFIX, SUFFIX[:40])
    both = dataclasses.replace(narrow, wider=(wide,))
    n_narrow = answer(slot, narrow).usage.prompt_tokens

    first = answer(slot, both).usage
    read = answer(slot, dataclasses.replace(narrow, prefix=PREFIX)).usage
    second = answer(slot, dataclasses.replace(both, prefix=narrow.prefix + "\n")).usage
    typed = dataclasses.replace(both, wider=(Surroundings(PREFIX + "\n", SUFFIX[:40]),))
    third = answer(slot, dataclasses.replace(typed, prefix=narrow.prefix + "\n")).usage

    assert (first.prompt_tokens, first.evaluated_tokens) == (n_narrow, 1)
    assert read.prompt_tokens > n_narrow + 150
    assert second.prompt_tokens == read.prompt_tokens
    assert third.prompt_tokens > read.prompt_tokens
    assert third.evaluated_tokens <= 5


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_each_width_keeps_what_was_read_for_it(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though all begin with the same text of other files, and end with the same suffix."""
    monkeypatch.setattr(slots, "_EXTRA_S", 0.0)
    slot = infill_slot(order)  # type: ignore[arg-type]
    others = (Snippet("sums.py", PREFIX[:400]),)
    texts = [PREFIX[-100:], PREFIX[-300:], PREFIX]
    widest, middle, narrow = (
        InfillRequest(
            texts[n],
            SUFFIX,
            path="count.py",
            context=others,
            wider=tuple(Surroundings(text, SUFFIX, others) for text in reversed(texts[n + 1 :])),
            max_tokens=1,
        )
        for n in (2, 1, 0)
    )
    n_narrow = answer(slot, narrow).usage.prompt_tokens
    n_middle = answer(slot, middle).usage.prompt_tokens
    reading = slot.answer(job(), widest, lambda text: None, lambda result: None)
    next(reading)
    reading.close()

    usage = answer(slot, narrow).usage

    assert usage.prompt_tokens == n_middle > n_narrow
    assert usage.evaluated_tokens <= 1


def test_a_wider_prompt_that_was_read_in_part_is_gone_on_with() -> None:
    """If what is left of it is less than the narrow one would take."""
    slot = infill_slot("spm")
    wide = InfillRequest(PREFIX, "", path="count.py", max_tokens=1)
    reading = slot.answer(job(), wide, lambda text: None, lambda result: None)
    next(reading)
    reading.close()
    narrow = dataclasses.replace(wide, prefix=PREFIX[-500:])

    usage = answer(slot, dataclasses.replace(narrow, wider=(Surroundings(PREFIX, ""),))).usage

    assert usage.prompt_tokens > 300 > 150 > usage.evaluated_tokens > 1
