"""Every error this package raises on purpose, and what its reader can do next.

    OwnstackError
    ├── UsageError               the command line was not understood (exit status 2)
    ├── FileError                a file cannot be read as text
    ├── ModelError
    │   ├── ModelNotFoundError   no such file, or no model of that name
    │   ├── ModelCorruptError    not a GGUF, truncated, or refused by llama.cpp
    │   ├── ModelTooLargeError   needs more memory than the machine has free
    │   ├── ModelSetAsideError   it crashed the engine before, so it is not tried again
    │   └── CannotInfillError    a model that was not trained to fill in the middle
    ├── EngineError
    │   ├── ContextOverflowError the prompt does not fit the model's context
    │   └── EngineClosedError    the engine was closed while work was waiting
    ├── IndexingError            a folder cannot be indexed, or not without asking
    │   └── IndexCorruptError    what was stored of an index cannot be read
    └── DaemonError              the daemon cannot be reached, started or spoken to

"There is no suggestion" is a value, never an error.
"""

from __future__ import annotations


class OwnstackError(Exception):
    """Base of all. `str(error)` is one line for a person; `hint` is what to do next, or ""."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class UsageError(OwnstackError):
    """The command line was not understood."""


class FileError(OwnstackError):
    """A file cannot be read as text."""


class ModelError(OwnstackError):
    """A model cannot be used."""


class ModelNotFoundError(ModelError):
    """No such file, or no model of that name."""


class ModelCorruptError(ModelError):
    """Not a GGUF file, a truncated one, or one that llama.cpp refuses."""


class ModelTooLargeError(ModelError):
    """The model needs more memory than the machine has free; said before loading."""


class ModelSetAsideError(ModelError):
    """The model crashed the engine before, so it is not tried again by itself."""


class CannotInfillError(ModelError):
    """The model was not trained to fill in the middle."""


class EngineError(OwnstackError):
    """The engine failed while working."""


class ContextOverflowError(EngineError):
    """The prompt does not fit the model's context window."""


class EngineClosedError(EngineError):
    """The engine was closed while work was waiting."""


class IndexingError(OwnstackError):
    """A folder cannot be indexed, or not without asking."""


class IndexCorruptError(IndexingError):
    """What was stored of an index cannot be read, or was written by another version."""


class DaemonError(OwnstackError):
    """The daemon cannot be reached, started or spoken to."""


def in_words(error: BaseException) -> str:
    """Return what went wrong as the first line of a sentence, at most 200 characters."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.strip().partition("\n")[0][:200] or type(error).__name__
