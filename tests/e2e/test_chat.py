"""The chat in VS Code itself, in a browser. What the model says is scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.desk import INVOICE, ORDERS, Open, ownstack
from tests.support.chat_server import MODEL, ChatServer, Script, call, chat_server

pytestmark = pytest.mark.e2e

Start = Callable[[Script], ChatServer]

ANSWER = """\
The sum is made in `orders.py:6`, by **total_0**:

```python orders.py
def total_0(items):
    return sum(item.price * item.quantity for item in items)
```

| part | where |
|------|------:|
| sum  | `total_0` |

1. It multiplies.
2. It adds up.
"""


@pytest.fixture
def model() -> Iterator[Start]:
    """Return a function that starts a server for the role chat, which says what a script says."""
    with ExitStack() as stack:

        def start(script: Script) -> ChatServer:
            server = stack.enter_context(chat_server(script))
            ownstack("engines", "add", "box", server.url, "--for", "chat")
            ownstack("models", "use", f"box:{MODEL}", "--for", "chat")
            return server

        yield start


def pieces(text: str, size: int = 9) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def test_answer_with_sources(desk: Open, model: Start) -> None:
    """A question is answered with sources that open, in every theme, for every reader."""
    model(lambda _: pieces(ANSWER))

    seen = desk().go("chatAnswers", question="How is the total of items summed up? @orders.py")

    assert "It multiplies." in seen["answer"]
    assert "on this machine" in seen["answer"]
    assert "Conversation" in seen["meter"]
    assert seen["violations"] == {"light": [], "dark": [], "contrast": []}
    assert seen["problems"] == []
    assert seen["notifications"] == []


CHANGE = "Let totals have a rate."
FIRST = "def total_0(items):\n    subtotal = sum("
LAST = "def total_9(items):\n    subtotal = sum("
RATED = FIRST.replace("(items)", "(items, rate=1)").replace("sum(", "rate * sum(")


def changing(asked: str) -> list[str]:
    """Propose edits of two files, and run the tests when that is asked for."""
    if "Proposed; nothing is written" in asked:
        return pieces("I propose that totals have a rate.")
    if "1 passed" in asked:
        return pieces("The tests pass.")
    if "Run the tests" in asked:
        return [call("run_tests")]
    if CHANGE not in asked:
        return ["OK"]
    last = LAST.replace("(items)", "(items, rate=1)")
    return [
        call("propose_edit", path="orders.py", find=FIRST, replace=RATED),
        call("propose_edit", path="orders.py", find=LAST, replace=last),
        call("propose_edit", path="invoice.py", find="def label(", replace="def rated_label("),
    ]


def test_edits_and_leave(desk: Open, model: Start) -> None:
    """Proposed edits are reviewed, applied in part, undone and given back; tests ask for leave."""
    model(changing)
    opened = desk()
    (opened.folder / "test_shop.py").write_text("def test_it():\n    pass\n")
    (opened.folder / "conftest.py").write_text("")

    seen = opened.go("chatEdits", change=CHANGE, test="Run the tests.", leftOut="line 96")

    before, proposed, applied = seen["before"], seen["proposed"], seen["applied"]
    assert before["orders.py"] == ORDERS
    assert "I propose that totals have a rate." in proposed["answer"]
    assert proposed["steps"] == [
        f"Proposed a change of {path}" for path in ("orders.py", "orders.py", "invoice.py")
    ]
    assert proposed["head"].startswith("Proposed changes: 2 files, +")
    assert any("Proposed changes of turn 1" in tab for tab in seen["reviewed"])
    assert not any("Proposed changes" in tab for tab in applied["tabs"])
    assert applied["files"]["orders.py"] == ORDERS.replace(FIRST, RATED)
    assert applied["files"]["invoice.py"] == INVOICE.replace("label", "rated_label")
    assert "Applied to 2 files" in applied["words"]
    assert seen["undone"] == before
    mine = applied["files"]["orders.py"] + "# mine"
    assert seen["mine"] == applied["files"] | {"orders.py": mine}
    assert "orders.py" in seen["refused"]
    assert seen["restored"] == before
    assert "-m pytest -q -x" in seen["approval"]
    assert "Always Allow" not in seen["approval"]
    assert seen["ran"]["left"] == 0
    assert "The tests pass." in seen["ran"]["answer"]
    assert seen["ran"]["steps"] == ["Ran the tests: 1 passed"]
    assert seen["violations"] == seen["problems"] == seen["notifications"] == []
