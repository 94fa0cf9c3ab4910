"""Conversations for tests: events one after another, and a tokenizer that is a word a token."""

from __future__ import annotations

import re

from ownstack.memory import events, ids
from ownstack.memory.events import Event, Stamp

SESSION = ids.session_id(ids.project_id("/project"), 1_700_000_000.0)
_TOKEN = re.compile(r"\w{1,6}|[^\w\s]")


class Words:
    """Counts six letters, or a sign, as a token."""

    exact = True

    def count(self, text: str) -> int:
        return len(_TOKEN.findall(text))


class Log:
    """Events as they come, a second apart; each method appends one and returns it."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._turn = 0
        self._calls = 0

    def stamp(self) -> Stamp:
        return Stamp(SESSION, self._turn, 1_700_000_000.0 + len(self.events))

    def add(self, event: Event) -> Event:
        self.events.append(event)
        return event

    def user(self, text: str, context: str = "") -> Event:
        self._turn += 1
        return self.add(events.user(self.stamp(), text, context=context))

    def says(self, text: str) -> Event:
        return self.add(events.assistant(self.stamp(), text))

    def tool(self, name: str, text: str, **facts: object) -> Event:
        """Append a call and its result; the result is returned."""
        self._calls += 1
        call = f"c{self._calls}"
        self.add(events.tool_call(self.stamp(), call, name, "{}"))
        return self.add(events.tool_result(self.stamp(), call, name, text, **facts))

    def edit(self, path: str, accepted: bool = True) -> Event:
        return self.add(events.edit(self.stamp(), path, accepted, hash_after="ab12cd34ef"))

    def decision(self, name: str, text: str, **facts: object) -> Event:
        return self.add(events.decision(self.stamp(), name, text, **facts))

    def thread(self, name: str, text: str, state: str = "OPEN") -> Event:
        return self.add(events.thread(self.stamp(), name, text, state))

    def rules(self, text: str) -> Event:
        return self.add(events.rules(self.stamp(), [{"path": "AGENTS.md"}], text))

    def pin(self, event: Event, text: str = "") -> Event:
        return self.add(events.pin(self.stamp(), event.id, text=text))

    def undo(self, event: Event) -> Event:
        return self.add(events.undo(self.stamp(), event.id))

    def clear(self) -> Event:
        return self.add(events.clear(self.stamp()))


def long_log(turns: int = 12, words: int = 60) -> Log:
    """Return a conversation with a bit of everything."""
    log = Log()
    log.rules("Never touch generated files.")
    for number in range(turns):
        log.user(f"Please look at src/part{number}.py, it must stay fast. Why is it slow?")
        log.says(f"I read it in step {number}. " + f"detail{number} word " * words)
        log.tool(
            "read",
            f"def part{number}(): pass\n" * words,
            files=[events.file_read(f"src/part{number}.py", f"{number:08x}", 1, 90)],
        )
        log.says(f"I've moved the loop of part{number} to `helper{number}`.")
        log.edit(f"src/part{number}.py", accepted=number % 3 > 0)
    log.decision("D001", "Use SQLite for the log", tier=1, rationale="one file")
    log.thread("T001", "Paths on Windows")
    log.user("And what about the tests?")
    return log
