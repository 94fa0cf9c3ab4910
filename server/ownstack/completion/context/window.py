"""Which part of a document the model is shown, chosen so that the next key changes little.

What was evaluated once stays in the model's KV cache as long as the prompt begins with the same
tokens. So the prefix starts at an anchor, which moves by whole blocks of lines and only when
the budget is exceeded; and the suffix is pinned: the string sent before is sent again, byte for
byte, while the text after the cursor begins nearly the same (Copilot's rule: of the first 50
words less than a tenth differ; stricter here: the rest of the cursor's line is equal).

Shares of the budget: context 20 %, suffix 25 %, prefix the rest and whatever the others leave
over; at the top of a file the suffix has what the prefix leaves, since it says most there.
Copilot's are 50/15/35, for a hosted model that is sent far more; with a small window near text is
worth more, and llama.cpp's own `/infill` gives the suffix 25 %.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from ownstack.completion.place import Place, plain
from ownstack.completion.postprocess.distance import distance, lexemes
from ownstack.files.handwriting import without_long_lines

CONTEXT_SHARE = 0.20
SUFFIX_SHARE = 0.25
RESERVE_TOKENS = 32
"""For the format's markers and the path."""
BLOCK_LINES = 16
FILL = 0.7
"""How full the window is after its anchor has moved; the rest is room to type in."""
STARVED = 0.3
"""A window less full than this, with text above it, gets a new anchor."""
PIN_WORDS = 50
PIN_SHARE = 0.1
MAX_COUNTED_CHARS = 12_000
"""Tokenised in one request at most (a few milliseconds); what is over is estimated."""

_MOST_CHARS_PER_TOKEN = 10
_KEY_CHARS = 200
_SEARCH_CHARS = 20_000
_PIN_CHARS = 1_500


class TokenCounts:
    """Counts of blocks of lines, each counted once. One per engine."""

    def __init__(self, count: Callable[[str], int], max_blocks: int = 2_048) -> None:
        self._count = count
        self._known: LRUCache[str, int] = LRUCache(max_blocks)
        self._chars = 0
        self._tokens = 0
        self._left_chars = MAX_COUNTED_CHARS

    def begin(self) -> None:
        """Start a request: what it may spend on counting is full again."""
        self._left_chars = MAX_COUNTED_CHARS

    def estimate(self, text: str) -> int:
        """Return about how many tokens `text` has, by the ratio met so far (3 at first)."""
        ratio = self._chars / self._tokens if self._tokens else 3.0
        return int(len(text) / ratio) + 1 if text else 0

    def of(self, block: str) -> int:
        """Return the number of tokens of a block of lines."""
        known = self._known.get(block)
        if known is not None:
            return known
        if len(block) > self._left_chars:
            return self.estimate(block)
        self._left_chars -= len(block)
        n_tokens = self._count(block)
        self._chars += len(block)
        self._tokens += n_tokens
        self._known[block] = n_tokens
        return n_tokens


@dataclass(frozen=True, slots=True)
class Window:
    r"""Text around the cursor, line ends as `\n`."""

    prefix: str
    suffix: str
    tokens: int
    """Counted or estimated."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    start: int
    key: str
    """The text the window begins with."""
    before: str
    """The text in front of it."""


@dataclass(frozen=True, slots=True)
class _Pin:
    suffix: str
    tokens: int
    cut: bool
    """More text follows."""


class Windows:
    """The anchor and the pin of each document."""

    def __init__(self) -> None:
        self._anchors: dict[str, _Anchor] = {}
        self._pins: dict[str, _Pin] = {}

    def forget(self, uri: str) -> None:
        self._anchors.pop(uri, None)
        self._pins.pop(uri, None)

    def clear(self) -> None:
        self._anchors.clear()
        self._pins.clear()

    def cut(
        self,
        place: Place,
        budget_tokens: int,
        counts: TokenCounts,
        *,
        suffix_tokens: int | None = None,
        short_tokens: int | None = None,
        remember: bool = True,
    ) -> Window:
        """Return the window for a prompt of `budget_tokens`, context already taken off.

        `suffix_tokens`: what the suffix may take at most, if less than its share. But where little
        stands above the cursor, it may fill up `short_tokens` (the budget, if not given). Without
        `remember` (a prefetch), anchor and pin are used but not moved.
        """
        limit = int(budget_tokens * SUFFIX_SHARE)
        limit = min(limit, suffix_tokens or limit)
        pin = self._pin(place, limit, _left(place, short_tokens or budget_tokens, counts), counts)
        limit = max(RESERVE_TOKENS, budget_tokens - pin.tokens - RESERVE_TOKENS)
        start, used = self._start(place, limit, counts)
        text = place.document.text
        if remember:
            key = text[start : min(place.offset, start + _KEY_CHARS)]
            before = text[max(0, start - _KEY_CHARS) : start]
            self._anchors[place.uri] = _Anchor(start, key, before)
            self._pins[place.uri] = pin
        return Window(_shown(text[start : place.offset]), pin.suffix, used + pin.tokens)

    def _start(self, place: Place, limit: int, counts: TokenCounts) -> tuple[int, int]:
        """Return where the prefix starts, and its tokens."""
        start = self._anchored(place)
        if start is not None:
            sizes = _block_sizes(place, start, counts)
            used = sum(tokens for _, tokens in sizes)
            if used <= limit and not (used < limit * STARVED and start > 0):
                return start, used
            if used > limit:
                while used > limit * FILL and len(sizes) > 1:
                    chars, tokens = sizes.pop(0)
                    start, used = start + chars, used - tokens
                if used <= limit:
                    return start, used
        return _walk_back(place, int(limit * FILL), counts)

    def _anchored(self, place: Place) -> int | None:
        """Return where the anchor is now, None if it is lost or below the cursor."""
        anchor = self._anchors.get(place.uri)
        if anchor is None:
            return None
        text, old = place.document.text, anchor.start
        if old > place.offset:
            return None
        if old == 0 or text.startswith(anchor.key, old) or text[:old].endswith(anchor.before):
            return old
        low = max(0, old - _SEARCH_CHARS)
        found = text.find(anchor.key, low, min(place.offset, old + _SEARCH_CHARS))
        return found if found > 0 and text[found - 1] in "\r\n" else None

    def _pin(self, place: Place, limit: int, left: int, counts: TokenCounts) -> _Pin:
        """Return the suffix: of `limit` tokens, or of most of what is `left` by the text above.

        The rest of that is room to type in, in which the suffix stays the same.
        """
        pin = self._pins.get(place.uri)
        begins = plain(place.document.text[place.offset : place.offset + _PIN_CHARS])
        if (
            pin is not None
            and pin.tokens <= max(limit + 1, left)
            and _nearly_same(pin.suffix, begins, pin.cut)
        ):
            return pin
        return _fresh_suffix(place, max(limit, int(left * FILL)), counts)


def _left(place: Place, budget_tokens: int, counts: TokenCounts) -> int:
    """Return what all text above the cursor leaves of a budget, 0 if nothing."""
    if place.offset > budget_tokens * _MOST_CHARS_PER_TOKEN:
        return 0
    above = counts.estimate(place.document.text[: place.offset])
    return max(0, budget_tokens - RESERVE_TOKENS - above)


def context_budget(total_tokens: int) -> int:
    """Return how many tokens of a prompt snippets of other files may take."""
    return int(total_tokens * CONTEXT_SHARE)


def _shown(text: str) -> str:
    r"""Return lines as the model is shown them: ended by `\n`, those that are too long empty."""
    return without_long_lines(plain(text), keeps_prose=False)


def _nearly_same(old: str, new: str, cut: bool) -> bool:
    """Say whether a suffix may stand for another; `cut`: the budget ended `old`, not the text."""
    if old.partition("\n")[0] != new.partition("\n")[0]:
        return False
    before = lexemes(old[:_PIN_CHARS])[:PIN_WORDS]
    now = lexemes(new)[:PIN_WORDS]
    if cut:
        now = now[: len(before)]
    if before == now:
        return True
    limit = int(PIN_SHARE * max(len(before), len(now)))
    return limit > 0 and distance(before, now, limit) < PIN_SHARE * max(len(before), len(now))


def _fresh_suffix(place: Place, limit: int, counts: TokenCounts) -> _Pin:
    """Return whole lines after the cursor, as many as fit; the first may be only a part."""
    taken, used, at = [], 0, place.offset
    text = place.document.text
    while at < len(text):
        end = _lines_forward(text, at, BLOCK_LINES)
        block = _shown(text[at:end])
        tokens = counts.of(block)
        if used + tokens > limit:
            part = _shortened(block, limit - used, counts)
            taken.append(part)
            used += counts.estimate(part)
            break
        taken.append(block)
        used, at = used + tokens, end
    return _Pin("".join(taken), used, at < len(text))


def _shortened(block: str, limit: int, counts: TokenCounts) -> str:
    kept: list[str] = []
    for line in block.splitlines(keepends=True):
        if counts.estimate("".join(kept) + line) > limit:
            break
        kept.append(line)
    return "".join(kept)


def _block_sizes(place: Place, start: int, counts: TokenCounts) -> list[tuple[int, int]]:
    """Return (characters, tokens) of each block from `start` to the cursor.

    The last block, which is being typed in, is estimated, so that a key counts nothing anew.
    """
    text, sizes, at = place.document.text, [], start
    while at < place.offset:
        end = _lines_forward(text, at, BLOCK_LINES)
        if end >= place.offset:
            sizes.append((place.offset - at, counts.estimate(text[at : place.offset])))
            break
        sizes.append((end - at, counts.of(_shown(text[at:end]))))
        at = end
    return sizes


def _walk_back(place: Place, limit: int, counts: TokenCounts) -> tuple[int, int]:
    """Return the start of as many whole blocks above the cursor as fit, and their tokens."""
    text = place.document.text
    start, _ = place.line()
    used = counts.estimate(text[start : place.offset])
    n_lines = BLOCK_LINES
    while start > 0 and n_lines:
        above = _lines_back(text, start, n_lines)
        tokens = counts.of(_shown(text[above:start]))
        if used + tokens > limit:
            if used > limit / 2:
                break
            # A small window: what does not fit as a block may fit line by line.
            n_lines //= 4
            continue
        start, used = above, used + tokens
    return start, used


def _lines_forward(text: str, at: int, n_lines: int) -> int:
    for _ in range(n_lines):
        found = text.find("\n", at)
        if found < 0:
            return len(text)
        at = found + 1
    return at


def _lines_back(text: str, at: int, n_lines: int) -> int:
    for _ in range(n_lines):
        if at <= 0:
            return 0
        at = text.rfind("\n", 0, at - 1) + 1
    return at
