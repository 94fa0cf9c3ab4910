"""From a conversation to tokens: the same ones as last time, as far as it is the same.

A text can be split into tokens in more than one way, and what the model wrote need not be split as
the tokenizer would. So the tokens of earlier turns are kept as they were evaluated and sampled,
and found again by what was rendered: the same text, data in the same places.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ownstack.engine.chat_formats.formats import CallStyle
from ownstack.engine.llama.chat.held import Part, merged
from ownstack.engine.llama.chat.template import ChatTemplate
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EngineError

MAX_TURNS = 12
"""Kept at a time, of all conversations of a model."""
MAX_DATES = 64
_SHORTEST_END = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A conversation as the model reads it."""

    parts: tuple[Part, ...]
    tokens: tuple[int, ...]
    opens_reasoning: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    """A prompt, and what the model wrote after it."""

    prompt: Prompt
    raw: str
    tokens: tuple[int, ...]
    """Of both."""


class Prompts:
    """Makes prompts for one model, and remembers them."""

    def __init__(self, model: LlamaModel) -> None:
        self._model = model
        bos, eos = (
            "" if token is None else model.special_text(token) for token in (model.bos, model.eos)
        )
        self._bos = bos
        self.template = ChatTemplate(model.chat_template, bos=bos, eos=eos)
        self._turns: deque[_Turn] = deque(maxlen=MAX_TURNS)
        self._dates: OrderedDict[str, datetime] = OrderedDict()

    def prompt(self, request: ChatRequest) -> Prompt:
        """Return a conversation's tokens; marks count only where the template wrote them.

        Raises:
            EngineError: the template does not take it.
        """
        rendered = self.template.render(
            request.messages,
            tools=request.tools,
            reasoning=request.reasoning,
            today=self.date(request.conversation),
        )
        for turn in reversed(self._turns):
            rest = _after(rendered.parts, turn.prompt.parts)
            if rest is None:
                continue
            said = _after_text(rest, turn.raw)
            if said is not None:
                tokens = [*turn.tokens, *self._tokens(said, first=False)]
            else:
                tokens = [*turn.prompt.tokens, *self._tokens(rest, first=False)]
            break
        else:
            tokens = self._tokens(rendered.parts, first=True)
        return Prompt(rendered.parts, tuple(tokens), rendered.opens_reasoning)

    def remember(self, prompt: Prompt, raw: str, tokens: Iterable[int]) -> None:
        """Keep what the model wrote after a prompt; `tokens` are those of both."""
        self._turns.append(_Turn(prompt, raw, tuple(tokens)))

    def forget(self) -> None:
        """Forget all turns: whose they are is not known."""
        self._turns.clear()

    def date(self, conversation: str) -> datetime:
        """Return the day that a conversation believes in: a new one would change its head."""
        if not conversation:
            return datetime.now()
        date = self._dates.pop(conversation, None) or datetime.now()
        self.set_date(conversation, date)
        return date

    def set_date(self, conversation: str, date: datetime) -> None:
        self._dates[conversation] = date
        while len(self._dates) > MAX_DATES:
            self._dates.popitem(last=False)

    def turn_ends(self) -> tuple[frozenset[int], tuple[str, ...]]:
        """Return what ends an answer by the template: tokens, or texts where they are no tokens.

        A vocabulary may not say that its end of a turn is one, or have none at all.
        """
        if self.template.format.calls is CallStyle.CHANNELS:
            return frozenset(), ()  # Its messages end, and the answer goes on.
        talk = [Message.of("user", "?"), Message.of("assistant", "!!"), Message.of("user", "?!")]
        try:
            parts = self.template.render(talk).parts
        except EngineError as error:
            log.info("What ends an answer is not known: %s", error)
            return frozenset(), ()
        answers = [index for index, part in enumerate(parts) if part == Part("!!", control=False)]
        if not answers or answers[0] + 1 >= len(parts):
            return frozenset(), ()
        after = parts[answers[0] + 1].text
        tokens = self.tokens_of(after.lstrip())
        if tokens and not self._model.pieces[tokens[0]]:
            return frozenset(tokens[:1]), ()
        return frozenset(), (after,) if len(after.strip()) > _SHORTEST_END else ()

    def tokens_of(self, text: str) -> list[int]:
        """Return the tokens of a text of ours, in which marks are marks."""
        return self._model.tokenize(text, special=True)

    def _tokens(self, parts: Iterable[Part], *, first: bool) -> list[int]:
        model = self._model
        tokens: list[int] = []
        for part in parts:
            begins = bool(self._bos) and part.text.startswith(self._bos)
            bos = first and model.adds_bos and not begins
            tokens += model.tokenize(part.text, special=part.control, bos=bos)
            first = False
        return tokens


def _after(parts: tuple[Part, ...], before: tuple[Part, ...]) -> list[Part] | None:
    """Return what follows `before` in `parts`; None if they do not begin with it."""
    if not before or len(parts) < len(before):
        return None
    last = len(before) - 1
    if parts[:last] != before[:last]:
        return None
    theirs, ours = before[last], parts[last]
    if ours.control != theirs.control or not ours.text.startswith(theirs.text):
        return None
    return merged([Part(ours.text[len(theirs.text) :], ours.control), *parts[last + 1 :]])


def _after_text(parts: list[Part], text: str) -> list[Part] | None:
    """Return what follows a text that the model wrote, however it is rendered now."""
    left = len(text)
    at = 0
    for index, part in enumerate(parts):
        take = min(left, len(part.text))
        if part.text[:take] != text[at : at + take]:
            return None
        at += take
        left -= take
        if not left:
            return merged([Part(part.text[take:], part.control), *parts[index + 1 :]])
    return None
