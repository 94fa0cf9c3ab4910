"""What sentences of a conversation establish, told by rules: no model is asked, and why is said.

A sign is a phrase. One strong sign, or two weak ones, make a finding; a question, a condition or a
wish weakens it. Code fences are skipped. All patterns run in linear time over bounded sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

FactKind = Literal[
    "decision", "solution", "error_recovery", "code_pattern", "optimisation", "routing"
]
"""Routing: where something is, belongs or goes to: a file, a tool, a model."""
MAX_CHARS = 200_000
"""Of a text; what is longer is a paste."""
MAX_SENTENCES = 400
MAX_SENTENCE_CHARS = 600
THRESHOLD = 0.5

_STRONG, _WEAK = 0.7, 0.35
_DOUBT = 0.45
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z\"'`(])|\n+[ \t]{0,20}(?:(?:[-*]|\d{1,3}[.)])[ \t]+)?")
_PATH = r"`?[\w./-]{0,120}[\w-]\.[A-Za-z]\w{0,7}\b"
_DOUBTS = re.compile(
    r"\?\s*$|^\s*(?:should|could|would|can|shall|do|does|did|is|are|if|what|why|how|maybe|perhaps)"
    r"\b|\b(?:might|not sure|wonder|suppose)\b",
    re.IGNORECASE,
)


def _signs(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_RULES: dict[FactKind, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "decision": (
        _signs(
            r"\b(?:we|i)(?:'ve| have)? (?:decided|chose|agreed|settled)\b",
            r"\b(?:let's|let us|we'll|we will|i'll|i will) (?:use|go with|keep|stick|stay|drop)\b",
            r"\bdecision\s*:",
            r"\bfrom now on\b",
            r"\b(?:going|go) with\b",
            r"\b(?:always|never) (?:use|call|write|commit|add|put|import|log|return|raise)\b",
        ),
        _signs(
            r"\binstead of\b",
            r"\brather than\b",
            r"\bmust(?: not)?\b",
            r"\bdon't use\b|\bdo not use\b",
            r"\bprefer\b",
            r"\bbecause\b",
            r"\bour convention\b",
        ),
    ),
    "solution": (
        _signs(
            r"\b(?:the|this|my) (?:fix|solution) (?:is|was)\b",
            r"\b(?:fixed|solved|resolved) (?:it|this|that|by|the|with)\b",
            r"\broot cause\b",
            r"\b(?:it )?works now\b",
            r"\b(?:problem|cause|culprit|bug) was\b",
        ),
        _signs(r"\bturn(?:s|ed) out\b", r"\bfix(?:es|ed)?\b", r"\bsolv(?:es|ed)\b", r"\bnow pass"),
    ),
    "error_recovery": (
        _signs(
            r"\b(?:worked around|work-?around|rolled back|roll back|recover(?:ed|s)? from)\b",
            r"\b(?:after|when|since) (?:the|an?) [\w ]{0,40}(?:error|exception|crash|failure)\b",
        ),
        _signs(
            r"\b(?:errors?|exceptions?|traceback|crash(?:ed|es)?|fail(?:s|ed|ure)?|timed? ?out)\b",
            r"\b(?:retr(?:y|ied|ies)|revert(?:ed)?|fall(?:s)? back|fell back|restart(?:ed)?)\b",
            r"\breinstall(?:ed)?\b",
        ),
    ),
    "code_pattern": (
        _signs(
            r"\b(?:pattern|idiom|convention) (?:is|here|for|in|we)\b",
            r"\b(?:the way|how) we (?:do|write|handle|test|name)\b",
            r"\b(?:everywhere|each|every) (?:\w+ ){0,3}(?:follows|uses|goes through)\b",
        ),
        _signs(
            r"\bwhenever\b",
            r"\bevery time\b",
            r"\b(?:context manager|decorator|factory|singleton|dataclass|protocol|mixin|fixture)\b",
            r"\bwrap(?:ped|s)? (?:\w+ ){0,3}(?:in|with)\b",
            r"\b(?:reuse|boilerplate|template)\b",
        ),
    ),
    "optimisation": (
        _signs(
            r"\b\d{1,12}(?:\.\d{1,12})?\s?(?:x|\u00d7|times|%) "
            r"(?:faster|slower|less|fewer|smaller)\b",
            r"\bfrom \d[\d.,]{0,20}\s?(?:ms|s|seconds|minutes|mb|gb|kb)? to \d[\d.,]{0,20}\s?"
            r"(?:ms|s|seconds|minutes|mb|gb|kb)\b",
            r"\b(?:optimi[sz]ed|sped up|speeds? up)\b",
        ),
        _signs(
            r"\b(?:faster|slower|latency|throughput|bottleneck|hot (?:path|loop))\b",
            r"\bprofil(?:e|er|ing)\b",
            r"\b(?:cache[ds]?|caching|memoi[sz]e[ds]?|batch(?:ed|ing)?|vectori[sz]e[ds]?)\b",
            r"\b\d[\d.,]{0,20}\s?(?:ms|µs|us|ns|mb|gb|tokens/s)\b",
            r"\bO\((?:1|n|log n|n log n|n\^?2|n²)\)",
        ),
    ),
    "routing": (
        _signs(
            rf"\b(?:lives|defined|implemented|handled|found|located|belongs|goes|look) (?:in|at|by)"
            rf" (?:the )?{_PATH}",
            r"\b(?:use|ask|send \w+ to|delegate \w* ?to|route[ds]? \w* ?to) the (?:large|small|big|"
            r"fast|local|remote|embedding|coder) model\b",
            r"\broute[ds]? (?:\w+ ){0,4}(?:to|through|via)\b",
        ),
        _signs(
            rf"\b(?:see|in|at) (?:the )?{_PATH}",
            r"\bhandled by\b",
            r"\bdelegate[ds]? to\b",
            r"\bresponsible for\b",
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence that establishes something."""

    kind: FactKind
    text: str
    """The sentence."""
    confidence: float
    """From `THRESHOLD` to 1."""
    signs: tuple[str, ...]
    """The phrases by which it was told."""


def classify(text: str) -> list[Finding]:
    """Return what a text establishes, in its order; a sentence may establish several things."""
    return [finding for sentence in sentences(text) for finding in _of_sentence(sentence)]


def kind_of(text: str) -> FactKind | None:
    """Return what a text is about most, None if nothing tells."""
    totals: dict[FactKind, float] = {}
    for finding in classify(text):
        totals[finding.kind] = totals.get(finding.kind, 0.0) + finding.confidence
    if not totals:
        return None
    most: FactKind = max(totals, key=totals.__getitem__)
    return most


def sentences(text: str) -> Iterator[str]:
    """Return the sentences outside of code fences, at most so many, each cut to a length."""
    count = 0
    for sentence in _SENTENCE.split(_prose(text[:MAX_CHARS])):
        stripped = sentence.strip(" \t-*#>")
        if stripped:
            yield stripped[:MAX_SENTENCE_CHARS]
            count += 1
        if count == MAX_SENTENCES:
            return


def _prose(text: str) -> str:
    lines, in_code = [], False
    for line in text.split("\n"):
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code:
            lines.append(line)
    return "\n".join(lines)


def _of_sentence(sentence: str) -> Iterator[Finding]:
    doubt = _DOUBT if _DOUBTS.search(sentence) else 0.0
    for kind, (strong, weak) in _RULES.items():
        firm = _found(strong, sentence)
        hints = [sign for sign in _found(weak, sentence) if sign not in firm]
        score = 1 - (1 - _STRONG) ** len(firm) * (1 - _WEAK) ** len(hints) - doubt
        if score >= THRESHOLD:
            yield Finding(kind, sentence, round(score, 3), (*firm, *hints))


def _found(pattern: re.Pattern[str], sentence: str) -> list[str]:
    return list(dict.fromkeys(found[0].lower() for found in pattern.finditer(sentence)))
