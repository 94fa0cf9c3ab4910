"""Text to tokens as the model is served: by llama.cpp's tokenizer and the product's own layouts."""

from __future__ import annotations

import functools
from pathlib import Path

from ownstack.engine.llama.chat.prompts import Prompts
from ownstack.engine.llama.infill.layout import layout
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest, CursorRequest
from ownstack.models.gguf import fim

_ENDS = (
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|endofmiddle|>",
    "<EOT>",
    "<\uff5cend\u2581of\u2581sentence\uff5c>",
)
"""What models are trained to write after a middle, where their vocabulary has it."""


class TrainingVocabulary:
    """The vocabulary of one GGUF file, without its weights."""

    def __init__(self, base: Path) -> None:
        """Read it. Raises ModelCorruptError."""
        self.model = LlamaModel(base, vocab_only=True)

    @functools.cached_property
    def form(self) -> fim.FimFormat:
        """The infill format. Raises CannotInfillError."""
        return fim.detect(self.model)

    @functools.cached_property
    def end(self) -> int:
        """The token after a middle."""
        for text in _ENDS:
            tokens = self.model.special(text)
            if len(tokens) == 1 and tokens[0] in self.form.stops:
                return tokens[0]
        return self.model.eos if self.model.eos is not None else self.form.middle

    @functools.cached_property
    def widths(self) -> list[int]:
        """Bytes of every token's text; 0 for markers."""
        return [len(piece) for piece in self.model.pieces]

    def tokens(self, text: str) -> list[int]:
        return self.model.tokenize(text)

    def infill(
        self, prefix: str, suffix: str, path: str, budget_tokens: int
    ) -> tuple[list[int], list[int], list[int]]:
        """Return the prompt as what comes before the prefix, the prefix, and what follows it."""
        request = CursorRequest(prefix, suffix, path)
        bos = self.model.bos if self.model.adds_bos else None
        laid, _ = layout(
            request, self.form, self.model.tokenize, bos=bos, budget_tokens=budget_tokens
        )
        before, typed, after = laid.parts(self.form)
        return list(before), list(typed), list(after)

    def chat(self, request: str, answer: str) -> tuple[list[int], list[int]]:
        """Return the tokens of a question in the model's own template, and of its answer.

        Raises:
            EngineError: the model has no chat template.
        """
        asked = self._prompts.prompt(ChatRequest((Message.of("user", request),)))
        ends, _ = self._prompts.turn_ends()
        return list(asked.tokens), [*self.tokens(answer), *sorted(ends)[:1]]

    @functools.cached_property
    def _prompts(self) -> Prompts:
        return Prompts(self.model)

    def close(self) -> None:
        self.model.close()
