"""Text that says again what is there already, or says one thing over and over.

The rules look at whole lines and whole remainders. Character overlaps and similarity scores
delete legitimate text (`self.left = left` is 90 % of `self.lift = lift`), so "nearly the same"
means: the same but for blanks, the kind of quotes, and a comma or semicolon at the end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ownstack.text import blanks_of

_WORD = re.compile(r"\w")
_IN_LINE = re.compile(r"(?s)(.{3,60}?)\1{4,}\S{0,60}$")
_MIN_PREFIX_CHARS = 8


def same(line: str, other: str) -> bool:
    """Say whether two lines are (nearly) the same."""
    return line == other or _plain(line) == _plain(other)


def without_rest(text: str, rest: str) -> str:
    """Return one line of text without the rest of the line, which the model wrote once more.

    What remains plus the rest is then just what the model wrote. Closing marks alone are not
    its business: they are replaced, not removed.
    """
    rest = rest.strip()
    if not _WORD.search(rest) or not text.rstrip().endswith(rest):
        return text
    return text.rstrip()[: -len(rest)]


def repeat_of_below(lines: Sequence[str], below: Sequence[str], complete: bool) -> int | None:
    """Return the first of `lines` from which on they repeat the non-blank lines `below`.

    `lines` are whole lines, what stands left of the cursor included. A single repeated line
    must be indented alike, since `return x` is often right at two depths; the last one may be
    a beginning if the answer is not `complete`.
    """
    if not below:
        return None
    for first in range(len(lines)):
        tail = [line for line in lines[first:] if line.strip()]
        if not lines[first].strip() or not tail or len(tail) > len(below):
            continue
        *whole, last = zip(tail, below, strict=False)
        if all(same(a.strip(), b.strip()) for a, b in whole) and _ends_alike(*last, complete):
            if len(tail) == 1 and len(blanks_of(tail[0])) != len(blanks_of(below[0])):
                continue
            if first == 0 and not any(_WORD.search(line) for line in tail):
                continue  # a brace after a brace, a row of stars after another
            return first
    return None


def repeat_of_itself(lines: Sequence[str]) -> int | None:
    """Return the line before which to cut, so that no line or group of lines comes again.

    A line must come three times in a row, a group of three lines or more twice, a group of two
    three times; lines without letters or digits prove nothing.
    """
    stripped = [line.strip() for line in lines]
    for period in range(1, len(stripped) // 2 + 1):
        times = 2 if period > 2 else 3
        for first in range(len(stripped) - period * times + 1):
            group = stripped[first : first + period]
            again = stripped[first : first + period * times]
            if again == group * times and any(_WORD.search(line) for line in group):
                return first + period
    return None


def stutters(line: str) -> bool:
    """Say whether a line ends in one thing written five times; data of digits is let through."""
    found = _IN_LINE.search(line[-400:])
    return found is not None and len(found[0]) >= 30 and re.search(r"[^\W\d]", found[1]) is not None


def _plain(line: str) -> str:
    return re.sub(r"\s+", "", line).replace("'", '"').rstrip(",;")


def _ends_alike(line: str, other: str, complete: bool) -> bool:
    line, other = line.strip(), other.strip()
    if same(line, other):
        return True
    return not complete and len(line) >= _MIN_PREFIX_CHARS and other.startswith(line)
