"""A question that is being answered: what has come, told to windows in pieces of some size."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ownstack.app.chats.tool_values import ChatApprovals, ChatEditsChanged
from ownstack.app.chats.values import (
    ChatChanged,
    ChatCompacted,
    ChatDelta,
    ChatModelChanged,
    ChatProgress,
    ChatQueue,
    ChatStep,
    ChatSteps,
    ChatTurn,
    ChatTurnChanged,
    Phase,
)
from ownstack.chat.tool_loop import Step
from ownstack.concurrency import Delay

DELTA_S = 1 / 30
"""Time between two pieces of an answer on their way to a window."""
PROGRESS_S = 0.1
"""Time between two words on how far one phase is."""
MAX_STEP_CHARS = 2_000
"""Of what a tool said, while the answer comes."""

News = (
    ChatProgress
    | ChatDelta
    | ChatTurnChanged
    | ChatQueue
    | ChatCompacted
    | ChatModelChanged
    | ChatChanged
    | ChatSteps
    | ChatApprovals
    | ChatEditsChanged
)
"""What windows are told of a conversation that they have open."""
Tell = Callable[[News], None]


@dataclass(slots=True)
class _Text:
    """A text as it grows, and what of it was told."""

    pieces: list[str]
    untold: list[str]
    told: int = 0
    """UTF-16 units."""


class RunningAnswer:
    """One at a time in a conversation. All of it runs on the event loop."""

    def __init__(self, session: str, question: str, text: str, tell: Tell) -> None:
        """`tell` takes news for all windows."""
        self.question = question
        self.text = text
        self.turn = 0
        """0 before it has a number."""
        self.at = time.time()
        self.progress = ChatProgress(session, question, 0, "waiting")
        self._session = session
        self._tell = tell
        self._answer, self._reasoning = _Text([], []), _Text([], [])
        self._soon = Delay(self.flush)
        self._told_s = 0.0
        self._began_reading: tuple[float, int] | None = None
        self._steps: dict[str, ChatStep] = {}

    def phase(self, phase: Phase, done: int = 0, total: int = 0, speed: float = 0.0) -> None:
        """Note what is done now; `speed` is in tokens a second, as far as it is known."""
        now_s = time.monotonic()
        is_new = phase != self.progress.phase
        left_ms = None
        if phase == "reading":
            if is_new or self._began_reading is None:
                self._began_reading = (now_s, done)
            left_ms = self._left_ms(now_s, done, total, speed)
        self.progress = ChatProgress(
            self._session, self.question, self.turn, phase, done, total, left_ms
        )
        if is_new or (done >= total > 0) or now_s - self._told_s >= PROGRESS_S:
            self._told_s = now_s
            self._tell(self.progress)

    @contextmanager
    def loading(self, progress: Callable[[], float | None]) -> Iterator[None]:
        """Meanwhile tell how far the model is loaded, which `progress` says: 0 to 1."""

        def look() -> None:
            done = progress()
            if done is not None:
                self.phase("loading", round(100 * done), 100)
            again.start(PROGRESS_S)

        again = Delay(look)
        look()
        try:
            yield
        finally:
            again.cancel()

    def began(self, turn: int) -> None:
        """Note the number of the turn."""
        self.turn = turn
        self._tell(ChatTurnChanged(self._session, self.so_far()))

    def add(self, text: str, is_reasoning: bool) -> None:
        """Note a piece of the answer."""
        if self.progress.phase != "writing":
            self.phase("writing")
        growing, other = self._answer, self._reasoning
        if is_reasoning:
            growing, other = other, growing
        if other.untold:
            self.flush()
        growing.pieces.append(text)
        growing.untold.append(text)
        if not self._soon.pending:
            if len(growing.pieces) == 1:
                self.flush()
            else:
                self._soon.start(DELTA_S)

    def step(self, step: Step) -> None:
        """Note that a tool runs, or what came of it."""
        call = step.call
        if step.state == "runs":
            self.flush()
            self.phase("looking")
        self._steps[call.id] = ChatStep(
            call.id,
            call.name,
            call.arguments[:MAX_STEP_CHARS],
            step.output[:MAX_STEP_CHARS],
            step.state != "failed",
        )
        self._tell(ChatSteps(self._session, self.question, self.turn, self.steps))

    @property
    def steps(self) -> list[ChatStep]:
        """The tools that were called so far."""
        return list(self._steps.values())

    def flush(self) -> None:
        """Tell what was not told yet."""
        self._soon.cancel()
        for growing in (self._reasoning, self._answer):
            text = "".join(growing.untold)
            if text:
                growing.untold.clear()
                is_reasoning = growing is self._reasoning
                self._tell(
                    ChatDelta(
                        self._session,
                        self.question,
                        self.turn,
                        growing.told,
                        text,
                        is_reasoning,
                    )
                )
                growing.told += len(text.encode("utf-16-le", "surrogatepass")) // 2

    def so_far(self) -> ChatTurn:
        """Return the turn as far as it has come; what was not told yet is told first."""
        self.flush()
        return ChatTurn(
            turn=self.turn,
            question=self.question,
            text=self.text,
            at=self.at,
            answer="".join(self._answer.pieces),
            reasoning="".join(self._reasoning.pieces),
            steps=self.steps,
        )

    def _left_ms(self, now_s: float, done: int, total: int, speed: float) -> float | None:
        assert self._began_reading is not None
        began_s, first = self._began_reading
        if done > first and now_s > began_s:
            speed = (done - first) / (now_s - began_s)
        return round(1e3 * max(0, total - done) / speed, 1) if speed > 0 and total else None
