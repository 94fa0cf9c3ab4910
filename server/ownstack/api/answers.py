"""What all answers have in common."""

from __future__ import annotations

import secrets
import time
from typing import Any

from ownstack.engine.results import Usage

_PREFIXES = {"text_completion": "cmpl"}


def head(kind: str, model: str) -> dict[str, Any]:
    """Return the fields that an answer, or each chunk of one, begins with."""
    return {
        "id": f"{_PREFIXES.get(kind, 'chatcmpl')}-{secrets.token_hex(12)}",
        "object": kind,
        "created": int(time.time()),
        "model": model,
    }


def usage(used: Usage) -> dict[str, Any]:
    """Return what an answer cost in tokens."""
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.generated_tokens,
        "total_tokens": used.prompt_tokens + used.generated_tokens,
        "prompt_tokens_details": {
            "cached_tokens": max(used.prompt_tokens - used.evaluated_tokens, 0)
        },
    }
