"""How well a model chooses tools: measured once by questions of which the right tool is known.

A model that chooses badly answers better from code that was found for it. So its ability decides
whether it is given tools at all.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ownstack.chat.tools.arguments import checked
from ownstack.chat.tools.editing import PROPOSE_EDIT
from ownstack.chat.tools.files import LIST, READ
from ownstack.chat.tools.git import GIT_DIFF
from ownstack.chat.tools.lookup import REFERENCES, SEARCH, SYMBOLS
from ownstack.chat.window import TOOL_RULES
from ownstack.engine.messages import Message, ToolCallPart
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, Priority
from ownstack.engine.results import Capabilities
from ownstack.errors import OwnstackError
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole

log = logging.getLogger(__name__)

Use = Literal["auto", "on", "off"]
USES: tuple[Use, ...] = ("auto", "on", "off")
ENOUGH = 0.8
"""Share of questions from which on a model is given tools."""
MAX_TOKENS = 96
_MAX_BYTES = 1_000_000
_MOST = 200
TOOLS = (SEARCH, READ, SYMBOLS, PROPOSE_EDIT, REFERENCES, LIST, GIT_DIFF)


@dataclass(frozen=True, slots=True)
class Trial:
    """A question, and what a good answer to it begins with."""

    question: str
    right: frozenset[str]
    """Names of tools of which any is right; none: the question needs no tool."""
    says: str = ""
    """What the arguments must hold, in small letters."""


TRIALS = (
    Trial("What stands in lines 10 to 20 of src/app.py?", frozenset({"read"}), "src/app.py"),
    Trial("Where is the function parse_date used?", frozenset({"references"}), "parse_date"),
    Trial("Which files are in the folder src/models?", frozenset({"list"}), "src/models"),
    Trial("What did I change since the last commit?", frozenset({"git_diff"})),
    Trial("Which code retries requests that failed?", frozenset({"search"}), "retr"),
    Trial(
        "Is there a class called HttpClient?", frozenset({"symbols", "search", "references"}),
        "httpclient",
    ),
    Trial(
        "In src/app.py, replace `retries = 3` by `retries = 5`.",
        frozenset({"propose_edit", "read"}), "src/app.py",
    ),
    Trial("Thank you, that was all.", frozenset()),
    Trial("What is 12 times 12?", frozenset()),
    Trial("Say good morning in French.", frozenset()),
)  # fmt: skip


async def measure(engine: Engine) -> float:
    """Return the share of questions for which a model chooses right. Costs some thousand tokens.

    Raises:
        OwnstackError: the engine failed.
    """
    right = 0
    for trial in TRIALS:
        request = ChatRequest(
            (Message.of("system", TOOL_RULES), Message.of("user", trial.question)),
            conversation="tool-ability",
            max_tokens=MAX_TOKENS,
            tools=TOOLS,
            priority=Priority.BACKGROUND,
        )
        stream = engine.chat(request)
        try:
            answer = await stream.result()
        finally:
            stream.cancel()
        right += is_right(trial, answer.message.tool_calls)
    return right / len(TRIALS)


def is_right(trial: Trial, calls: Sequence[ToolCallPart]) -> bool:
    """Say whether the first call, or that there is none, is what a question needs."""
    if not calls or not trial.right:
        return not calls and not trial.right
    call = calls[0]
    tool = next((tool for tool in TOOLS if tool.name == call.name), None)
    if tool is None or call.name not in trial.right:
        return False
    try:
        arguments = checked(tool, call.arguments)
    except OwnstackError:
        return False
    return trial.says in json.dumps(arguments, ensure_ascii=False).lower()


class AbilityRecord:
    """What was measured, in one JSON file, by model."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def get(self, model: Capabilities) -> float | None:
        """Return the share that was measured with a model, None if it was not."""
        found = self._entries().get(_key(model))
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 <= found <= 1:
            return None
        return float(found)

    def put(self, model: Capabilities, share: float) -> None:
        """Remember a measurement.

        Raises:
            OSError: it cannot be written.
        """
        entries = self._entries()
        entries.pop(_key(model), None)
        entries[_key(model)] = share
        write_whole(self._file, json.dumps(dict(list(entries.items())[-_MOST:]), indent=1).encode())

    def _entries(self) -> dict[str, Any]:
        try:
            content, _ = read_regular(self._file, _MAX_BYTES)
            entries = json.loads(content)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            log.info("What was measured of models cannot be read, and is measured anew: %s", error)
            return {}
        return entries if isinstance(entries, dict) else {}


def gets_tools(use: Use, model: Capabilities, record: AbilityRecord) -> bool:
    """Decide whether a model is given tools.

    With "auto": as it was measured, and until then no. A model on another machine is not measured,
    which would cost its user, and is given them: those are large.
    """
    if use != "auto":
        return use == "on"
    share = record.get(model)
    return model.leaves_machine if share is None else share >= ENOUGH


def is_guided(model: Capabilities, record: AbilityRecord) -> bool:
    """Say whether a model that is given tools has to choose by a call at each step."""
    return not gets_tools("auto", model, record)


def _key(model: Capabilities) -> str:
    return f"{model.model}:{model.parameters}:{len(TRIALS)}"
