"""What an engine is being asked for: whoever unloads models must not take one that is at work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Answer(Protocol):
    """Something that is written until it is done."""

    @property
    def done(self) -> bool: ...


A = TypeVar("A", bound=Answer)


class Activity:
    """The requests of one engine that have not ended. All of it runs on the event loop."""

    def __init__(self) -> None:
        self.on_request: Callable[[], None] = lambda: None
        """Called whenever the engine is asked for something."""
        self._answers: list[Answer] = []
        self._calls = 0

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        self._answers = [answer for answer in self._answers if not answer.done]
        return bool(self._answers or self._calls)

    def began(self, answer: A) -> A:
        """Count an answer until it is done; return it."""
        self._answers = [other for other in self._answers if not other.done]
        self._answers.append(answer)
        self.on_request()
        return answer

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count a call that returns its answer."""
        self.on_request()
        self._calls += 1
        try:
            yield
        finally:
            self._calls -= 1
