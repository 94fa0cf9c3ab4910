"""What was answered, kept line by line, so that a run that was cut goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ownstack.chat.citations import Citation
from ownstack.engine.results import Usage


@dataclass(frozen=True, slots=True)
class Record:
    """One answer to one question."""

    model: str
    arm: str
    package: str
    question: str
    settings: dict[str, int]
    """What else an answer depends on: the window, how long it may be."""
    text: str
    finish: str
    first_s: float
    """To the first piece of the answer, search included; to its end if there is none."""
    end_s: float
    usage: Usage
    checked: tuple[Citation, ...] = ()
    """What the product's check of citations makes of the text and of what was read for it."""
    read: tuple[str, ...] = ()
    """Places of the code that the model was shown."""
    steps: tuple[str, ...] = ()
    """Calls of tools."""
    problems: tuple[str, ...] = field(default=())

    @property
    def key(self) -> tuple[str, ...]:
        """What it is an answer to."""
        return key(self.model, self.arm, self.package, self.question, self.settings)


def key(
    model: str, arm: str, package: str, question: str, settings: dict[str, int]
) -> tuple[str, ...]:
    """Return what names one answer among all."""
    return (model, arm, package, question, json.dumps(settings, sort_keys=True))


class Records:
    """A file of records, one JSON object a line; a line that was cut is asked again."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.known = {record.key: record for record in _read(file)}

    def add(self, record: Record) -> None:
        """Write a record to the end of the file."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            # A line that was cut has no end, so each begins with one.
            file.write(f"\n{json.dumps(asdict(record), ensure_ascii=False)}\n")
        self.known[record.key] = record


def _read(file: Path) -> Iterator[Record]:
    if not file.is_file():
        return
    for line in file.read_text("utf-8").splitlines():
        try:
            fields: dict[str, Any] = json.loads(line)
        except ValueError:
            continue
        used = fields["usage"]
        fields["usage"] = Usage(**used | {"adapters": tuple(used.get("adapters", ()))})
        fields["checked"] = tuple(Citation(**values) for values in fields["checked"])
        yield Record(**fields | {name: tuple(fields[name]) for name in _TUPLES})


_TUPLES = ("read", "steps", "problems")
