"""A log in a folder of its own, with a toy embedder."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.log.session import SessionLog

ROOT = "/home/a/project"


class ToyEmbedder:
    """Knows two meanings: cats and dogs, each under several words."""

    name = "toy"
    dim = 2
    meanings = (("cat", "feline", "kitten"), ("dog", "canine", "puppy"))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        counts = [
            [float(any(word in text.lower() for word in words)) for words in self.meanings]
            for text in texts
        ]
        vectors = np.array(counts, np.float32).reshape(len(texts), 2)
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


OpenLog = Callable[[], ConversationLog]


@pytest.fixture
def open_log(tmp_path: Path) -> Iterator[OpenLog]:
    """Opens the same files, each time as another process would."""
    opened: list[ConversationLog] = []

    def open_it() -> ConversationLog:
        log = ConversationLog.open(
            tmp_path / "log" / "log.sqlite", tmp_path / "recall" / "r.sqlite", embedder=ToyEmbedder
        )
        opened.append(log)
        return log

    yield open_it
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: OpenLog) -> ConversationLog:
    return open_log()


def say(session: SessionLog, text: str, answer: str = "") -> int:
    """Take a turn, and return its number."""
    turn = session.begin_turn()
    said = [events.user(session.stamp(turn), text)]
    if answer:
        said.append(events.assistant(session.stamp(turn), answer))
    assert session.append(*said)
    return turn


def texts(session: SessionLog) -> list[str]:
    return [event.text for event in session.events]
