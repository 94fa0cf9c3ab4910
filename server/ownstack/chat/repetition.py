"""Whether an answer has begun to say the same for ever, as small models do."""

from __future__ import annotations

_SPANS = ((600, 100), (2_400, 400))
"""The last so many characters repeat a stretch of at most so many: six times in a row."""


def repeats(text: str) -> bool:
    """Say whether a text ends in the same stretch, six times or more. Linear in what is read."""
    return any(_period(text[-span:]) <= longest for span, longest in _SPANS if len(text) >= span)


def _period(text: str) -> int:
    """Return the shortest period of a text, by the failure function of Knuth, Morris and Pratt."""
    fails = [0] * len(text)
    matched = 0
    for index in range(1, len(text)):
        while matched and text[index] != text[matched]:
            matched = fails[matched - 1]
        matched += text[index] == text[matched]
        fails[index] = matched
    return len(text) - matched
