"""The chat in VS Code itself, in a browser. What the model says is scripted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.e2e.desk import Open, ownstack
from tests.support.chat_server import MODEL, ChatServer, Script, chat_server

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
