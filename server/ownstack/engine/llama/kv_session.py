"""Sequences of a KV cache with an exact account of what they hold.

Every step is planned anew from that account: compare what is there with what is wanted, do one
native call. So a step may be aborted, and another answer may use the session in between, and the
next step is still right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.kv_sequence import KvSequence, common_prefix
from ownstack.engine.llama.native.adapters import Adapters
from ownstack.engine.llama.native.context import ABORTED, DONE, MAX_LOGITS, Context
from ownstack.errors import ContextOverflowError

HARD_DRIFT = 32
"""Tokens by which the text before a shifted suffix may differ from the text it was computed
after. Up to 20 typed tokens cost a median of 0.002 nats; beyond this the suffix is computed
anew before the answer, below it while nothing else is to do."""
_LIVE, _PARKED, _FRESH = 0, 1, 2


class Target:
    """What a session shall hold: text, a suffix that typing moves (or none), what is written.

    Keys and values are those of a model with its adapters: with others they are other ones.
    """

    def __init__(
        self,
        before: Sequence[int],
        suffix: Sequence[int] = (),
        after: Sequence[int] = (),
        *,
        adapters: Adapters = (),
    ) -> None:
        self.adapters = adapters
        self.before = list(before)
        self.suffix = list(suffix)
        self.flat = [*before, *suffix, *after]

    def append(self, token: int) -> None:
        """Go on writing."""
        self.flat.append(token)


@dataclass(frozen=True, slots=True)
class Parked:
    """Keys and values of a suffix, kept in a second sequence while the text before it grows."""

    suffix: list[int]
    at: int
    """Where it stands now."""
    computed_after: list[int]
    """The text that it was computed after; it is exact as long as this is what precedes it."""

    def drift(self, before: list[int]) -> int:
        same = common_prefix(self.computed_after, before)
        return len(self.computed_after) + len(before) - 2 * same


class KvSession:
    """A sequence of a context that is kept from answer to answer, for one place in one document.

    With `shifts` a suffix that follows the typed text (PSM) is not computed again at each key:
    its keys and values wait in a second sequence and are moved by the number of new tokens.
    That is an approximation (they still attend to the older text), bounded by `HARD_DRIFT` and
    made exact by `refresh`.
    """

    def __init__(
        self,
        context: Context,
        batch_sizer: BatchSizer,
        *,
        shifts: bool = False,
        sequence_id: int = _LIVE,
        aside_id: int | None = None,
    ) -> None:
        """`sequence_id` is not 0 only where several sessions share a context (no `shifts`).

        `aside_id` is that of a sequence for `aside`, if it is wanted.
        """
        self.context = context
        self.sequence = KvSequence(context, sequence_id, batch_sizer)
        self._aside = None if aside_id is None else KvSequence(context, aside_id, batch_sizer)
        self.shifts = shifts
        self.adapters: Adapters = ()
        """What it was computed with, all that it holds."""
        self.parked: Parked | None = None
        self.spliced = 0
        """How often a moved suffix took the place of a computed one."""
        self.on_full: Callable[[], bool] | None = None
        """Frees cells of the context that others hold; False if there are none."""
        self._shift_waits = False
        self._logits_at = -1
        self._drafted_at = -1

    def likeness(self, target: Target) -> int:
        """Return how many tokens of `target` need not be evaluated."""
        if target.adapters != self.adapters:
            return 0
        same = common_prefix(self.sequence.tokens, target.flat)
        parked = self.parked is not None and self.parked.suffix == target.suffix
        return same + (len(target.suffix) if parked and same <= len(target.before) else 0)

    def unread(self, target: Target) -> int:
        """Return how many tokens must be evaluated before logits after `target` can be read."""
        if target.adapters != self.adapters:
            return len(target.flat)
        same = common_prefix(self.sequence.tokens, target.flat)
        if self._may_splice(target, same):
            return len(target.flat) - len(target.suffix) - same
        return len(target.flat) - same

    def ready(self, target: Target) -> bool:
        """Whether logits after `target` can be read."""
        is_last = self._logits_at == self.context.decodes and self.adapters == target.adapters
        return is_last and self.sequence.tokens == target.flat

    def step(self, target: Target, at_most: int) -> tuple[bool, int]:
        """Do one native call towards `target`; return whether it got there, and tokens evaluated.

        Raises:
            ContextOverflowError: the target does not fit the context.
            AdapterError: an adapter of the target cannot be loaded any more.
        """
        self.forget_aside()
        self._belong_to(target.adapters)
        same = common_prefix(self.sequence.tokens, target.flat)
        if self._may_splice(target, same):
            if same >= len(target.before):
                self._splice(target)
                same = len(self.sequence.tokens)
            else:
                return self._evaluate(target.before, same, at_most, logits=False)
        progress = self._evaluate(target.flat, same, at_most, logits=True)
        self._park(target)
        return progress

    def draft(self, target: Target, tokens: Sequence[int]) -> bool | None:
        """Evaluate the last token of `target` and a draft behind it, in one native call.

        Returns whether it got there, and None if nothing was done: the session must hold all else,
        nothing may be about to move, and there must be room. Afterwards logits can be read after
        each of the tokens (`drafted`); `trim` forgets what has turned out wrong.
        """
        if self._shift_waits or self.sequence.tokens != target.flat[:-1]:
            return None
        if self.adapters != target.adapters:
            return None
        self.forget_aside()
        self.context.use(self.adapters)
        code = self.sequence.extend([target.flat[-1], *tokens], logits=1 + len(tokens))
        if code == DONE:
            self._drafted_at = self.context.decodes
        return code == DONE if code in (DONE, ABORTED) else None

    @property
    def drafted(self) -> bool:
        """Whether the logits of the last draft can still be read."""
        return self._drafted_at == self.context.decodes

    def trim(self, target: Target) -> None:
        """Forget what the session holds beyond the target: a draft that was not accepted."""
        self.sequence.keep(common_prefix(self.sequence.tokens, target.flat))

    def aside(
        self, wanted: Sequence[int], n: int, least: int, adapters: Adapters = ()
    ) -> tuple[bool, list[NDArray[np.float32]]] | None:
        """Evaluate another way of going on, and leave alone what the session holds.

        Returns whether it got there, and logits, float32[n_vocab] each, after the last `n` of
        the `wanted` tokens. None if nothing can be done: the session must hold the first `least`
        of them, computed with the `adapters`, nothing may be about to move, and there must be room.
        What was evaluated is kept until the session goes on, for ways that begin alike
        (`forget_aside`).
        """
        aside, live = self._aside, self.sequence.tokens
        if aside is None or self._shift_waits or common_prefix(live, wanted) < least:
            return None
        if self.adapters != adapters:
            return None
        self.context.use(adapters)
        if common_prefix(live, wanted) > common_prefix(aside.tokens, wanted):
            aside.clear()
            self.context.copy(self.sequence.id, aside.id, 0, len(live))
            aside.tokens = list(live)
        aside.keep(min(common_prefix(aside.tokens, wanted), len(wanted) - n))
        rows: list[NDArray[np.float32]] = []
        while (at := len(aside.tokens)) < len(wanted):
            part = wanted[at : at + MAX_LOGITS]
            n_read = max(0, min(len(part), at + len(part) - (len(wanted) - n)))
            code = aside.extend(part, logits=n_read)
            if code not in (DONE, ABORTED):
                self.forget_aside()
                return None
            if code == ABORTED:
                return False, []
            rows += [self.context.logits(n_read - 1 - row).copy() for row in range(n_read)]
        return True, rows

    def forget_aside(self) -> None:
        """Forget ways of going on that were evaluated beside what the session holds."""
        if self._aside is not None and self._aside.tokens:
            self._aside.clear()

    def refresh(self, target: Target, fed: int, at_most: int) -> tuple[bool, int]:
        """Compute the parked suffix anew, `at_most` tokens a call, in a third sequence.

        `fed` is 0 at first, and then what the last call returned; when it is the length of the
        suffix, the new one has taken the old one's place. The text before it is not touched.
        """
        self.forget_aside()
        start = len(target.before)
        if self.adapters != target.adapters:
            return True, len(target.suffix)
        self.context.use(self.adapters)
        if fed == 0:
            if common_prefix(self.sequence.tokens, target.before) < start:
                return True, len(target.suffix)
            self.context.remove(_FRESH, 0)
            self.context.copy(_LIVE, _FRESH, 0, start)
        part = target.suffix[fed : fed + at_most]
        code = self.context.decode(
            part, start + fed, _FRESH, logits=False, abortable=not self._shift_waits
        )
        if code == ABORTED:
            return False, max(0, self.context.end(_FRESH) - start)
        if code != DONE:  # No room for a second suffix: the moved one has to do.
            self.stop_refresh()
            return True, len(target.suffix)
        fed += len(part)
        if fed == len(target.suffix):
            self.context.remove(_PARKED, 0)
            self.context.copy(_FRESH, _PARKED, start, start + fed)
            self.stop_refresh()
            self.parked = Parked(target.suffix, start, target.before)
            if common_prefix(self.sequence.tokens, target.flat) > start:
                self.sequence.keep(start)  # What follows is the old suffix.
        return True, fed

    def stop_refresh(self) -> None:
        self.context.remove(_FRESH, 0)

    def drift(self) -> int:
        """Return how far the parked suffix is from what an exact one would be."""
        parked = self.parked  # May be read while the native thread works.
        return 0 if parked is None else parked.drift(self.sequence.tokens[: parked.at])

    def take_over(self, other: KvSession, tokens: int) -> None:
        """Begin with what another session of the same context begins with; costs no evaluation."""
        self.clear()
        self.adapters = other.adapters
        self.context.copy(other.sequence.id, self.sequence.id, 0, tokens)
        self.sequence.tokens = other.sequence.tokens[:tokens]

    def clear(self) -> None:
        self.forget_aside()
        self.sequence.clear()
        self._unpark()
        # The last logits may have been this session's; they are not those of what comes here next.
        self._logits_at = self._drafted_at = -1

    def close(self) -> None:
        self.context.close()

    def _belong_to(self, adapters: Adapters) -> None:
        """Compute with these; what was computed with others is of no use then."""
        if adapters != self.adapters:
            self.clear()
        # Another session of the context may have had others meanwhile.
        self.context.use(adapters)
        self.adapters = adapters

    def _evaluate(
        self, wanted: list[int], same: int, at_most: int, *, logits: bool
    ) -> tuple[bool, int]:
        same = min(same, len(wanted) - 1)
        self.sequence.keep(same)
        same = len(self.sequence.tokens)
        part = wanted[same : same + at_most]
        last = logits and same + len(part) == len(wanted)
        # A shift is done by the next call; stopped half-way it would leave some layers moved.
        code = self.sequence.extend(part, logits=last, abortable=not self._shift_waits)
        if code not in (DONE, ABORTED):
            return self._make_room(wanted)
        if code == DONE:
            self._shift_waits = False
            self._logits_at = self.context.decodes if last else -1
        return code == DONE, len(self.sequence.tokens) - same

    def _make_room(self, wanted: list[int]) -> tuple[bool, int]:
        """Let go of the parked suffix, then of everything; then the target is too long."""
        if self.on_full is not None and self.on_full():
            return True, 0
        if self.parked is not None:
            self.stop_refresh()
            self._unpark()
        elif self.sequence.tokens and len(wanted) < self.context.n_ctx:
            self.clear()
        else:
            raise ContextOverflowError(
                f"{len(wanted)} tokens do not fit a window of {self.context.n_ctx}.",
                "Set a larger ownstack.engine.contextTokens.",
            )
        return True, 0

    def _may_splice(self, target: Target, same: int) -> bool:
        parked = self.parked
        return (
            parked is not None
            and parked.suffix == target.suffix
            and same <= len(target.before)
            and parked.drift(target.before) <= HARD_DRIFT
        )

    def _splice(self, target: Target) -> None:
        """Put the parked suffix behind the text that is there now."""
        assert self.parked is not None
        start, end = len(target.before), len(target.before) + len(target.suffix)
        self.sequence.keep(start)
        if start != self.parked.at:
            # The cells must belong to the parked sequence alone, which `keep` has seen to.
            self.context.shift(_PARKED, self.parked.at, start - self.parked.at)
            self.spliced += 1
            self._shift_waits = True
        self.context.copy(_PARKED, _LIVE, start, end)
        self.sequence.tokens += target.suffix
        self.parked = Parked(target.suffix, start, self.parked.computed_after)

    def _park(self, target: Target) -> None:
        """Remember an exactly computed suffix for the keys to come."""
        start, end = len(target.before), len(target.before) + len(target.suffix)
        parked = self.parked
        known = parked is not None and parked.suffix == target.suffix and parked.at == start
        if not self.shifts or not target.suffix or len(self.sequence.tokens) < end:
            return
        if known and parked is not None and parked.drift(target.before) <= HARD_DRIFT:
            return
        if common_prefix(self.sequence.tokens, target.flat) < end:
            return
        self._unpark()
        self.context.copy(_LIVE, _PARKED, start, end)
        self.parked = Parked(target.suffix, start, target.before)

    def _unpark(self) -> None:
        if self.parked is not None:
            self.context.remove(_PARKED, 0)
            self.parked = None
