"""Totals of what an engine did, for people who ask."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.engine.results import Finish, Generated


@dataclass(slots=True)
class UsageTotals:
    """Totals, counted on the native thread; reading a number from another is harmless."""

    answers: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    generated_tokens: int = 0
    drafts: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0
    refreshes: int = 0

    def add(self, result: Generated) -> None:
        usage = result.usage
        self.answers += 1
        self.cancelled += result.finish is Finish.CANCELLED
        self.evaluated_tokens += usage.evaluated_tokens
        self.generated_tokens += usage.generated_tokens
        self.drafts += usage.drafts
        self.drafted_tokens += usage.drafted_tokens
        self.accepted_tokens += usage.accepted_tokens
        # A cancelled prefill never asked for the rest of its prompt.
        finished = usage.generated_tokens > 0
        self.prompt_tokens += usage.prompt_tokens if finished else usage.evaluated_tokens

    def figures(self) -> dict[str, float]:
        """Return the totals by the names they have in the status."""
        return {
            "answers": float(self.answers),
            "cancelledAnswers": float(self.cancelled),
            "evaluatedTokens": float(self.evaluated_tokens),
            "reusedTokens": float(max(0, self.prompt_tokens - self.evaluated_tokens)),
            "generatedTokens": float(self.generated_tokens),
            "drafts": float(self.drafts),
            "draftedTokens": float(self.drafted_tokens),
            "acceptedTokens": float(self.accepted_tokens),
            "suffixRefreshes": float(self.refreshes),
        }
