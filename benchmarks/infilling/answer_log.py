"""The answers of a run that may be stopped and gone on with, a JSON line for each."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.measures import exact
from benchmarks.infilling.systems import Proposal

_FIELDS = {item.name for item in fields(Proposal)}
_Key = tuple[str, str, str, int]


class LogError(Exception):
    """A file cannot be gone on with; the message says why."""


class AnswerLog:
    """What was answered, by system and cursor; the first line says what was asked.

    A cursor is known by its place in a project, so a run may also be gone on with for more
    positions, more projects or other systems.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Open a file, new or of an earlier run.

        `about`: what the answers depend on. The last line, if it was not written to its end, is
        taken out of the file.

        Raises:
            LogError: the file is about something else, or no such log.
        """
        self._known: dict[_Key, Proposal] = {}
        content = path.read_bytes() if path.is_file() else b""
        end = content.rfind(b"\n") + 1
        if content:
            head, *answers = content[:end].decode("utf-8", "replace").split("\n")[:-1] or [""]
            said = _parsed(head, path)
            if said != about:
                raise LogError(f"{path} is about {said}, not {about}: use another file")
            for line in answers:
                self._remember(_parsed(line, path), path)
        self._file = path.open("a", encoding="utf-8")
        if end < len(content):
            self._file.truncate(end)
        if not content:
            self._write(about)

    def get(self, system: str, case: Case) -> Proposal | None:
        """Return what a system said at a cursor in an earlier run."""
        return self._known.get(_key(system, case))

    def add(self, system: str, case: Case, proposal: Proposal) -> None:
        """Write down an answer, at once. The truth stands beside it for whoever looks closer."""
        self._known[_key(system, case)] = proposal
        where = {"system": system, "project": case.project, "path": case.document.path}
        more = {"language": case.language, "kind": case.kind, "twin": case.twin}
        judged = {"truth": case.truth, "exact": exact(proposal.text, case.truth)}
        self._write({**where, "offset": case.offset, **more, **judged, **asdict(proposal)})

    def close(self) -> None:
        self._file.close()

    def _remember(self, line: dict[str, Any], path: Path) -> None:
        try:
            key = line["system"], line["project"], line["path"], line["offset"]
        except KeyError as error:
            raise LogError(f"{path} has an answer without {error}") from error
        self._known[key] = Proposal(**{name: line[name] for name in _FIELDS & line.keys()})

    def _write(self, value: dict[str, Any]) -> None:
        self._file.write(json.dumps(value, ensure_ascii=False) + "\n")
        self._file.flush()


def _key(system: str, case: Case) -> _Key:
    return system, case.project, case.document.path, case.offset


def _parsed(line: str, path: Path) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise LogError(f"{path} is no log of answers: {error}") from error
    if not isinstance(value, dict):
        raise LogError(f"{path} is no log of answers")
    return value
