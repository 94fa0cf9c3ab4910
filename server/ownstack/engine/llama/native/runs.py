"""Text cut so that no piece holds a long run of one kind of character.

llama.cpp splits text into words with `std::regex`, which recurses once per matched character:
40,000 spaces, equal signs or letters in a row overflow the stack and end the process, 10,000 do
not. A longer run is therefore cut into pieces that are tokenised one by one. The tokens may differ
from those of the whole run only at the cuts, and such runs carry no meaning (padding, rulers,
packed data).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_RUN = 4_096
# Combining marks belong to words in some vocabularies and are no `\w`, so that everything
# beyond ASCII counts as part of a word.
_KINDS = (r"\s", r"(?:[^\W\d_]|[^\x00-\x7f])", r"\d", r"(?:[\x00-\x7f](?<![\sA-Za-z0-9]))")
_LONG_RUN = re.compile("|".join(f"{kind}{{{MAX_RUN + 1},}}" for kind in _KINDS))


def pieces(text: str) -> Iterator[str]:
    """Yield `text` in order, in pieces without a run of more than `MAX_RUN` equal-kind characters.

    Text without such a run, which is all text but the pathological, comes out whole.
    """
    if len(text) <= MAX_RUN:
        yield text
        return
    start = 0
    for run in _LONG_RUN.finditer(text):
        for cut in range(run.start() + MAX_RUN, run.end(), MAX_RUN):
            yield text[start:cut]
            start = cut
    yield text[start:]
