"""What the editor shows while a question is asked, as a model reads it with that question."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChatSelection:
    """What is selected in an editor."""

    uri: str
    start_line: int
    end_line: int
    """1-based, inclusive."""
    text: str


@dataclass(frozen=True, slots=True)
class ChatDiagnostic:
    """Something that a language server says about a line."""

    uri: str
    line: int
    """1-based."""
    severity: str
    """"error", "warning", "information" or "hint"."""
    message: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChatEditor:
    """The editor's state. What the user does not want to be shown is left out by the client."""

    uri: str = ""
    """Of the file that is open in front, "" for none."""
    line: int = 0
    """Where the cursor stands, 1-based; 0: nowhere."""
    selection: ChatSelection | None = None
    diagnostics: list[ChatDiagnostic] = field(default_factory=list)
    tabs: list[str] = field(default_factory=list)
    """URIs of the files that are open."""
