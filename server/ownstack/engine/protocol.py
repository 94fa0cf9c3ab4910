"""What an engine is: values in, a `Generation` out. Nothing here knows editors or files.

Requests and results are plain data, so that an engine could live in another process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ownstack.engine.generation import Generation

Role = Literal["completion", "edit", "chat", "summary", "embedding"]


class Priority(IntEnum):
    """Lower goes first, and interrupts what is running at a higher number."""

    COMPLETION = 0
    ACTION = 1
    CHAT = 2
    BACKGROUND = 3


@dataclass(frozen=True, slots=True)
class Snippet:
    """Text of another file, put before the current one in an infill prompt."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class InfillRequest:
    """Fill in what belongs between `prefix` and `suffix`.

    The caller chooses the windows; an engine shortens them only if they do not fit
    (`Usage.clipped`). The prompt is `[context in the given order][path][suffix, prefix]`, so
    whatever changes least must come first in `context`.
    """

    prefix: str
    suffix: str
    path: str = ""
    context: tuple[Snippet, ...] = ()
    max_tokens: int = 96
    max_lines: int = 1
    """Lines of the answer, the rest of the current line being the first."""
    min_indent: int | None = None
    """Stop before a line (after the first) that is indented by fewer columns than this."""
    first_line_s: float | None = None
    """Seconds from submission. Once they are over, the answer ends with the line it is in, and
    in the middle of a line only if `deadline_s` is over too."""
    deadline_s: float | None = None
    """Seconds from submission after which the answer ends wherever it is."""
    priority: Priority = Priority.COMPLETION
    proposals: tuple[str, ...] = ()
    """What may well be the rest of the line, the likeliest first. An engine may check them as
    drafts, which never changes the answer; with `alternatives` it weighs them."""
    alternatives: int = 0
    """Weigh instead of write (`Capabilities.weighs`): the answer's `weighed` has every proposal
    and so many rests of the line of the model's own, `text` the likeliest of all."""
    beginnings: tuple[str, ...] = ()
    """Names that the line may well go on with, the likeliest first: what is typed of one is not
    in it. One that ends with `(` is to be called, with `()` without arguments, with `(*` with
    some. With `alternatives`, the model goes on with each, and the lines are weighed, too."""


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """Continue a conversation. `conversation` names the KV cache that should be reused."""

    messages: tuple[Message, ...]
    conversation: str = ""
    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0
    grammar: str | None = None
    """GBNF; the answer is a sentence of it."""
    stop: tuple[str, ...] = ()
    priority: Priority = Priority.CHAT


class Finish(str, Enum):
    """Why an answer ended."""

    END = "end"
    """The model said so."""
    LINES = "lines"
    INDENT = "indent"
    STOP = "stop"
    LENGTH = "length"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer cost. Times in milliseconds."""

    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    """Prompt tokens that really went through the network; the rest was in the KV cache."""
    generated_tokens: int = 0
    queue_ms: float = 0.0
    layout_ms: float = 0.0
    """Tokenising and laying out the prompt."""
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    clipped: bool = False
    drafts: int = 0
    """Calls in which a part of a proposal was checked."""
    drafted_tokens: int = 0
    """Tokens of proposals that were evaluated beside the model's own, to be checked."""
    accepted_tokens: int = 0
    """Those among them that the model would have written itself."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One rest of the line, and what the model thinks of it."""

    text: str
    logprob: float
    """Natural-log probability that the line goes on with exactly this and ends there."""
    tokens: int
    """Tokens that were weighed, the end not counted."""
    proposed: bool
    """Whether it was among the request's proposals."""
    found: bool
    """Whether the model's own search came upon it."""
    beginning: str = ""
    """Which of the request's beginnings it has, if any."""
    beginning_logprob: float = 0.0
    """Natural-log probability of that, which is part of `logprob`."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A finished answer. `text` never ends inside a UTF-8 sequence."""

    text: str
    finish: Finish
    usage: Usage
    mean_logprob: float = 0.0
    """Mean natural-log probability of the generated tokens under the model (≤ 0)."""
    weighed: tuple[Weighed, ...] = ()
    """Only if `alternatives` were asked for; the likeliest first."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Measured on this machine with this model; tokens per second."""

    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one loaded model can do."""

    model: str
    """Name shown to people."""
    context_tokens: int
    prompt_budget_tokens: int
    """How long an infill prompt should be at most, from the window and the measured speed."""
    infill: bool
    chat: bool
    infill_order: Literal["psm", "spm", ""] = ""
    device: str = "cpu"
    parameters: int = 0
    memory_bytes: int = 0
    weighs: bool = False
    """Whether it is small enough to weigh many rests of a line at every key."""


class Engine(Protocol):
    """One loaded model. Methods are called on the event loop and return at once.

    `infill` and `generate` hand back a running `Generation`; errors come out of it. `count`
    and `speed` may be called from any thread.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def infill(self, request: InfillRequest) -> Generation:
        """Raises CannotInfillError if the model was not trained for it."""
        ...

    def generate(self, request: GenerateRequest) -> Generation: ...

    async def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32[len(texts), dim], rows L2-normalised."""
        ...

    def count(self, text: str) -> int:
        """Return the number of tokens of `text` in the model's own tokenizer."""
        ...

    def speed(self) -> Speed: ...

    async def close(self) -> None:
        """Stop all work and free the model; pending generations end with EngineClosedError."""
        ...
