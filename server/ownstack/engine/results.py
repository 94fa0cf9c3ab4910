"""What an engine answers, and what is known of it: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from ownstack.engine.adapters import Correction


class Finish(str, Enum):
    """Why an answer ended."""

    END = "end"
    """The model said so."""
    TOOL_CALLS = "tool_calls"
    """The model said so, and waits for the results of the tools it called."""
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
    beside_ms: float = 0.0
    """Scoring rests of the line beside the answer; not part of `decode_ms`."""
    clipped: bool = False
    drafts: int = 0
    """Calls in which a part of a draft was checked."""
    drafted_tokens: int = 0
    """Tokens of drafts that were evaluated beside the model's own, to be checked."""
    accepted_tokens: int = 0
    """Those among them that the model would have written itself."""
    engine: str = "llama"
    """Who computed it: this process, or what the user called a server."""
    leaves_machine: bool = False
    """Whether the prompt was sent to another machine."""
    estimated: bool = False
    """Whether tokens are an estimate, since the server did not count them."""
    adapters: tuple[str, ...] = ()
    """Names of the adapters that the answer was computed with, the most general first."""
    correction: Correction | None = None
    """Of the chances of its lines, where adapters served of which it was measured."""


@dataclass(frozen=True, slots=True)
class ScoredLine:
    """One rest of the line, and what the model thinks of it."""

    text: str
    logprob: float
    """Natural-log probability that the line goes on with exactly this and ends there, given what
    has been typed of a word."""
    tokens: int
    """Tokens that were scored, the end not counted."""
    proposed: bool
    """Whether it was among the request's candidates."""
    found: bool
    """Whether the model's own search came upon it."""
    forced_prefix: str = ""
    """Which of the request's forced prefixes it begins with, if any."""
    forced_prefix_logprob: float = 0.0
    """Natural-log probability of that, which is part of `logprob`."""
    whole: bool = True
    """Whether it was scored to its end; if not, `logprob` is about that of its beginning, which is
    so small that the rest was not evaluated."""


@dataclass(frozen=True, slots=True)
class WrittenToken:
    """One token of an answer that added text to it, or ended it."""

    end: int
    """Characters of the answer up to the end of this token, of the text before any cut."""
    logprob: float
    """Natural log, of the model's own distribution, unconstrained."""


@dataclass(frozen=True, slots=True)
class Generated:
    """A finished answer. `text` never ends inside a UTF-8 sequence."""

    text: str
    finish: Finish
    usage: Usage
    mean_logprob: float = 0.0
    """Mean natural-log probability of the generated tokens under the model (≤ 0)."""
    scored: tuple[ScoredLine, ...] = ()
    """Of a `ScoreRequest`, or of a request with candidates; the likeliest first."""
    tokens: tuple[WrittenToken, ...] = ()
    """What was written, in order; those that only repeat what was typed of a word are not in it.
    Empty where an engine does not know their probabilities."""


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens per second, measured on this machine with this model."""

    prefill: float
    decode: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What one loaded model can do."""

    model: str
    """Name shown to people."""
    context_tokens: int
    prompt_budget_tokens: int
    """How long an infill prompt may be: the window, less an answer."""
    infill: bool
    chat: bool
    infill_order: Literal["psm", "spm", ""] = ""
    device: str = "cpu"
    parameters: int = 0
    memory_bytes: int = 0
    scores_lines: bool = False
    """Whether it is small enough to score many rests of a line at every key."""
    leaves_machine: bool = False
    """Whether what it is given is sent to another machine."""
    adapters: tuple[str, ...] = ()
    """Names of the adapters that it answers with where no project is named."""
    has_grammar: bool = True
    """Whether `ChatRequest.grammar` holds it to a form; else such a request fails."""
