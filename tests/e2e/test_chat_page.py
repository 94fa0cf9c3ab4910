"""The page of the chat in a browser, under its own policy; the extension's end is scripted."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.desk import ARTIFACTS, HERE
from tests.support.extension_builds import CLIENT, of_run, page

pytestmark = pytest.mark.e2e

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAGE_S = 120
Go = Callable[..., dict[str, Any]]

ANSWER = """\
The sum is made in `src/orders.py:6`, by **total_0** (see src/orders.py:6):

```python src/orders.py
def total_0(items):
    \"\"\"Return what the items cost together.\"\"\"
    return sum(item.price * item.quantity for item in items)  # price is 0.5 for "kg"
```

| part | lines |
|------|------:|
| sum  | 12 |

1. It multiplies.
2. It adds up, as [the manual](https://docs.example/sum) says.

> Prices are in cents.
"""


def citation(path: str, start: int, name: str = "", kind: str = "cited") -> dict[str, Any]:
    lines = {"startLine": start, "endLine": start + 2}
    return {
        "uri": f"file:///shop/{path}",
        "path": path,
        "name": name,
        "kind": kind,
        "cell": None,
    } | lines


def turn(number: int, **more: Any) -> dict[str, Any]:
    plain = {"text": "How is it summed up?", "answer": ANSWER, "reasoning": "", "finish": "stop"}
    who = {"model": "coder-1.5b", "tier": "model", "leavesMachine": False, "usage": None}
    lists: dict[str, Any] = {name: [] for name in ("citations", "steps", "problems", "notes")}
    place = {
        "turn": number,
        "question": f"q{number}",
        "at": 1_790_000_000,
        "replaced": 0,
        "cut": False,
    }
    return place | plain | who | lists | more


USAGE = {
    "promptTokens": 2310,
    "evaluatedTokens": 410,
    "generatedTokens": 183,
    "prefillMs": 2100.0,
    "decodeMs": 9800.0,
    "estimated": False,
}
COMPACTION = {
    "id": "c1",
    "turn": 1,
    "at": 1.0,
    "method": "model",
    "before": 6120,
    "after": 1840,
    "covered": 14,
    "summary": "GOAL\n- sum up orders\nDECISIONS\n- prices are in cents",
    "ledger": "READ src/orders.py",
    "focus": "",
    "notes": ["Two long outputs stand behind handles."],
    "newest": True,
    "declined": "",
}
STEP = {
    "call": "1",
    "name": "search",
    "arguments": '{"query": "total"}',
    "text": "12 hits",
    "ok": True,
}
TESTS = STEP | {"name": "run_tests", "arguments": "{}", "text": "2 failed", "ok": False}
APPROVALS = [
    {
        "id": "a1",
        "turn": 3,
        "title": "The model wants to run the project's tests.",
        "detail": "python -m pytest -q -x -- tests/test_orders.py",
        "canBeAlways": True,
    }
]


def edit(name: str, path: str, **more: Any) -> dict[str, Any]:
    plain = {"id": name, "turn": 2, "title": path, "uri": f"file:///shop/{path}", "path": path}
    rest = {"state": "pending", "isNew": False, "reason": "", "checkpoint": ""}
    return plain | rest | {"added": 2, "removed": 1} | more


EDITS = [
    edit("e1", "src/orders.py", added=3, removed=3),
    edit("e2", "src/new.py", isNew=True, added=2, removed=0),
    edit("e3", "src/locked.py", reason="src/locked.py is read-only. Make it writable first."),
]
CHANGES = [
    {
        "edit": "e1",
        "reason": "",
        "hunks": [
            {"index": 0, "startLine": 2, "before": "    return 0\n", "after": "    return 1\n"},
            {
                "index": 1,
                "startLine": 9,
                "before": "def total(items):\n    return sum(items)\n",
                "after": "def total(items, rate=1):\n    return rate * sum(items)\n",
            },
        ],
    },
    {
        "edit": "e2",
        "reason": "",
        "hunks": [{"index": 0, "startLine": 1, "before": "", "after": "RATE = 2\n\n"}],
    },
    {"edit": "e3", "reason": "", "hunks": []},
]
FULL = {
    "turns": [
        turn(
            1,
            citations=[citation("src/orders.py", 6, "total_0")],
            usage=USAGE,
            steps=[STEP, TESTS],
            replaced=2,
        ),
        turn(
            2,
            text="And who calls it? @src/orders.py",
            reasoning="The user asks for callers.",
            answer="Nobody does, as far as `src/invoice.py` says.",
            citations=[citation("src/invoice.py", 1, kind="shown")],
            model="gpt-x",
            leavesMachine=True,
            problems=["The answer was stopped, since it repeated itself."],
            notes=["Noted as D001: prices are in cents."],
        ),
        turn(3, text="Go on", answer="It", finish=""),
    ],
    "earlier": True,
    "compactions": [COMPACTION],
    "pins": [{"event": "e1", "text": "Prices are in cents."}],
    "waiting": [{"question": "q9", "text": "What about tests?"}],
    "progress": {
        "session": "s1",
        "question": "q3",
        "turn": 3,
        "phase": "reading",
        "done": 1204,
        "total": 3310,
        "leftMs": 8200.0,
    },
    "trusted": False,
    "problems": ["AGENTS.md is too long; its first 4,000 tokens are shown to the model."],
    "approvals": APPROVALS,
    "edits": [*EDITS, edit("e0", "src/old.py", state="applied", checkpoint="c1", turn=1)],
    "checkpoints": [
        {"id": "c1", "turn": 1, "at": 1_790_000_000, "paths": ["src/old.py"], "restored": False}
    ],
}
MENTIONS = [
    {"kind": kind, "label": label, "insert": f"@{label}", "detail": detail, "uri": "", "line": 0}
    for kind, label, detail in (
        ("file", "src/orders.py", "src"),
        ("folder", "src/orders/", ""),
        ("symbol", "total_0", "src/orders.py:6"),
        ("diagnostics", "diagnostics", "2 problems"),
    )
]
SESSIONS = [
    {
        "id": f"s{number}",
        "title": title,
        "created": 1,
        "updated": 1_790_000_000,
        "turns": number,
        "parent": "",
        "found": found,
    }
    for number, (title, found) in enumerate(
        [("How is it summed up?", ""), ("Rename label_7", "… prices are in cents …")], start=1
    )
]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Go:
    """Return a function that walks a journey on the page; skip without a browser."""
    chromium = next(filter(None, map(shutil.which, BROWSERS)), None)
    if chromium is None or shutil.which("npm") is None:
        pytest.skip("There is no Chromium, or no Node.")
    files = page(of_run(tmp_path_factory), tmp_path_factory.mktemp("page") / "webview")
    ARTIFACTS.mkdir(exist_ok=True)

    def walk(journey: str, **more: Any) -> dict[str, Any]:
        given = {"chromium": chromium, "artifacts": str(ARTIFACTS), "page": str(files)}
        config = {"journey": journey, **given, **more}
        walked = subprocess.run(
            ["node", HERE / "chat_page.mjs"],
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=PAGE_S,
        )
        assert walked.returncode == 0, walked.stderr
        seen: dict[str, Any] = json.loads(walked.stdout)
        return seen

    return walk


def injections() -> list[str]:
    """Return the texts that the tests of the page's parts are given, too."""
    source = (CLIENT / "test/webview/injections.ts").read_text()
    rows = re.findall(r"^  ('(?:[^'\\]|\\.)*'): ('(?:[^'\\]|\\.)*'),$", source, re.MULTILINE)
    script = f"console.log(JSON.stringify([{','.join(text for _, text in rows)}]))"
    read = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    texts: list[str] = json.loads(read.stdout)
    return texts


def test_themes(go: Go) -> None:
    """In each theme axe-core finds nothing serious, nothing fails, and nothing is fetched."""
    seen = go("themes", state=FULL, changes=CHANGES, mentions=MENTIONS, sessions=SESSIONS)

    assert seen == {"light": [], "dark": [], "contrast": []}


def test_injections(go: Go) -> None:
    """Whatever an answer holds, wherever it is shown: nothing runs, nothing is fetched."""
    texts = injections()

    seen = go("injections", injections=texts)

    assert len(texts) >= 30
    assert seen["turns"] == len(texts)
    assert seen["cards"] == {name: len(texts) for name in ("edits", "approvals")} | {
        "hunks": 2 * len(texts)
    }
    assert set(seen["links"]) <= {"https:"}
    assert seen["forbidden"] == 0
    assert seen["harmed"] is None
    assert seen["requests"] == seen["commands"] == seen["problems"] == []


def test_streaming(go: Go) -> None:
    """A long answer at 200 tokens a second comes whole; how many frames there were is printed."""
    seen = go(
        "frames", text=ANSWER * 15, perS=200, before=[turn(number) for number in range(1, 21)]
    )

    print({name: round(value, 1) for name, value in seen.items() if isinstance(value, float)})
    assert seen["frames"] > 0
    assert seen["shown"] > 1_000
    assert seen["problems"] == []


def test_long_conversation(go: Go) -> None:
    """The newest page of a long conversation is shown whole."""
    seen = go("long", turns=[turn(number) for number in range(9_970, 10_000)])

    print(f"{seen['ms']} ms")
    assert seen["turns"] == 30
    assert seen["problems"] == []


def test_keys(go: Go) -> None:
    """All of it can be done by keys, and a screen reader is told what there is."""
    seen = go("keys", mentions=MENTIONS)

    assert "src/orders.py" in seen["first"]
    assert "src/orders/" in seen["second"]
    assert seen["text"] == "see @src/orders/"
    assert [asked["text"] for asked in seen["sent"]] == ["see @src/orders/\nplease"]
    assert seen["written"] == "and @src/orders.py"
    assert seen["sent"][0]["attached"] == {"file": True, "selection": True, "problems": False}
    assert "please" in seen["sign"]
    assert seen["doing"] == "Reading 1,204 of 3,310 tokens, about 8 s left"
    assert len(seen["stops"]) == 1
    for name in ("Edit question 1", "Copy", "Apply", "Try Again", "Your question", "Ask Next"):
        assert any(name in walked for walked in seen["walked"]), name
    assert seen["announced"].startswith("Answer: A **bold** word")
    for line in ('article "You"', 'article "Answer of coder-1.5b"', 'combobox "Your question"'):
        assert line in seen["tree"]
    assert seen["problems"] == []


def test_leave(go: Go) -> None:
    """A tool asks for leave: whoever types goes on typing, is told, and answers by two keys."""
    seen = go("leave", approvals=APPROVALS)

    assert seen["running"] == ["Searching for “total” …"]
    assert seen["doing"] == "Looking something up"
    assert seen["open"]
    assert seen["typed"] == "and then"
    assert "The model wants to run the project's tests. python -m pytest" in seen["alarm"]
    assert seen["detail"] == APPROVALS[0]["detail"]
    assert seen["buttons"] == ["Allow Once", "Always Allow", "Don\u2019t"]
    title = APPROVALS[0]["title"]
    assert seen["walked"] == [f"{name}: {title}" for name in reversed(seen["buttons"])]
    assert [(asked["approval"], asked["answer"]) for asked in seen["answers"]] == [("a1", "once")]
    assert seen["after"] == "Your question"
    assert seen["left"] == 0
    assert seen["done"] == ["Searched for “total”", "Ran the tests: 3 failed"]
    assert seen["problems"] == []


def test_edits(go: Go) -> None:
    """Edits are chosen by hunks, applied and given back by keys; why one cannot be is said."""
    seen = go("edits", edits=EDITS, changes=CHANGES)

    assert [asked["edits"] for asked in seen["wanted"]] == [["e1", "e2", "e3"]]
    assert seen["head"] == "Proposed changes: 3 files, +7 \u22124"
    assert seen["labels"] == ["Apply", "Apply 2 of 3 Changes"]
    assert seen["mixed"]
    assert [asked["edits"] for asked in seen["reviews"]] == [["e1", "e2", "e3"]]
    assert len(seen["refreshes"]) == 1
    assert [(asked["edits"], asked["hunks"]) for asked in seen["applied"]] == [
        (["e1", "e2"], {"e1": [0]})
    ]
    assert seen["stays"]
    assert "Applied to 2 files (src/orders.py, src/new.py)." in seen["past"]
    assert seen["said"] == "src/orders.py was changed since."
    assert [(asked["checkpoint"], asked["force"]) for asked in seen["restored"]] == [
        ("c1", False),
        ("c1", True),
    ]
    assert [asked["edits"] for asked in seen["refused"]] == [["e3"]]
    assert "Restored: 2 files" in seen["end"]
    assert "src/locked.py is read-only" in seen["end"]
    assert [asked["tools"] for asked in seen["tools"]] == ["off"]
    assert seen["violations"] == seen["problems"] == seen["requests"] == []
