"""Every error this package raises on purpose, and what its reader can do next.

    OwnstackError
    ├── UsageError               the command line was not understood (exit status 2)
    ├── FileError                a file cannot be read as text
    ├── ModelError
    │   ├── ModelNotFoundError   no such file, or no model of that name
    │   ├── ModelCorruptError    not a GGUF, truncated, or refused by llama.cpp
    │   ├── ModelTooLargeError   needs more memory than the machine has free
    │   ├── ModelSetAsideError   it crashed the engine before, so it is not tried again
    │   ├── CannotInfillError    a model that was not trained to fill in the middle
    │   ├── AdapterError         an adapter cannot be used, or not with this model
    │   └── DownloadError        a model cannot be fetched, or is not what it should be
    │       └── OfflineError     nothing may be fetched: the user, or the environment, says so
    ├── EngineError
    │   ├── EngineMissingError   llama.cpp is not installed, or cannot be loaded
    │   ├── BadAnswerError       the model's answer is not of the form that was asked for
    │   │   └── CutOffError      it was as long as it may be before it was of that form
    │   ├── ContextOverflowError the prompt does not fit the model's context
    │   ├── EngineClosedError    the engine was closed while work was waiting
    │   └── RemoteEngineError    a server did not answer as it should
    │       ├── EngineBusyError  it has too much to do
    │       └── NotAllowedError  it is another machine, and may not be sent this
    ├── IndexingError            a folder cannot be indexed, or not without asking
    │   └── IndexCorruptError    what was stored of an index cannot be read
    ├── PriceTableError          the table that usage is compared with makes no sense
    ├── ServeError               the models cannot be offered to other programs
    ├── ToolError                a tool cannot do what a model asked for
    │   └── ToolServerError      a server of tools (MCP) cannot be used, or was cut off
    ├── EditError                a proposed edit cannot be applied, or taken back
    ├── MemoryStoreError         the log of conversations cannot do what was asked
    │   ├── EventError           what was to be recorded is not well-formed
    │   ├── ArchiveError         an archive cannot be read or written
    │   ├── SessionNotFoundError no conversation of that name
    │   ├── ContradictionError   it contradicts what is kept, and nobody said which holds
    │   ├── NotWrittenError      the disk takes nothing at the moment
    │   └── NewerFormatError     a newer version wrote it; this one reads it only
    └── DaemonError              the daemon cannot be reached, started or spoken to
        └── DaemonSilentError    it runs, but does not answer

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


class AdapterError(ModelError):
    """An adapter is none, is damaged, or belongs to another model; the model works without it."""


class DownloadError(ModelError):
    """A model cannot be fetched, or what came is not what it should be."""


class OfflineError(DownloadError):
    """Nothing may be fetched, by a setting or the environment."""


class EngineError(OwnstackError):
    """The engine failed while working."""


class EngineMissingError(EngineError):
    """llama.cpp is not installed (yet), or cannot be loaded: no model can run."""


class BadAnswerError(EngineError):
    """The model's answer is not of the form that was asked for; `text` is the answer."""

    def __init__(self, what: str, hint: str = "", *, text: str = "") -> None:
        super().__init__(what, hint)
        self.text = text


class CutOffError(BadAnswerError):
    """The answer was as long as it may be before it was of the form that was asked for."""


class ContextOverflowError(EngineError):
    """The prompt does not fit the model's context window."""


class EngineClosedError(EngineError):
    """The engine was closed while work was waiting."""


class RemoteEngineError(EngineError):
    """A server cannot be reached, failed, or does not speak as it should."""


class EngineBusyError(RemoteEngineError):
    """A server has too much to do. `retry_after_s` is when to try again, if it said so."""

    def __init__(self, what: str, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(what, hint)
        self.retry_after_s = retry_after_s


class NotAllowedError(RemoteEngineError):
    """Something would leave this machine that the user did not allow to."""


class IndexingError(OwnstackError):
    """A folder cannot be indexed, or not without asking."""


class IndexCorruptError(IndexingError):
    """What was stored of an index cannot be read, or was written by another version."""


class PriceTableError(OwnstackError):
    """The table of prices that usage is compared with cannot be used."""


class ServeError(OwnstackError):
    """The models of this machine cannot be offered to other programs, or not so."""


class ToolError(OwnstackError):
    """A tool cannot do what a model asked for; the model is told, and goes on."""


class ToolServerError(ToolError):
    """A server of tools (MCP) cannot be used: not installed, silent, dead, or flooding."""


class EditError(OwnstackError):
    """A proposed edit cannot be applied, or taken back; no file was changed."""


class MemoryStoreError(OwnstackError):
    """The log of conversations cannot do what was asked."""


class EventError(MemoryStoreError):
    """What was to be recorded is not well-formed."""


class ArchiveError(MemoryStoreError):
    """An archive of a conversation cannot be read or written."""


class SessionNotFoundError(MemoryStoreError):
    """There is no conversation of that name."""


class ContradictionError(MemoryStoreError):
    """It contradicts what is kept, and the user has not said which of them holds."""


class NotWrittenError(MemoryStoreError):
    """The disk takes nothing at the moment: it is full, read-only or busy."""


class NewerFormatError(MemoryStoreError):
    """A newer version wrote it, so that this one only reads it."""


class DaemonError(OwnstackError):
    """The daemon cannot be reached, started or spoken to."""


class DaemonSilentError(DaemonError):
    """The daemon runs, but does not answer: it was stopped, or hangs."""


def in_words(error: BaseException) -> str:
    """Return what went wrong as the first line of a sentence, at most 200 characters."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text.strip().partition("\n")[0][:200] or type(error).__name__
