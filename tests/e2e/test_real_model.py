"""The whole way in VS Code with a real model, if the folder `OWNSTACK_MODELS` has it. Minutes."""

from __future__ import annotations

import shutil
from pathlib import Path

import httpx
import pytest

from tests.app.test_real_models import CODER, model_file
from tests.e2e.desk import Open, ownstack
from tests.e2e.test_editor import DELIVERY, EAGER, SHIPPED, WAREHOUSE

pytestmark = pytest.mark.e2e

MODEL = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
DECISION = "We decided to use trio for all our own async tests."
LIMIT_S = 3_600

WORDS = """\
# How often each word occurs in a text, the most frequent first.
def word_counts(text):"""


def test_completion_while_it_loads_and_then(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built-in completer answers until the model is there, which then writes a block."""
    ownstack("models", "add", str(model_file(CODER)))
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(SHIPPED))
    editor = desk(**EAGER)
    files = {"warehouse.py": WAREHOUSE, "delivery.py": DELIVERY, "words.py": WORDS}
    for name, text in files.items():
        (editor.folder / name).write_text(text)

    seen = editor.go(
        "completionRealModel",
        timeout_s=LIMIT_S,
        ready="The built-in completer is ready",
        files=5,
        model=CODER.removesuffix(".gguf"),
        types="warehouse.un",
        writes="load()",
    )

    assert "loading" in seen["loading"]
    assert (editor.folder / "delivery.py").read_text().startswith(DELIVERY)
    written = (editor.folder / "words.py").read_text()
    assert written.startswith(f"{WORDS}\n    ")
    assert seen["block"].splitlines()[-1].strip() in written
    assert CODER.removesuffix(".gguf") in seen["statistics"]


def test_the_whole_way(desk: Open) -> None:
    """Ask, stop, decide, sum up and undo, see a change, and come back in another window."""
    ownstack("models", "add", str(model_file(MODEL)))
    ownstack("models", "use", MODEL.removesuffix(".gguf"), "--for", "chat")
    editor = desk()
    shutil.copytree(Path(httpx.__file__).parent, editor.folder / "httpx",
                    ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip

    seen = editor.go(
        "chatRealModel",
        timeout_s=LIMIT_S,
        files=20,
        decision=DECISION,
        questions=[
            "How does httpx decide whether a redirect keeps the Authorization header?",
            "Explain every method of AsyncClient, one after the other.",
            "Which timeouts does httpx have?",
            "What did we decide for our async tests?",
        ],
        change="Write total_0 of @orders.py in one line. Show the whole function.",
    )

    assert any("_client.py" in source for source in seen["sources"])
    assert seen["stopped"]
    assert DECISION in seen["memory"]
    assert "→" in seen["card"]
    assert "```" not in seen["code"]
    assert "trio" in seen["remembered"]
