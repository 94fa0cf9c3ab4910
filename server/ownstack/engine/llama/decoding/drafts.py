"""Drafts: what an answer may well say, so that a model reads it at once instead of word by word.

A draft is put behind the model's own last token and evaluated with it in one call. Then the model
chooses token by token as ever; as long as its choice is the draft's token, the next logits are
there already. What it writes is what it would have written without.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ownstack.engine.llama.native.context import MAX_LOGITS

MAX_TOKENS = MAX_LOGITS - 1
"""Of one draft: the model's own last token is evaluated with it."""
MAX_REJECTED = 2
"""Drafts of which not one token was accepted, before an answer goes on without any."""
FIRST_CHECKS = 8
"""Before that nothing is known about what drafts are worth."""
TRY_AGAIN = 24
"""Where drafts do not pay, one answer in so many has some all the same."""
_FADE = 0.95


class DraftPayoff:
    """Whether drafts have paid lately, with this model, on this machine and for this project.

    A call for two tokens may cost four times one for a single token (measured with 8-bit weights
    on a CPU), or no more than that.
    """

    def __init__(self) -> None:
        self._checks = 0
        self._passed_over = 0
        self._saved_s = 0.0
        self._spent_s = 0.0

    def pays(self) -> bool:
        """Decide for one answer; now and then it is tried again, since projects differ."""
        if self._checks < FIRST_CHECKS or self._saved_s >= self._spent_s:
            return True
        self._passed_over += 1
        return self._passed_over % TRY_AGAIN == 0

    def note(self, tokens: int, seconds: float, tokens_per_s: float) -> None:
        """Take note of a call that brought so many tokens, which alone come at this rate."""
        if tokens_per_s <= 0:
            return
        self._checks += 1
        self._saved_s = _FADE * self._saved_s + tokens / tokens_per_s
        self._spent_s = _FADE * self._spent_s + seconds


class Drafts:
    """The proposals for one answer, and which of them agree with what has been written."""

    def __init__(
        self,
        proposals: Sequence[str],
        healed: str,
        tokenize: Callable[[str], list[int]],
        pieces: Sequence[bytes],
    ) -> None:
        """Take the proposals; nothing is tokenised before it is needed.

        `healed` is the partial word that the answer begins with, before any proposal.
        """
        self._texts = [(healed + text).encode("utf-8", "replace") for text in proposals]
        self._tokenize = tokenize
        self._pieces = pieces
        self._tokens: list[int] = []
        self._written = b""
        self._rejected = 0
        self.checks = 0
        self.drafted = 0
        self.accepted = 0

    def wrote(self, token: int) -> None:
        """Take note of a token that the model has chosen."""
        self._tokens.append(token)
        self._written += self._pieces[token]

    def following(self, at_most: int) -> list[int]:
        """Return tokens that may come next, of the first proposal that agrees; [] if none does.

        Empty, too, before the model's own first token, which chooses among the proposals.
        """
        at_most = min(at_most, MAX_TOKENS)
        if not self._tokens or at_most <= 0 or self._rejected >= MAX_REJECTED:
            return []
        for text in self._texts:
            if len(text) > len(self._written) and text.startswith(self._written):
                tokens = self._after_written(text)
                if tokens:
                    return tokens[:at_most]
        return []

    def checked(self, drafted: int, accepted: int) -> None:
        """Take note of how many tokens of a draft were evaluated, and how many accepted."""
        self.checks += 1
        self.drafted += drafted
        self.accepted += accepted
        self._rejected += not accepted

    def _after_written(self, text: bytes) -> list[int]:
        """Split the rest of a text into tokens as the model would; [] if that cannot be had."""
        whole, n = self._split(text), len(self._tokens)
        if whole[:n] == self._tokens:
            return whole[n:]
        return self._split(text[len(self._written) :])

    def _split(self, text: bytes) -> list[int]:
        # The model may have stopped inside a character. And a vocabulary that puts a blank before
        # every text (SentencePiece) cannot split the middle of one.
        tokens = self._tokenize(text.decode("utf-8", "ignore"))
        spelt = b"".join(self._pieces[token] for token in tokens)
        return tokens if spelt == text else []
