"""What completion in one window is given to work with, as it is at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.completion.place import Place
from ownstack.completion.suggestion import Trace
from ownstack.concurrency import CallLater, call_later
from ownstack.document import Document, Documents
from ownstack.settings import CompletionSettings

if TYPE_CHECKING:
    from ownstack.index.snapshot.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Environment:
    """One window's documents, settings, folders, index and time."""

    documents: Documents
    settings: Callable[[], CompletionSettings]
    folders: Callable[[], Sequence[Path]] = tuple
    """Where files near a document may be read; none in a workspace that is not trusted."""
    project: Callable[[str], str] = lambda uri: ""
    """The folder that a document belongs to, as what was learned from it is called; "" = none."""
    index: Callable[[str], Snapshot | None] = lambda uri: None
    """What is known of the project that a document belongs to."""
    clock: Callable[[], float] = time.monotonic
    later: CallLater = call_later
    """Runs a callback after some seconds (`loop.call_later`)."""
    hears_improvements: Callable[[], bool] = lambda: False
    """Whether it asks again when `improved` is told: then nobody is kept waiting for more."""
    came: Callable[[Trace, float], object] = lambda trace, taken_s: None
    """Hears what a model had to say, and so many seconds after the key, where nobody waited for it
    and nothing else was asked since. The trace's text is empty if that was nothing."""
    kept: Callable[[Document, Sequence[str]], object] = lambda document, lines: None
    """Hears of lines, stripped, that were suggested, accepted, and are still in a document after
    ten minutes. It may not block."""
    improved: Callable[[Place], object] = lambda place: None
    """Hears that who asks again at a place gets a better suggestion than the one shown there."""
