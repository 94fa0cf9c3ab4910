"""How much text around the cursor a model is shown: little at once, more when it had time to read.

A prompt is read once; a key costs a token or two then, however long it is. So the first answer
comes from what can be read in `FIRST_S`, and wider prompts are read in the background, each in one
piece from its beginning: text that is put in front of what was read changes all of it.
"""

from __future__ import annotations

from collections.abc import Callable

from ownstack.engine.results import Speed

FIRST_S = 2.0
"""The narrowest prompt can be read in this time, if nothing of it is known yet."""
GROWN_S = (7.0, 20.0)
"""So long do the wider ones take. Somebody who has been in a file for ten seconds gets the first of
them; the last is as much as a model on two cores should be made to read (thousands of tokens)."""
MIN_TOKENS = 256
_STEP = 1.3
"""A width is worth reading if it is so many times the one before."""
_CHANGED = 1.5
"""The speed counts as another if it is so many times what it was, or so small a part: widths that
follow every measurement would move the beginning of the prompt each time."""


class Widths:
    """The lengths of one model's prompts, as its speed is now."""

    def __init__(self, room_tokens: int, speed: Callable[[], Speed]) -> None:
        """`room_tokens`: what fits the model's window."""
        self._room = room_tokens
        self._speed = speed
        self._prefill = 0.0

    def tokens(self) -> tuple[int, ...]:
        """Return the lengths of prompts in tokens, ascending, at least one.

        There is only one where the model reads all that fits in `FIRST_S`, or its speed is unknown.
        """
        prefill = self._speed().prefill
        if not self._prefill / _CHANGED <= prefill <= self._prefill * _CHANGED:
            self._prefill = prefill
        if not self._prefill:
            return (self._room,)
        return widths(self._room, self._prefill)


def widths(room_tokens: int, prefill: float) -> tuple[int, ...]:
    """Return lengths of prompts for a model that reads `prefill` tokens a second."""
    found = [min(room_tokens, max(MIN_TOKENS, int(prefill * FIRST_S)))]
    for seconds in GROWN_S:
        wider = min(room_tokens, int(prefill * seconds))
        if wider > found[-1] * _STEP:
            found.append(wider)
    return tuple(found)
