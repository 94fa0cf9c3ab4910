"""Makes an edit: a model drafts it, checks judge it, what fails goes back to the model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from ownstack.actions import prompt
from ownstack.actions.checks.check import Check, Checker, Draft
from ownstack.actions.draft import replacement
from ownstack.actions.result import EditProgress, Hear, MadeEdit, Tier
from ownstack.actions.wish import Wish
from ownstack.chat.proposals import proposal
from ownstack.engine.chat import ChatAnswer, TextDelta
from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish
from ownstack.errors import EditError

MAX_ROUNDS = 3
"""One draft in the first, two in the second, three in the third at most: see `_tries`."""
TEMPERATURE = 0.7
MAX_LONGER = 2.0
"""How many times as long as the target a replacement may be, beside `MAX_ADDED` tokens."""
MAX_ADDED = 400
MAX_NEW = 1_200
"""Tokens where nothing stood before, such as new tests."""
WINDOWS_TAKEN = 2.5
"""Of a window, in sizes of the target: it is read, it is written, and there is something beside."""


@dataclass
class _Attempt:
    """A draft, and what came of it."""

    answer: str
    draft: Draft | None
    checks: tuple[Check, ...]
    may_be_shown: bool

    @property
    def failed(self) -> int:
        return sum(check.state == "failed" for check in self.checks)


@dataclass
class _Made:
    """What was tried so far."""

    size: int
    """Tokens of the target."""
    attempts: list[_Attempt] = field(default_factory=list)
    handed_back: set[str] = field(default_factory=set)
    """Answers that the model was told what fails of."""
    generated_tokens: int = 0
    rounds: int = 0


class EditMaker:
    """Makes edits with one model."""

    def __init__(
        self,
        engine: Engine,
        checkers: Sequence[Checker],
        *,
        max_seconds: float = 60.0,
        conversation: str = "",
        tier: Tier = 2,
    ) -> None:
        """After `max_seconds` no further draft is begun."""
        self._engine = engine
        self._checkers = checkers
        self._max_seconds = max_seconds
        self._conversation = conversation
        self._tier: Tier = tier

    async def make(
        self, wish: Wish, base_hash: str, hear: Hear = lambda progress: None
    ) -> MadeEdit:
        """Make the edit that is wished. Being cancelled cancels the model.

        Raises:
            EditError: no draft is one that may be shown; why the last one is not.
            OwnstackError: the engine failed.
        """
        started_s = time.monotonic()
        made = _Made(await asyncio.to_thread(self._size, wish))
        plain = await asyncio.to_thread(prompt.messages, wish, self._window, self._engine.count)
        told = plain
        if wish.is_mending:
            hear(EditProgress("checking"))
            problems = await self._problems(wish)
            told = prompt.with_problems(plain, problems, self._window, self._engine.count)
        for number in range(1, MAX_ROUNDS + 1):
            made.rounds = number
            for asked, temperature in self._tries(plain, told, made):
                if made.attempts and time.monotonic() - started_s > self._max_seconds:
                    return await self._result(wish, base_hash, made, started_s)
                attempt = await self._attempt(wish, asked, made, hear, temperature)
                made.attempts.append(attempt)
                if attempt.may_be_shown and not attempt.failed:
                    return await self._result(wish, base_hash, made, started_s)
        return await self._result(wish, base_hash, made, started_s)

    @property
    def _window(self) -> int:
        return self._engine.capabilities.context_tokens

    def _tries(
        self, plain: tuple[Message, ...], told: tuple[Message, ...], made: _Made
    ) -> Iterator[tuple[tuple[Message, ...], float]]:
        """Yield what is asked in a round, each with its temperature.

        First what the model is surest of. Then the best draft goes back with what fails of it, and
        beside it others are drafted: a small model that went wrong seldom finds out of it, and what
        is reported misleads it at times (`plain` is without).
        """
        if made.rounds == 1:
            yield told, 0.0
            return
        best = _best(made.attempts)
        if best.draft is not None and best.answer not in made.handed_back:
            made.handed_back.add(best.answer)
            said = prompt.again(best.answer, best.checks, self._window, self._engine.count)
            yield (*told, *said), 0.0
        if made.rounds == 2:
            yield (told, TEMPERATURE) if told is plain else (plain, 0.0)
            return
        yield told, TEMPERATURE
        yield plain, TEMPERATURE

    async def _problems(self, wish: Wish) -> tuple[Check, ...]:
        """Return what fails of the lines as they are."""
        draft = Draft(wish, wish.target.code)
        checks = [await checker.check(draft) for checker in self._checkers]
        return tuple(check for check in checks if check.state == "failed")

    async def _attempt(
        self,
        wish: Wish,
        asked: tuple[Message, ...],
        made: _Made,
        hear: Hear,
        temperature: float,
    ) -> _Attempt:
        answer = await self._written(wish, asked, made, hear, temperature)
        text = answer.message.text
        try:
            if answer.finish is Finish.LENGTH:
                raise EditError("The answer was cut off: it is too long.")
            draft = Draft(wish, await asyncio.to_thread(replacement, text, wish.target))
            if draft.after == wish.target.text:
                raise EditError("The lines are as they were: nothing is changed.")
        except EditError as error:
            return _Attempt(text, None, (Check("answer", "failed", error.what),), False)
        known = next(
            (a for a in made.attempts if a.draft and a.draft.replacement == draft.replacement), None
        )
        if known is not None:
            return known
        hear(EditProgress("checking", made.rounds))
        checks: list[Check] = []
        may_be_shown = True
        for checker in self._checkers:
            if not may_be_shown:
                break
            check = await checker.check(draft)
            if check.state != "skipped" or check.detail:
                checks.append(check)
            if check.state == "failed" and checker.is_required:
                may_be_shown = False
        return _Attempt(text, draft, tuple(checks), may_be_shown)

    async def _written(
        self,
        wish: Wish,
        asked: tuple[Message, ...],
        made: _Made,
        hear: Hear,
        temperature: float,
    ) -> ChatAnswer:
        has_grammar = self._engine.capabilities.has_grammar
        request = ChatRequest(
            asked,
            conversation=self._conversation,
            max_tokens=int(MAX_LONGER * made.size) + MAX_ADDED if made.size else MAX_NEW,
            temperature=temperature,
            seed=len(made.attempts),
            grammar=prompt.grammar(wish) if has_grammar else None,
            reasoning=False,
            passing=True,
        )
        hear(EditProgress("waiting" if not made.attempts else "repairing", made.rounds))
        stream = self._engine.chat(request)
        stream.when_reading(
            lambda done, total: hear(EditProgress("reading", made.rounds, done, total))
        )
        text = ""  # `stream.text` puts all of it together anew at each token.
        try:
            async for event in stream:
                if isinstance(event, TextDelta):
                    text += event.text
                    hear(EditProgress("writing", made.rounds, text=text))
            answer = await stream.result()
        finally:
            stream.cancel()
        made.generated_tokens += answer.usage.generated_tokens
        return answer

    def _size(self, wish: Wish) -> int:
        """Return how many tokens the target has.

        Raises:
            EditError: the model's window holds no prompt and answer of that size.
        """
        size = self._engine.count(wish.target.code)
        window = self._engine.capabilities.context_tokens
        if WINDOWS_TAKEN * size + MAX_ADDED > window:
            raise EditError(
                f"{size:,} tokens are too many for {self._engine.capabilities.model}, which reads "
                f"and writes {window:,} at once.",
                "Select less, such as one function, or choose a model with a larger window.",
            )
        return size

    async def _result(self, wish: Wish, base_hash: str, made: _Made, started_s: float) -> MadeEdit:
        """Return the best draft that may be shown.

        Raises:
            EditError: there is none.
        """
        attempt = _best(made.attempts)
        if attempt.draft is None or not attempt.may_be_shown:
            raise _nothing(attempt)
        target = wish.target
        made_of = partial(proposal, target.path, base_hash, target.text, attempt.draft.after)
        return MadeEdit(
            await asyncio.to_thread(made_of),
            attempt.draft.after,
            attempt.checks,
            self._engine.capabilities.model,
            self._tier,
            made.rounds,
            len(made.attempts),
            time.monotonic() - started_s,
            made.generated_tokens,
        )


def _best(attempts: Sequence[_Attempt]) -> _Attempt:
    """Return the attempt that passed most; of several the first."""

    def rank(attempt: _Attempt) -> tuple[bool, bool, int]:
        return not attempt.may_be_shown, attempt.draft is None, attempt.failed

    return min(attempts, key=rank)


def _nothing(best: _Attempt) -> EditError:
    failed = next((check for check in best.checks if check.state == "failed"), None)
    why = failed.detail if failed is not None else "no reason is known."
    return EditError(
        f"The model gave no edit that can be shown: {why}",
        "Ask for less, or choose a larger model.",
    )
