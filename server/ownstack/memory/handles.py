"""A line in place of old output: what it was, and by which handle it is found again."""

from __future__ import annotations

from collections.abc import Mapping

from ownstack.memory.conversation import text_list, text_of
from ownstack.memory.events import Event
from ownstack.terminal import visible

_MAX_FILES = 8
_MAX_TESTS = 8
_MAX_CHARS = 160


def handle(event: Event) -> str:
    """Return the line that is shown in place of what a tool said, or of what was retrieved."""
    return f"[{'; '.join(_facts(event))}. The whole is in the log: recall {event.id[:18]}]"


def short(text: str, chars: int = _MAX_CHARS) -> str:
    """Return one line of at most so many characters, with nothing in it that acts."""
    line = visible(" ".join(text[: 4 * chars].split()))
    return line if len(line) <= chars else line[: chars - 1].rstrip() + "…"


def _facts(event: Event) -> list[str]:
    if event.kind == "user":
        return ["What was retrieved for this turn is left out"]
    facts = [f"What {short(text_of(event.data, 'name'), 40)} said is left out"]
    files = event.data.get("files")
    listed = files if isinstance(files, (list, tuple)) else ()
    entries = [entry for entry in listed if isinstance(entry, Mapping)]
    if entries:
        facts.append(", ".join(_file(entry) for entry in entries[:_MAX_FILES]))
    if len(entries) > _MAX_FILES:
        facts.append(f"{len(entries) - _MAX_FILES} more files")
    command = text_of(event.data, "command")
    if command:
        code = event.data.get("exit_code")
        ended = f" ended with {code}" if isinstance(code, int) else ""
        facts.append(f"{short(command, 120)}{ended}")
    tests = text_list(event.data.get("failed_tests"))
    if tests:
        facts.append("failed: " + ", ".join(short(test, 120) for test in tests[:_MAX_TESTS]))
    kept = text_of(event.data, "handle")
    if kept:
        facts.append(f"all of it in {short(kept, 80)}")
    return facts


def _file(entry: Mapping[str, object]) -> str:
    path, start, end = text_of(entry, "path"), entry.get("start"), entry.get("end")
    lines = f":{start}-{end}" if isinstance(start, int) and isinstance(end, int) else ""
    return f"{short(path)}{lines}"
