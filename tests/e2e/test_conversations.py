"""Conversations in VS Code itself, in a browser: code applied, streams cut, memory, trust.

What the model says is scripted. Each test is one start of the editor.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.desk import INVOICE, ORDERS, Desk, Open
from tests.e2e.test_chat import Start, model, pieces
from tests.support.chat_server import HOLD

pytestmark = pytest.mark.e2e
__all__ = ["model"]

TOTAL = """\
def total_0(items):
    return sum(item.price * item.quantity for item in items)
"""
CODE = f"""\
It is shorter so:

```python orders.py
{TOTAL}```

```python ../outside.py
x = 1
```

```python labels.py
LABEL = "new"
```

```python prices.py
def price(item):
    return item.price
```

```python invoice.py
def label(customer):
    return customer.full_name
```

```python sub/fresh.py
FRESH = True
```
"""
QUESTION = "How is it shorter?"
RESTRICTED = {
    "security.workspace.trust.enabled": True,
    "security.workspace.trust.startupPrompt": "never",
}


def words(name: str) -> list[str]:
    """Return pieces of a part of an answer, each word of which is there once."""
    return [f"{name}-{number} " for number in range(60)] + [f"{name}-end "]


def is_clean(audit: dict[str, Any], answered: str = "box:scripted") -> bool:
    """Whether each message has a name, and nothing is wrong with the page for any person."""
    expected = {
        "names": ["You", f"Answer of {answered}"],
        "violations": [],
        "unreachable": [],
        "problems": [],
        "notifications": [],
    }
    assert audit == expected
    return True


def test_code(desk: Open, model: Start) -> None:
    """A block is applied and undone byte for byte, or refused; inserted, opened, copied."""
    model(lambda _: pieces(CODE, 40))
    editor = desk()
    files = {"labels.py": 'LABEL = "old"\n', "prices.py": "def price(item):\n    return 1\n"}
    for name, text in {**files, "notes.txt": ""}.items():
        (editor.folder / name).write_text(text)

    seen = editor.go("chatCode", question=QUESTION, changed="PRICES = {}\n")

    before, _, rest = ORDERS.partition("def total_0(items):")
    after = rest.partition("return subtotal\n")[2]
    assert seen["applied"] == before + TOTAL + after
    assert seen["undone"] == ORDERS
    assert seen["outside"] == "../outside.py is outside the workspace, so it is left alone."
    assert seen["readOnly"].startswith("labels.py is read-only. Nothing was applied")
    assert seen["notices"] == 1
    assert seen["changed"].startswith("prices.py has changed since this was proposed.")
    assert seen["notSaved"] == INVOICE
    assert seen["unsaved"] == INVOICE + "pass"
    assert seen["inserted"] + "\n" == TOTAL
    assert seen["language"] == "Python"
    assert seen["copied"] + "\n" == TOTAL
    assert (editor.folder / "labels.py").read_text() == files["labels.py"]
    assert (editor.folder / "prices.py").read_text() == "PRICES = {}\n"
    assert (editor.folder / "sub" / "fresh.py").read_text() == "FRESH = True\n"
    assert not (editor.root / "outside.py").exists()
    assert is_clean(seen["audit"])


def test_streams(desk: Open, model: Start) -> None:
    """No word is lost by a stop, a hidden view or a reloaded window; a question waits."""
    parts = [*words("one"), HOLD, *words("two"), HOLD, *words("three")]

    def script(asked: str) -> list[str]:
        return parts if asked.endswith(("First?", "Second?", "Fifth?")) else ["Answered."]

    server = model(script)

    seen = desk().go("chatStreams", model=server.url)

    assert seen["stopped"] == "".join(words("one")).strip()
    assert seen["focus"] == "question"
    assert seen["doing"] == "Writing"
    assert seen["draft"] == seen["draftAgain"] == "Third?\nFourth?"
    assert seen["whole"] == "".join(part for part in parts if part != HOLD).strip()
    assert seen["sixth"] == "Answered."
    assert is_clean(seen["audit"])


def test_memory(desk: Open, model: Start) -> None:
    """A decision is accepted into a file or rejected; what is old is summed up, as one likes."""

    def script(asked: str) -> list[str]:
        told = asked.rpartition("Tell me about ")[2]
        if told == asked:
            return ["Noted."]
        # Who writes the same again and again is stopped.
        return pieces(" ".join(f"{told[:-1]} {number}" for number in range(250)), 99)

    model(script)

    seen = desk().go("chatMemory")

    decision = "We decided to use trio for our async tests."
    assert seen["notes"] == [f"Noted as D001: {decision}", "New in the inbox: P001."]
    assert is_clean(seen["inbox"])
    assert "Written to .ownstack/memory/decisions.md as M001." in seen["accepted"]
    assert decision in seen["file"]
    assert "tabs" not in seen["file"]
    assert "P002 is rejected" in seen["rejected"]
    assert seen["held"] == "memory-close"
    assert seen["left"] == "question"
    assert "→" in seen["card"]
    assert "use trio" in seen["card"]
    assert is_clean(seen["audit"])
    assert seen["afterSave"] == "log"
    assert "Summary edited" in seen["edited"]
    assert "All about parts." in seen["edited"]
    assert "Pinned: All about **parts**." in seen["pinned"]


def test_sessions(desk: Open, model: Start) -> None:
    """A conversation is there again in another window, found, renamed, exported and deleted."""
    model(lambda asked: ["Goods." if "warehouse" in asked else "Noted."])

    seen = desk().go("chatSessions")

    assert seen["resumed"] == "Noted."
    assert is_clean(seen["audit"])
    assert "We decided to use trio" in seen["found"]
    assert "warehouse" not in seen["found"]
    assert seen["focus"] == "sessions-search"
    assert "We decided to use trio for our async tests." in seen["exported"]
    assert "About async tests" in seen["exported"]
    assert "Delete “About async tests”?" in seen["asked"]
    assert "What is a warehouse?" in seen["left"]


def test_restricted(desk: Open, model: Start) -> None:
    """Where the folder is not trusted, no file of it is read or changed, and it is said why."""
    server = model(lambda _: pieces(CODE, 40))
    editor = desk(**RESTRICTED)

    seen = editor.go("chatRestricted", brokenStart=True, model=server.url)

    (banner,) = seen["banners"]
    assert banner.startswith("Restricted mode. The workspace is not trusted, so no file")
    assert seen["refused"].startswith("Nothing is applied in restricted mode.")
    assert len(server.asked) == 1
    assert "customer.first_name" not in str(server.asked)
    assert_untouched(editor)
    assert is_clean(seen["audit"])


def test_without_a_model(desk: Open) -> None:
    """The index answers once the folder is trusted, and a button leads to models for chat."""
    editor = desk(**RESTRICTED)

    seen = editor.go("chatRestricted", brokenStart=True)

    restricted, no_model = seen["banners"]
    assert "not trusted" in restricted
    assert no_model.startswith("There is no chat model")
    assert "customer.first_name" not in seen["before"]
    assert is_clean(seen["audit"], "the index")
    assert "orders.py:1" in seen["after"]
    assert "def total_0(items):" in seen["after"]
    assert "For chat" in seen["title"]
    assert_untouched(editor)


def assert_untouched(editor: Desk) -> None:
    assert (editor.folder / "orders.py").read_text() == ORDERS
    assert editor.invoice == INVOICE
