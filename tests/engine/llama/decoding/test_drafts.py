"""Drafts: cheaper answers, never other ones."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator

import pytest

from ownstack.engine.llama.decoding.drafts import (
    FIRST_CHECKS,
    MAX_REJECTED,
    MAX_TOKENS,
    TRY_AGAIN,
    DraftPayoff,
    Drafts,
)
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.kv_session import Target
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import NO_ROOM, Context
from ownstack.engine.requests import InfillRequest
from ownstack.engine.results import Finish, Generated
from tests.support import native
from tests.support.native import CODE, answer, exhaust, infill_slot, job

pytestmark = pytest.mark.native

PREFIX, SUFFIX = CODE[:-60], "\n\nif __name__ == '__main__':\n    main(sys.argv)\n"
MODEL = native.model("spm")


def drafts(*proposals: str, healed: str = "") -> Drafts:
    return Drafts(proposals, healed, MODEL.tokenize, MODEL.pieces)


def wrote(made: Drafts, text: str) -> Drafts:
    for token in MODEL.tokenize(text):
        made.wrote(token)
    return made


def spelt(tokens: list[int]) -> str:
    return b"".join(MODEL.pieces[token] for token in tokens).decode()


def request(prefix: str = PREFIX, *proposals: str, **options: int) -> InfillRequest:
    given = {"max_tokens": 24, "max_lines": 9, **options}
    return InfillRequest(prefix, SUFFIX, path="count.py", drafts=proposals, **given)


def prompts(n: int) -> Iterator[InfillRequest]:
    """Requests at random places of some code, as different as their options allow."""
    rng = random.Random(5)
    for _ in range(n):
        at = rng.randrange(20, len(CODE))
        yield InfillRequest(
            CODE[:at],
            CODE[at + rng.randrange(20) :],
            path=rng.choice(["", "count.py"]),
            max_tokens=rng.choice([1, 2, 3, 9, 24]),
            max_lines=rng.choice([1, 1, 2, 9]),
            min_indent=rng.choice([None, None, 1, 4]),
        )


def proposals(text: str, rng: random.Random) -> tuple[str, ...]:
    """Return drafts of which some are right, some begin right, and some are wrong throughout."""
    cuts = [text[: rng.randrange(len(text) + 1)] for _ in range(3)]
    made = [text, text + " more", cuts[0], cuts[1] + " = x", cuts[2] + "é\n", "", "return None"]
    rng.shuffle(made)
    return tuple(made[: rng.randrange(1, 5)])


def same(a: Generated, b: Generated) -> bool:
    return (a.text, a.finish, a.usage.generated_tokens) == (
        b.text,
        b.finish,
        b.usage.generated_tokens,
    )


def test_the_model_writes_the_first_token() -> None:
    """It chooses among the proposals; a draft before it would be a guess more."""
    made = drafts("return count")

    assert made.following(9) == []
    assert spelt(wrote(made, "return").following(9)) == " count"


def test_the_first_proposal_that_agrees() -> None:
    """With what was written, the partial word before the cursor included."""
    made = drafts("urn None", "urn self.count", "urn self.name", healed="ret")

    wrote(made, "return self")

    assert spelt(made.following(9)) == ".count"


def test_another_proposal_after_a_difference() -> None:
    """The one that the text agrees with now."""
    made = wrote(drafts("(a, b)", "(a, c)"), "(a,")
    assert spelt(made.following(9)) == " b)"

    wrote(made, " c")

    assert spelt(made.following(9)) == ")"


def test_tokens_that_a_model_cuts_differently() -> None:
    """The rest is split anew where the written tokens end."""
    made = drafts("return count")
    for letter in "retu":
        wrote(made, letter)

    assert spelt(made.following(9)) == "rn count"


def test_inside_a_character() -> None:
    """There is a draft if the tokens agree so far, but no text begins there."""
    first, second = MODEL.tokenize("é")
    agreeing, other = drafts("é"), drafts("returné")
    agreeing.wrote(first)
    for letter in "return":
        wrote(other, letter)
    other.wrote(first)

    assert agreeing.following(9) == [second]
    assert other.following(9) == []


def test_a_vocabulary_that_changes_the_text_gives_no_draft() -> None:
    """SentencePiece puts a blank before what it splits."""
    made = Drafts(["ab cd"], "", lambda text: MODEL.tokenize(f" {text}"), MODEL.pieces)
    wrote(made, "ab")

    assert made.following(9) == []


def test_length_of_a_draft() -> None:
    """Bounded by what is still allowed, and by the rows of logits."""
    made = wrote(drafts("x" + "=" * 3 + "y z " * 40), "x")

    assert len(made.following(99)) == MAX_TOKENS
    assert len(made.following(2)) == 2
    assert made.following(0) == []


def test_two_rejected_drafts_are_enough() -> None:
    """Of which no token was right; others go on."""
    made = wrote(drafts("x = 1"), "x")

    made.checked(3, 1)
    for _ in range(MAX_REJECTED):
        assert made.following(9)
        made.checked(2, 0)

    assert made.following(9) == []
    assert (made.drafted, made.accepted) == (7, 1)


def test_drafts_that_do_not_pay() -> None:
    """They are tried now and then only, until they pay."""
    payoff = DraftPayoff()
    for _ in range(FIRST_CHECKS):
        assert payoff.pays()
        payoff.note(1, 0.04, 100.0)

    assert [payoff.pays() for _ in range(TRY_AGAIN)] == [False] * (TRY_AGAIN - 1) + [True]

    for _ in range(FIRST_CHECKS):
        payoff.note(9, 0.04, 100.0)
    assert payoff.pays()


@pytest.mark.parametrize(("order", "shift"), [("spm", "auto"), ("psm", "on"), ("psm", "off")])
def test_drafts_change_no_answer(order: str, shift: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text, end and tokens are those of an engine that was proposed nothing."""
    monkeypatch.setattr(DraftPayoff, "pays", lambda self: True)
    plain, drafting = (infill_slot(order, shift=shift) for _ in range(2))  # type: ignore[arg-type]
    rng, accepted = random.Random(3), 0

    for wanted in prompts(60):
        expected = answer(plain, wanted)
        proposed = dataclasses.replace(wanted, drafts=proposals(expected.text, rng))
        result = answer(drafting, proposed)

        assert same(result, expected), proposed
        assert result.mean_logprob == pytest.approx(expected.mean_logprob, abs=0.01)
        assert result.usage.accepted_tokens <= result.usage.drafted_tokens
        sequence = drafting.session.sequence.tokens
        assert len(sequence) == drafting.session.context.end()
        assert len(sequence) <= result.usage.prompt_tokens + result.usage.generated_tokens
        accepted += result.usage.accepted_tokens

    assert accepted > 40


def test_a_right_draft_saves_calls() -> None:
    """One for the prompt and one for the whole draft, which brings the end as well."""
    says = ("return", " self", ".", "count", " +", " name")
    slot = infill_slot("spm", loaded=LlamaModel(native.model_file("spm", says=says)))
    assert answer(slot, request("x = 1\n")).text == "".join(says)
    before = slot.session.context.decodes

    result = answer(slot, request("x = 1\n", "return None", "".join(says)))

    assert (result.text, result.finish) == ("".join(says), Finish.END)
    assert slot.session.context.decodes - before == 3  # "return None" was the likeliest.
    assert (result.usage.drafted_tokens, result.usage.accepted_tokens) == (5, 4)


def test_pieces_are_the_text() -> None:
    """What streams is what the result says, also where a draft brings much at once."""
    slot = infill_slot("spm")
    text = answer(slot, request()).text
    streamed: list[str] = []
    results: list[Generated] = []

    exhaust(slot.answer(job(), request(PREFIX, text), streamed.append, results.append))

    assert results[0].text.startswith("".join(streamed))
    assert results[0].text == text


def test_one_token_is_not_drafted() -> None:
    """Nor the last of several: the model's own choice is there without."""
    slot = infill_slot("spm")
    text = answer(slot, request()).text

    assert answer(slot, request(PREFIX, text, max_tokens=1)).usage.drafted_tokens == 0
    assert answer(slot, request(PREFIX, text, max_tokens=2)).usage.drafted_tokens <= 1


class Stopping:
    """An answer with a right draft, stopped or displaced in the draft's own call."""

    def __init__(self, order: str) -> None:
        self.flag = AbortFlag()
        self.slot = infill_slot(order, flag=self.flag)
        self.plain = answer(self.slot, request())
        self.results: list[Generated] = []
        self.job = job()
        wanted = request(PREFIX, self.plain.text)
        self.running = self.slot.answer(self.job, wanted, lambda _text: None, self.results.append)
        next(self.running)  # The prompt's last token; next is the draft.


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_an_aborted_draft_is_done_again(order: str) -> None:
    """The account is what the cache holds, and the answer the same."""
    stopping = Stopping(order)
    stopping.flag.set()
    assert next(stopping.running) is False
    stopping.flag.clear()
    session = stopping.slot.session
    assert len(session.sequence.tokens) == session.context.end()

    exhaust(stopping.running)

    (result,) = stopping.results
    assert same(result, stopping.plain)
    assert result.usage.accepted_tokens > 0


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_a_cancelled_draft(order: str) -> None:
    """Nothing of it is said, and the next answer is right."""
    stopping = Stopping(order)
    stopping.flag.set()
    stopping.job.cancelled = True
    exhaust(stopping.running)
    stopping.flag.clear()
    session = stopping.slot.session

    assert stopping.results[0].finish is Finish.CANCELLED
    assert len(session.sequence.tokens) == session.context.end()
    assert same(answer(stopping.slot, request()), stopping.plain)


@pytest.mark.parametrize("order", ["spm", "psm"])
def test_a_draft_whose_logits_another_answer_overwrote(order: str) -> None:
    """It is forgotten, and neither answer changes."""
    stopping = Stopping(order)
    assert next(stopping.running) is True
    other = request(PREFIX + "\n    to", max_tokens=5)
    beside = answer(infill_slot(order), other)

    assert answer(stopping.slot, other).text == beside.text
    exhaust(stopping.running)

    assert same(stopping.results[0], stopping.plain)


def test_a_deadline_in_a_draft() -> None:
    """What the draft brought after it is not said."""
    slot = infill_slot("spm")
    text = answer(slot, request()).text
    late = dataclasses.replace(request(PREFIX, text), deadline_s=0.0)

    result = answer(slot, late)

    assert (result.text, result.finish) == ("", Finish.DEADLINE)


def test_no_room_for_a_draft(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the answer is written token by token."""
    slot = infill_slot("spm")
    plain = answer(slot, request())
    decode = Context.decode

    def full(self: Context, tokens: list[int], *rest: int, logits: int = 1, **more: bool) -> int:
        return NO_ROOM if logits > 1 else decode(self, tokens, *rest, logits=logits, **more)

    monkeypatch.setattr(Context, "decode", full)
    result = answer(slot, request(PREFIX, plain.text))

    assert same(result, plain)
    assert result.usage.drafted_tokens == 0


def test_a_memory_that_cannot_forget_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recurrent state holds all or nothing: no drafts."""
    slot: InfillSlot = infill_slot("spm")
    plain = answer(slot, request())
    monkeypatch.setattr(slot.model, "recurrent", True)

    result = answer(slot, request(PREFIX, plain.text))

    assert same(result, plain)
    assert result.usage.drafted_tokens == 0


def test_a_lane_that_holds_something_else() -> None:
    """Nothing is evaluated for a draft that does not follow on what is there."""
    slot = infill_slot("spm")
    answer(slot, request())
    session = slot.session
    before = session.context.decodes

    assert session.draft(Target([1, 2, 3]), [4]) is None
    assert session.context.decodes == before


def test_totals() -> None:
    """The status shows what drafts were worth."""
    slot = infill_slot("spm")
    text = answer(slot, request()).text
    usage = answer(slot, request(PREFIX, text)).usage

    figures = slot.totals.figures()

    assert figures["draftedTokens"] == usage.drafted_tokens > 0
    assert figures["acceptedTokens"] == usage.accepted_tokens > 0
