"""What became of a model's lines at cursors, kept in a log of JSON lines that can be gone on with.

The first line says what is compared; a log of anything else is begun anew. A line that was half
written when its writer died is cut off.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any, Literal, get_args

from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.learning.data.passages import HoldOut

Side = Literal["base", "predecessor", "candidate"]
SIDES: tuple[Side, ...] = get_args(Side)
MAX_BYTES = 67_108_864


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one side said at one cursor."""

    cursor: str
    """Its key."""
    side: Side
    language: str
    by: HoldOut
    right: bool
    """It wrote the rest of the line, exactly."""
    chance: float
    """What the product makes of how sure the model was, in [0, 1]; 0 where it said nothing."""
    ms: float
    """From the question to the answer, with nothing read before."""


class OutcomeLog:
    """The outcomes of one comparison, in a file while they come in."""

    def __init__(self, file: Path, comparison: Mapping[str, Any], prompt_tokens: int) -> None:
        """`comparison`: of JSON's types, what is compared; a log of another one is begun anew.

        `prompt_tokens`: how long prompts are, if it is; else they stay as they were.

        Raises:
            OSError: it cannot be written.
        """
        wanted = {"version": 1, **comparison}
        head, found = _read(file)
        if {name: head.get(name) for name in wanted} != wanted:
            head, found = wanted, []
        known = head.get("prompt_tokens")
        self.prompt_tokens = known if type(known) is int and known > 0 else prompt_tokens
        self.outcomes = {(outcome.cursor, outcome.side): outcome for outcome in found}
        head = {**wanted, "prompt_tokens": self.prompt_tokens}
        lines = [json.dumps(each) for each in (head, *map(asdict, self.outcomes.values()))]
        write_whole(file, "".join(f"{line}\n" for line in lines).encode(), is_private=True)
        self._stream: IO[str] = file.open("a", encoding="utf-8")

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome; it survives this process, though not the machine's power.

        Raises:
            OSError: it cannot be written.
        """
        self.outcomes[outcome.cursor, outcome.side] = outcome
        self._stream.write(json.dumps(asdict(outcome)) + "\n")
        self._stream.flush()

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> OutcomeLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(file: Path) -> tuple[dict[str, Any], list[Outcome]]:
    """Return a log's head, and its outcomes that are whole."""
    try:
        data, _ = read_regular(file, MAX_BYTES)
        first, *lines = data.decode("utf-8", "replace").rpartition("\n")[0].split("\n")
        head = json.loads(first)
    except (OSError, ValueError, RecursionError):
        return {}, []
    found = [outcome for line in lines if (outcome := _parsed(line)) is not None]
    return (head, found) if isinstance(head, dict) else ({}, [])


def _parsed(line: str) -> Outcome | None:
    try:
        raw = json.loads(line)
        outcome = Outcome(**{item.name: raw[item.name] for item in fields(Outcome)})
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    texts = (outcome.cursor, outcome.language)
    is_known = outcome.side in SIDES and outcome.by in get_args(HoldOut)
    is_told = type(outcome.right) is bool and isinstance(outcome.chance, (int, float))
    is_whole = is_known and is_told and all(isinstance(text, str) for text in texts)
    return outcome if is_whole and 0 <= outcome.chance <= 1 else None
