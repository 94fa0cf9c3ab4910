"""What a window is told about a conversation: plain values, bounded, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ownstack.app.chats.tool_values import ChatApproval, ChatCheckpoint, ChatEdit

Phase = Literal["waiting", "loading", "searching", "compacting", "reading", "looking", "writing"]
"""What is done for a question just now. waiting: others come first; looking: a tool runs."""
Tier = Literal["model", "index"]
"""Who answers. index: there is no chat model, so the code that is found is the answer."""
ModelState = Literal["none", "chosen", "loading", "ready", "error"]
ToolUse = Literal["auto", "on", "off"]


@dataclass(frozen=True, slots=True)
class ChatSession:
    """A conversation, as a list shows it."""

    id: str
    title: str
    """What the user calls it, or the first line that was said; "" before that."""
    created: float
    updated: float
    """Seconds since 1970."""
    turns: int
    parent: str = ""
    """The session that this one goes on from, "" for none."""
    found: str = ""
    """What was said in it that a search found."""


@dataclass(frozen=True, slots=True)
class ChatCitation:
    """Lines of a file of the project that exist; see `chat.citations`."""

    uri: str
    path: str
    """In the project's folder, with slashes."""
    start_line: int
    end_line: int
    """1-based, inclusive; of a notebook, within its cell."""
    name: str
    kind: str
    """"cited", "mended", "named" or "shown"."""
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class ChatUsage:
    """What an answer cost."""

    prompt_tokens: int
    evaluated_tokens: int
    """Of the prompt: those that were not in the KV cache."""
    generated_tokens: int
    prefill_ms: float
    decode_ms: float
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class ChatStep:
    """A tool that a model called, and what it said."""

    call: str
    name: str
    arguments: str
    """JSON, as the model wrote it."""
    text: str = ""
    """What the tool said, "" while nothing came."""
    ok: bool = True


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """A question and what came of it."""

    turn: int
    """Its number, from 1 on; numbers grow, and those of turns that were taken back are missing. 0:
    it is about to be asked."""
    question: str
    """The id that it was asked with, "" if it was asked elsewhere."""
    text: str
    at: float
    """Seconds since 1970."""
    answer: str = ""
    reasoning: str = ""
    finish: str = ""
    """"stop", "length", "cancelled", "interrupted", "error" or "tool_calls"; "" while it comes."""
    model: str = ""
    tier: Tier = "model"
    leaves_machine: bool = False
    citations: list[ChatCitation] = field(default_factory=list)
    steps: list[ChatStep] = field(default_factory=list)
    usage: ChatUsage | None = None
    problems: list[str] = field(default_factory=list)
    """What a person should know of it, in sentences."""
    notes: list[str] = field(default_factory=list)
    """What was recorded beside it, such as decisions."""
    replaced: int = 0
    """How many turns it stands in place of; `ownstack/chat/restore` brings them back."""
    cut: bool = False
    """Whether texts of it are too long to be sent; an export has them whole."""


@dataclass(frozen=True, slots=True)
class ChatCompaction:
    """What was done to make room in the model's window."""

    id: str
    turn: int
    """The newest turn when it was done."""
    at: float
    method: str
    """"masking", "model", "extractive" or "edited"; "" if it was declined."""
    before: int
    after: int
    """Tokens."""
    covered: int
    """Messages that are shown no more, or only by a handle."""
    summary: str
    """What a model reads in their place."""
    ledger: str
    focus: str = ""
    notes: list[str] = field(default_factory=list)
    newest: bool = False
    """Whether it is the one that `ownstack/chat/undo` takes back."""
    declined: str = ""
    """Why nothing was done."""


@dataclass(frozen=True, slots=True)
class ChatPin:
    """A text that stays word for word."""

    event: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatContext:
    """What fills the model's window, in tokens."""

    window: int
    reserve: int
    """For the answer."""
    background: int
    """From so many on it is compacted after an answer …"""
    required: int
    """… and from so many on before one."""
    total: int
    segments: dict[str, int]
    """system, tools, rules, checkpoint, history, newest: their sum is the total."""
    exact: bool
    """Whether tokens are counted by the model's own tokenizer."""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """Who answers in a conversation."""

    name: str
    """"" without a model."""
    tier: Tier
    state: ModelState
    reason: str
    """Why there is none, or why it cannot answer."""
    engine: str = ""
    leaves_machine: bool = False
    command: str = ""
    """Without a model: the command in a terminal that gets one which fits this machine."""


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """A question that waits for those before it."""

    question: str
    text: str


@dataclass(frozen=True, slots=True)
class ChatProgress:
    """What is done for a question just now."""

    session: str
    question: str
    turn: int
    """0 before it has a number."""
    phase: Phase
    done: int = 0
    total: int = 0
    """reading: tokens; loading: per cent. 0: not known."""
    left_ms: float | None = None
    """reading: about how long it goes on."""


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """An answer goes on."""

    session: str
    question: str
    turn: int
    offset: int
    """UTF-16 units of text, or of reasoning, that came before."""
    text: str
    reasoning: bool = False


@dataclass(frozen=True, slots=True)
class ChatSteps:
    """The tools that were called so far for a question that is being answered."""

    session: str
    question: str
    turn: int
    steps: list[ChatStep]
    """All of them, in their order; of what each said, the first 2,000 characters."""


@dataclass(frozen=True, slots=True)
class ChatTurnChanged:
    """A turn has begun (`finish` is ""), or this is what became of it."""

    session: str
    turn: ChatTurn
    context: ChatContext | None = None


@dataclass(frozen=True, slots=True)
class ChatQueue:
    """The questions that wait."""

    session: str
    waiting: list[ChatQuestion]


@dataclass(frozen=True, slots=True)
class ChatCompacted:
    """A compaction was done, by hand or because the window filled."""

    session: str
    compaction: ChatCompaction
    context: ChatContext | None = None


@dataclass(frozen=True, slots=True)
class ChatModelChanged:
    """Another model answers from now on, or its state has changed."""

    session: str
    model: ChatModel
    context: ChatContext | None = None


@dataclass(frozen=True, slots=True)
class ChatChanged:
    """Something else has changed: ask for the state again."""

    session: str
    what: str
    """"title", "turns", "compaction", "pins", "cleared", "trust", "tools", "moved" or "deleted"."""


@dataclass(frozen=True, slots=True)
class ChatState:
    """All that is needed to show a conversation, as it stands."""

    session: ChatSession
    folder: str
    """URI of the folder that it is about, "" for none."""
    trusted: bool
    """False: no file of the folder is read."""
    turns: list[ChatTurn]
    """The newest ones, in their order; the last may still be coming."""
    earlier: bool
    """Whether there are turns before them."""
    compactions: list[ChatCompaction]
    """Those that hold since the first of `turns`, and the newest."""
    pins: list[ChatPin]
    waiting: list[ChatQuestion]
    progress: ChatProgress | None
    model: ChatModel
    context: ChatContext | None
    """None without a model, and until it is loaded: `ownstack/chat/modelChanged` brings it."""
    problems: list[str] = field(default_factory=list)
    """What a person should know, such as what is wrong with the rules."""
    approvals: list[ChatApproval] = field(default_factory=list)
    """What waits for a person's word."""
    edits: list[ChatEdit] = field(default_factory=list)
    checkpoints: list[ChatCheckpoint] = field(default_factory=list)
    """Both lists as in `ChatEditsChanged`."""
    tools: ToolUse = "auto"
    """Whether the user wants the model to have tools; auto: if it chooses them well."""
    has_tools: bool = False
    """Whether the model that answers has some."""


@dataclass(frozen=True, slots=True)
class ChatRecalled:
    """Something that was said in the project."""

    session: str
    turn: int
    kind: str
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class ChatDecision:
    """A decision of the project that holds."""

    name: str
    text: str
    rationale: str
    tier: float
    """How sure it is: 0 a guess, 1 established."""


@dataclass(frozen=True, slots=True)
class ChatPattern:
    """A solution that recurs in the project."""

    problem: str
    solution: str


@dataclass(frozen=True, slots=True)
class ChatMention:
    """Something that can be named in a question."""

    kind: str
    """"file", "folder", "symbol", "selection" or "diagnostics"."""
    label: str
    insert: str
    """What is written in the question, with its @."""
    detail: str = ""
    uri: str = ""
    line: int = 0
    """1-based; 0: none."""
