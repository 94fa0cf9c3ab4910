"""The values that completion works with: what is asked, what is shown, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from ownstack.document import Document
from ownstack.text import Span


class Trigger(str, Enum):
    """Who asked for a suggestion."""

    AUTOMATIC = "automatic"
    """The user typed."""
    INVOKED = "invoked"
    """The user pressed a key for it, and may be given more."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """One request for a suggestion. The document is a snapshot."""

    document: Document
    offset: int
    trigger: Trigger = Trigger.AUTOMATIC
    selected: str | None = None
    """Text of the item that is selected in the editor's own completion list, replacing
    `selected_span`; a suggestion must then begin with it."""
    selected_span: Span | None = None

    @property
    def prefix(self) -> str:
        return self.document.text[: self.offset]

    @property
    def suffix(self) -> str:
        return self.document.text[self.offset :]


Tier = Literal["typed-through", "cache", "joined", "echo", "model", "none"]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Text offered at a place. Accepting it replaces `span` (on the cursor's line) by `text`."""

    id: str
    """Comes back when it is accepted."""
    text: str
    span: Span
    tier: Tier
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a text was found that was written before."""

    uri: str
    path: str
    """As a person is told it: relative to its folder."""
    line: int
    """From 1."""


@dataclass
class Trace:
    """How one answer came about; everything `ownstack/explain` and `--json` show."""

    id: str = ""
    tier: Tier = "none"
    """Who answered."""
    source: Tier = "none"
    """Who made the text in the first place: "echo" or "model", also for a cached answer."""
    reason: str = ""
    """Why there is no suggestion, in words for a person; "" when there is one."""
    model: str = ""
    adapters: tuple[str, ...] = ()
    """Names of what was learned and served with the model, the most general first."""
    stages_ms: dict[str, float] = field(default_factory=dict)
    """Stage → milliseconds, in the order they ran."""
    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    generated_tokens: int = 0
    drafted_tokens: int = 0
    """Of what was written before, given to the model to check."""
    accepted_tokens: int = 0
    """Those among them that the model would have written itself."""
    confidence: float | None = None
    """The chance that it is exactly right, as its source says."""
    adjusted: float | None = None
    """What that is by what this user kept and turned down, if it is noticeably something else."""
    learned: str = ""
    """Whether what the user kept or turned down before has changed the choice, in words."""
    text: str = ""
    """What was suggested; "" if nothing was."""
    path: str = ""
    """The document that it was for."""
    line: int = 0
    """The cursor's line in it, from 1; 0 if there was none."""
    prefetched: bool = False
    """It was computed ahead, while the suggestion before it was being read."""
    late: bool = False
    """The model had not written a line when its time was over."""
    origin: Origin | None = None
    """Where the nearest of the places is that echo took it from."""
    selected: str = ""
    """The row of the editor's own list that it had to go on from."""
    hidden: str = ""
    """What is suggested here without that row, if the row contradicts it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one `CompletionRequest`: a suggestion or None, and the trace either way."""

    suggestion: Suggestion | None
    trace: Trace
    others: tuple[Suggestion, ...] = ()
    """Other suggestions for the same place, to choose from; the likelier ones first."""
