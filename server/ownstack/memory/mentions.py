"""What a text names, by rule and in linear time: files, errors, and sentences that say something.

The rules know English, and a sentence that they miss is only not preferred: it stays in the log.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from ownstack.languages import languages

MAX_CHARS = 200_000
"""Read of one text, from both ends: what stands in the middle of a paste of megabytes is data."""
_MAX_SENTENCE = 400
_WORD = re.compile(r"[\w./\\@+~-]{3,240}")
_OTHER_EXTENSIONS = frozenset({"cfg", "conf", "csv", "env", "ini", "ipynb", "lock", "log", "txt"})
"""Of files that are named in talk about code and written in no language."""
_ERROR = re.compile(
    r"\b[A-Z][A-Za-z]{1,60}(?:Error|Exception|Warning)\b|\b(?:error|fatal|panic)(?:\[\w{1,12}\])?:"
    r"|\b[EWF]\d{3,4}\b|^FAILED\b"
)
_CODE_LINE = re.compile(
    r"^(?:raise|except|from|import|class|throw|catch|return|def)\b|^\d+\s*[│|█]"
)
_FENCE = re.compile(r"^\s{0,3}(?:```|~~~)")
_ENDS = re.compile(r"(?<=[.!?])\s+")
_CODE = re.compile(r"`([^`\n]{2,80})`")
_CONSTRAINT = re.compile(
    r"\b(?:must|mustn't|never|always|don't|do not|doesn't need|should(?:n't)?|only|instead of|"
    r"rather than|without|make sure|ensure|keep|avoid|no need|required?|prefer|not allowed)\b",
    re.IGNORECASE,
)
_DECISION = re.compile(
    r"\b(?:decided|decide|let's|let us|we'll|we will|we should|go with|going with|chose|choose|"
    r"switch(?:ed)? to|agreed|settled|instead|the best (?:way|option|approach))\b",
    re.IGNORECASE,
)
_DEAD_END = re.compile(
    r"\b(?:didn't|doesn't|did not|does not|still (?:not|fails?|broken)|failed|fails|broken|"
    r"reverted?|undo|wrong|can't|cannot|not work(?:ing)?)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"^(?:I've|I have|I(?: also)? (?:added|updated|changed|moved|removed|renamed|fixed|created)|"
    r"(?:Added|Updated|Changed|Moved|Removed|Renamed|Fixed|Created|Implemented)\b)"
)


def bounded(text: str) -> str:
    """Return what is read of a text: all, or the same much from either end."""
    if len(text) <= MAX_CHARS:
        return text
    half = MAX_CHARS // 2
    return f"{text[:half]}\n{text[-half:]}"


def files(text: str) -> Iterator[str]:
    """Yield paths and names of files as they are written, as often as they are."""
    known = _extensions()
    for found in _WORD.finditer(bounded(text)):
        word = found[0].rstrip(".-+@\\").lstrip("-+@").removeprefix("./")
        stem, dot, extension = word.rpartition(".")
        name = stem.replace("\\", "/").rpartition("/")[2]
        if dot and name.strip(".") and extension.lower() in known and "//" not in word:
            yield word


def errors(text: str) -> Iterator[str]:
    """Yield lines that report an error; lines of code that could are none."""
    for line in bounded(text).splitlines():
        words = " ".join(line[:2_000].split())
        if _ERROR.search(words) and not _CODE_LINE.match(words):
            yield words[:_MAX_SENTENCE]


def sentences(text: str) -> Iterator[str]:
    """Yield what is said outside of code blocks, a sentence at a time."""
    fenced = False
    for line in bounded(text).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if fenced or not line.strip() or len(line) > 4_000:
            continue
        for sentence in _ENDS.split(line.strip()):
            words = sentence.strip().lstrip("#>*-• ").strip()
            if sum(character.isalpha() for character in words) >= 3:
                yield words[:_MAX_SENTENCE]


def code(text: str) -> Iterator[str]:
    """Yield what is set as code within sentences: names of functions, flags, commands."""
    for found in _CODE.finditer(bounded(text)):
        yield found[1].strip()


def is_constraint(sentence: str) -> bool:
    return _CONSTRAINT.search(sentence) is not None


def is_decision(sentence: str) -> bool:
    return _DECISION.search(sentence) is not None


def is_dead_end(sentence: str) -> bool:
    return _DEAD_END.search(sentence) is not None


def is_done(sentence: str) -> bool:
    return _DONE.search(sentence) is not None


def is_question(sentence: str) -> bool:
    return sentence.rstrip().endswith("?")


@functools.lru_cache(maxsize=1)
def _extensions() -> frozenset[str]:
    known = (extension.lower() for language in languages() for extension in language.extensions)
    return frozenset(known) | _OTHER_EXTENSIONS
