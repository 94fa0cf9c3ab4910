"""The examples of docs/ACTIONS.md: the commands print what stands there, if the model says that."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.engine.scripted import ScriptedEngine
from ownstack.paths import Home
from tests.cli.test_chat import Capture, engine, model, shop
from tests.support.repository import make_repository

__all__ = ["engine", "model", "shop"]
pytestmark = pytest.mark.process
DOCUMENT = (Path(__file__).parents[2] / "docs" / "ACTIONS.md").read_text("utf-8")
EXAMPLES = re.findall(r"```console\n\$ ownstack (.+)\n((?:.*\n)*?)```", DOCUMENT)
(SOURCE,) = re.findall(r"```python\n((?:.*\n)*?)```", DOCUMENT)
WHO = re.compile(r"^tier (\d): \S+, (.+), [\d.]+ s$", re.MULTILINE)
"""Which model it was, and how long it took."""
ANSWERS = {
    "edit": (
        "```python\ndef mean(prices):\n    if not prices:\n        return 0.0\n    total = 0.0\n"
        "    for price in prices:\n        total += price\n    return total / len(prices)\n```"
    ),
    "explain": "",
    "review": json.dumps(
        {
            "findings": [
                {
                    "file": "prices.py",
                    "line": 13,
                    "code": "    return price - price * 100 / percent",
                    "end_line": 13,
                    "severity": "error",
                    "title": "The percentage is turned upside down.",
                    "detail": "It takes price * 100 / percent off, and fails for 0; multiply by "
                    "percent and divide by 100.",
                }
            ]
        }
    ),
    "commit-message": json.dumps({"subject": "Take 100 / percent off a price", "body": []}),
}


@pytest.mark.parametrize(("command", "printed"), EXAMPLES, ids=[each for each, _ in EXAMPLES])
def test_examples(
    home: Home,
    shop: Path,
    model: str,
    engine: ScriptedEngine,
    capsys: Capture,
    command: str,
    printed: str,
) -> None:
    arguments = shlex.split(command)
    (shop / "prices.py").write_text(SOURCE, "utf-8")
    make_repository(shop, "Tell prices")
    if arguments[0] in ("review", "commit-message"):
        turned = SOURCE.replace("price * percent / 100", "price * 100 / percent")
        (shop / "prices.py").write_text(turned, "utf-8")
    engine.enqueue(ANSWERS[arguments[0]] or printed.rstrip())

    assert main([*arguments, "--model", model]) == 0

    out = capsys.readouterr().out
    assert WHO.sub(r"tier \1: a model, \2", out) == WHO.sub(r"tier \1: a model, \2", printed)


def test_every_command_has_an_example() -> None:
    assert [command.split()[0] for command, _ in EXAMPLES] == list(ANSWERS)
