"""What a model is shown around a cursor, as a request in all widths (`widths.py`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from ownstack.completion.context.widths import Widths
from ownstack.completion.context.window import TokenCounts, Windows, context_budget
from ownstack.completion.extent import Extent
from ownstack.completion.place import Place
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import InfillRequest, Priority, Snippet, Surroundings
from ownstack.files.notebook.text import code_path

CONTEXT_KEPT_S = 60.0
"""Other files' text stands first in a prompt: where all of it takes long to read, it is renewed
this seldom in one document."""
WIDE_SUFFIX_SHARE = 0.45
"""Of the narrowest prompt, for the suffix of a wider one: in PSM order it is read again whenever
the cursor moves to another line."""


class Prompts:
    """Chooses the text that one engine is shown for one window, from key to key."""

    def __init__(
        self,
        engine: Engine,
        snippets: Callable[[str], tuple[Snippet, ...]],
        clock: Callable[[], float] = time.monotonic,
        project: Callable[[str], str] = lambda uri: "",
    ) -> None:
        """`snippets`: text of other files for a document, as it was gathered last.

        `project`: see `Environment.project`.
        """
        self._snippets = snippets
        self._project = project
        self._clock = clock
        self._widths = Widths(engine.capabilities.prompt_budget_tokens, engine.speed)
        self._windows: list[Windows] = []
        """One for each width that was in use."""
        self._counts = TokenCounts(engine.count)
        self._contexts: dict[str, tuple[float, tuple[Snippet, ...]]] = {}
        """Document → when its context was renewed, and what it is."""
        self._asked: InfillRequest | None = None
        """What somebody waited for last."""

    def context_budget(self) -> tuple[int, Callable[[str], int]]:
        """Return how many tokens the context may take, and what counts them."""
        self._counts.begin()
        return context_budget(self._widths.tokens()[-1]), self._counts.of

    def request(
        self,
        place: Place,
        extent: Extent,
        *,
        max_tokens: int,
        first_line_s: float | None = None,
        deadline_s: float | None = None,
        priority: Priority = Priority.COMPLETION,
        width: int = 0,
    ) -> InfillRequest:
        """Return a request of this width, and all that are wider, for the engine to choose from.

        Only one that somebody waits for moves the anchors and pins of the text that is shown.
        """
        self._counts.begin()
        remember = priority is Priority.COMPLETION
        n_widths = len(self._widths.tokens())
        found = [self._surroundings(place, at, remember) for at in range(width, n_widths)]
        narrow, *wider = dict.fromkeys(found)
        request = InfillRequest(
            prefix=narrow.prefix,
            suffix=narrow.suffix,
            path=code_path(place.document.path, place.document.language),
            project=self._project(place.uri),
            context=narrow.context,
            wider=tuple(reversed(wider)),
            max_tokens=max_tokens,
            max_lines=extent.max_lines,
            min_indent=extent.min_indent,
            first_line_s=first_line_s,
            deadline_s=deadline_s,
            priority=priority,
        )
        if remember:
            self._asked = request
        return request

    def unread(self, place: Place) -> Iterator[InfillRequest]:
        """Yield what is worth reading around a place while nobody waits, the narrower first.

        That is every width but the narrowest, which was waited for; where there is only one,
        that one if other files' text has changed in it.
        """
        asked, n_widths = self._asked, len(self._widths.tokens())
        for width in range(min(1, n_widths - 1), n_widths):
            request = self.request(
                place,
                Extent(1, None, "line"),
                max_tokens=1,
                priority=Priority.BACKGROUND,
                width=width,
            )
            is_read = asked is not None and asked.context == request.context
            if n_widths > 1 and asked is not None:
                is_read = is_read and not request.wider and asked.prefix == request.prefix
            if not is_read:
                yield request

    def forget(self, uri: str) -> None:
        """Forget a document that was closed."""
        self._contexts.pop(uri, None)
        for windows in self._windows:
            windows.forget(uri)

    def _surroundings(self, place: Place, width: int, remember: bool) -> Surroundings:
        """Return what a prompt of this width shows."""
        widths = self._widths.tokens()
        while len(self._windows) <= width:
            self._windows.append(Windows())
        context, left = self._context(place.uri, widths[width], is_kept=len(widths) > 1)
        window = self._windows[width].cut(
            place,
            left,
            self._counts,
            suffix_tokens=int(widths[0] * WIDE_SUFFIX_SHARE) if width else None,
            short_tokens=min(left, widths[0]),
            remember=remember,
        )
        return Surroundings(window.prefix, window.suffix, context)

    def _context(self, uri: str, budget: int, *, is_kept: bool) -> tuple[tuple[Snippet, ...], int]:
        """Return the first snippets of other files that have room in a prompt, and what is left.

        `is_kept`: the prompt takes long to read, so it must not begin otherwise all the time.
        """
        snippets = self._snippets(uri)
        if is_kept:
            renewed_s, kept = self._contexts.get(uri, (0.0, ()))
            if kept and self._clock() - renewed_s < CONTEXT_KEPT_S:
                snippets = kept
            elif snippets:
                self._contexts[uri] = (self._clock(), snippets)
        limit, used, taken = context_budget(budget), 0, []
        for snippet in snippets:
            tokens = self._counts.of(snippet.text)
            if used + tokens > limit:
                break
            used += tokens
            taken.append(snippet)
        return tuple(taken), budget - used
