"""Code actions in VS Code itself, in a browser: what is offered, shown, accepted, undone.

What the model says is scripted. Each test is one start of the editor.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.e2e.desk import Open
from tests.e2e.test_chat import Start, model, pieces
from tests.e2e.test_conversations import RESTRICTED, is_clean
from tests.support.chat_server import HOLD

pytestmark = pytest.mark.e2e
__all__ = ["model"]

PRICE = '''\
def price(item, rate=1.0):
    """Return the price of an item."""
    if item.discount > 0:
        result = item.price * item.quantity * rate - item.discount
        return result
    else:
        result = item.price * item.quantity * rate
        return result
'''
SIMPLE = '''\
def price(item, rate=1.0):
    """Return the price of an item."""
    return item.price * item.quantity * rate - max(item.discount, 0)
'''
LABEL = """\
def label(item):
    name = item.name.strip()
    return "{}: {}".format(name, price(item))
"""
BETTER_LABEL = """\
def label(item):
    name = item.name.strip().title()
    return "{}: {}".format(name, price(item))
"""
IMPORTS = '"""Prices of a shop."""\n\nimport os\nimport sys\n\n\n'
PRICING = f"{IMPORTS}{PRICE}\n\n{LABEL}"
FAULTY = """\
// @ts-check

/** @param {number} price */
export function shown(price) {
  return price.toFixedd(2);
}
"""
FINDING = {
    "file": "pricing.py",
    "line": 8,
    "code": "def price(item, rate=1.0):",
    "end_line": 8,
    "severity": "warning",
    "title": "A negative rate is accepted",
    "detail": "Nothing checks the rate: [run](command:workbench.action.quit) refuse one below 0.",
}


def fenced(code: str) -> list[str]:
    return pieces(f"```python\n{code}```", 60)


def shop(folder: Path) -> Path:
    """Put the file in that is acted on."""
    file = folder / "pricing.py"
    file.write_text(PRICING)
    return file


def test_simplify(desk: Open, model: Start) -> None:
    """An entry of the bulb's menu is a diff with its checks: applied when accepted, undone."""
    model(lambda asked: fenced(SIMPLE) if "simpler" in asked else ["?"])
    editor = desk()
    shop(editor.folder)

    seen = editor.go("actionSimplify")

    assert seen["offered"] == "Simplify `price`"
    assert seen["onDisk"] == PRICING
    assert "✓ syntax" in seen["checks"]
    assert "Made by" in seen["checks"]
    assert "passed" in seen["label"]
    assert seen["applied"] == PRICING.replace(PRICE, SIMPLE)
    assert seen["undone"] == PRICING
    assert seen["notifications"] == []


def test_inline(desk: Open, model: Start) -> None:
    """An instruction becomes a diff in place; each hunk is accepted or rejected, and undone."""
    new = f"{SIMPLE}\n\n{BETTER_LABEL}"
    parts = fenced(new)

    def script(asked: str) -> list[str]:
        assert "Shorten both" in asked
        return [*parts[:4], HOLD, *parts[4:]]

    server = model(script)
    editor = desk()
    shop(editor.folder)

    seen = editor.go("actionInline", model=server.url)

    assert "+" in seen["streamed"]
    assert seen["stopped"] == PRICING
    assert seen["waiting"] == PRICING
    assert [label.partition(":")[0] for label in seen["labels"]] == [
        "Change 1 of 2 · Lines 9–14",  # noqa: RUF001
        "Change 2 of 2 · Line 18",
    ]
    assert "✓ syntax" in seen["checks"]
    assert seen["one"] == PRICING.replace(PRICE, SIMPLE)
    assert seen["left"] == ["The change · Line 13"]
    assert seen["rejected"] == PRICING.replace(PRICE, SIMPLE)
    assert seen["undone"] == PRICING
    assert seen["all"] == PRICING.replace(PRICE, SIMPLE).replace(LABEL, BETTER_LABEL)
    assert seen["allUndone"] == PRICING
    assert seen["notifications"] == []


def test_explain(desk: Open, model: Start) -> None:
    """An explanation is a turn of the conversation: it is asked on."""

    def script(asked: str) -> list[str]:
        return ["It is cheaper."] if "And with a rate" in asked else ["It makes a price."]

    model(script)
    editor = desk()
    shop(editor.folder)

    seen = editor.go("actionExplain", more="And with a rate of 0.5?")

    assert "price" in seen["question"]
    assert "It makes a price." in seen["answer"]
    assert "It is cheaper." in seen["more"]
    assert is_clean(seen["audit"])


def test_fix(desk: Open, model: Start) -> None:
    """What another language server complains of is fixed, and it complains no more."""
    good = FAULTY.replace("toFixedd", "toFixed")
    code = good.partition("\n\n")[2]

    def script(asked: str) -> list[str]:
        assert "toFixedd" in asked
        body = code if "@param" in asked.rpartition("Lines ")[2] else code.partition("\n")[2]
        return pieces(f"```javascript\n{body}```", 60)

    model(script)
    editor = desk()
    (editor.folder / "shown.js").write_text(FAULTY)

    seen = editor.go("actionFix")

    assert seen["offered"].startswith("Fix: Property 'toFixedd' does not exist")
    assert seen["applied"] == good
    assert seen["problems"] == 0


def test_review(desk: Open, model: Start) -> None:
    """What a review finds are problems like any other, until they are cleared."""
    model(lambda asked: [json.dumps({"findings": [FINDING]})] if "pricing.py" in asked else ["?"])
    editor = desk()
    shop(editor.folder)

    seen = editor.go("actionReview")

    assert seen["said"] == "The review found 1 warning."
    assert "A negative rate is accepted" in seen["problem"]
    assert "ownstack review" in seen["problem"]
    assert seen["cleared"] == 0


def test_without_a_model(desk: Open) -> None:
    """Syntax alone removes unused imports; what needs a model says why it cannot be had."""
    editor = desk()
    shop(editor.folder)

    seen = editor.go("actionByRules")

    assert seen["applied"] == PRICING.replace("import os\nimport sys\n\n\n", "\n")
    assert seen["undone"] == PRICING
    assert seen["disabled"].startswith("Simplify `price`: ")
    assert "model" in seen["disabled"]


def test_restricted(desk: Open, model: Start) -> None:
    """Where the folder is not trusted no model works on its files, and it is said why."""
    server = model(lambda _: ["?"])
    editor = desk(**RESTRICTED)
    shop(editor.folder)

    seen = editor.go("actionRestricted", brokenStart=True)

    assert seen["disabled"].startswith("Simplify `price`: ")
    assert "not trusted" in seen["disabled"]
    assert "not trusted" in seen["inline"]
    assert server.asked == []


def test_commit_message(desk: Open, model: Start) -> None:
    """A message comes into source control's box; what was typed is replaced if one agrees."""
    written = ["Say what a price is\n\nThe rate is optional now.", "Shorten the price"]

    def script(asked: str) -> list[str]:
        subject, _, body = written["because of taxes" in asked].partition("\n\n")
        return [json.dumps({"subject": subject, "body": [body] if body else []})]

    model(script)
    editor = desk()
    file = shop(editor.folder)
    git = ["git", "-C", str(editor.folder), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *arguments], check=True)
    file.write_text(PRICING.replace(PRICE, SIMPLE))

    seen = editor.go("actionCommitMessage", why="because of taxes")

    assert seen["written"] == written[0]
    assert "Nothing is staged" in seen["said"]
    assert seen["kept"] == "because of taxes"
    assert written[1] in seen["asked"]
    assert seen["replaced"] == written[1]
