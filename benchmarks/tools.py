"""`python -m benchmarks.tools --model MODEL.gguf`: whether a model's tool calls parse and run.

Two hundred tasks about a small project, each of which needs one of the chat's own tools. A call
counts if the product can read it, if the arguments fit the tool, and if the tool then runs (that a
file is not there is an answer, too). Beside it: how often the model chooses the tool that a person
would, and what `tool_ability` measures, by which the chat decides whether a model gets tools.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from benchmarks.bars import Figure, quantile, report
from ownstack.chat import tool_ability
from ownstack.chat.checkpoints import Checkpoints
from ownstack.chat.edits import Edits
from ownstack.chat.retrieval import Project
from ownstack.chat.tools.standard import standard_toolbox
from ownstack.chat.tools.toolbox import Toolbox
from ownstack.chat.window import TOOL_RULES
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.index.embedding.embedder import default_embedder
from ownstack.index.project import ProjectIndex
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.memory.recollection import recollect
from ownstack.settings import EngineSettings

MAX_TOKENS = 200
FILES = {
    "src/app.py": "import shop.client\n\nRETRIES = 3\n\n\ndef main():\n    return start()\n",
    "src/client.py": "class Client:\n    def send(self, message):\n        return message\n",
    "src/dates.py": "def parse_date(text):\n    return text.split('-')\n",
    "src/retry.py": "def retry(call, times):\n    for _ in range(times):\n        call()\n",
    "tests/test_dates.py": "def test_parse():\n    assert parse_date('1-2') == ['1', '2']\n",
    "README.md": "# Shop\n\nSells bicycles.\n",
}
NAMES = ("parse_date", "Client", "retry", "main", "send")
TASKS: tuple[tuple[str, str], ...] = (
    ("read", "Show lines 1 to 3 of {file}."),
    ("references", "Where is {name} used?"),
    ("symbols", "Which symbols are defined in {file}?"),
    ("search", "Find the code that handles {topic}."),
    ("list", "Which files are in the folder {folder}?"),
    ("git_diff", "Show my uncommitted changes in {file}."),
    ("recall", "What did we decide about {topic}?"),
    ("propose_edit", "Put the comment `# checked` above the first line of {file}."),
)
TOPICS = ("retries", "dates", "sending of messages", "the start of the program", "bicycles")
FOLDERS = ("src", "tests", ".")


@dataclass
class Counts:
    """What became of the calls."""

    called: int = 0
    understood: int = 0
    ran: int = 0
    chosen: int = 0


def task(number: int) -> tuple[str, str]:
    """Return the tool that a person would choose, and the task."""
    name, text = TASKS[number % len(TASKS)]
    turn = number // len(TASKS)
    files = tuple(FILES)
    return name, text.format(
        file=files[turn % len(files)],
        name=NAMES[turn % len(NAMES)],
        topic=TOPICS[turn % len(TOPICS)],
        folder=FOLDERS[turn % len(FOLDERS)],
    )


async def call_all(
    engine: LlamaEngine, toolbox: Toolbox, count: int, done: Callable[[int], None]
) -> tuple[Counts, list[float]]:
    """Have a model make so many calls; return what became of them, and the seconds of each."""
    counts, seconds, refused = Counts(), list[float](), Counter[str]()
    for number in range(count):
        wanted, text = task(number)
        request = ChatRequest(
            (Message.of("system", TOOL_RULES), Message.of("user", text)),
            conversation="benchmark",
            max_tokens=MAX_TOKENS,
            tools=toolbox.specs,
            tool_choice="required",
            seed=number,
        )
        started_s = time.perf_counter()
        answer = await engine.chat(request).result()
        seconds.append(time.perf_counter() - started_s)
        done(number + 1)
        if not answer.message.tool_calls:
            refused["no call"] += 1
            print(f"case {number}: no call: {answer.message.text[:200]!r}", file=sys.stderr)
            continue
        call = answer.message.tool_calls[0]
        counts.called += 1
        counts.chosen += call.name == wanted
        called = await toolbox.call(call)
        counts.understood += called.was_understood
        failed = "Error: The tool failed" in called.output.text
        counts.ran += called.was_understood and not failed
        if not called.was_understood or failed:
            print(f"case {number}: {call}: {called.output.text[:300]}", file=sys.stderr)
    return counts, seconds


async def measure(path: Path, count: int, window: int) -> list[Figure]:
    """Return the figures of one model."""
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "engine"
    native = NativeThread()
    with tempfile.TemporaryDirectory(prefix="ownstack-tools-") as folder:
        home, root = Path(folder), Path(folder, "shop")
        for name, text in FILES.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
        index = ProjectIndex.open(root, home / "index", default_embedder())
        log = ConversationLog.open(home / "log" / "log.sqlite", home / "recall.sqlite")
        engine = await LlamaEngine.open(
            path, name=path.stem, native=native,
            settings=EngineSettings(context_tokens=window), cache=cache,
        )  # fmt: skip
        try:
            index.refresh()
            await engine.prepare("chat")
            session = log.sessions.create(str(root))
            project = Project(root, lambda: index.snapshot, default_embedder())
            toolbox = standard_toolbox(
                session,
                project,
                Edits(session, root, Checkpoints(home / "checkpoints")),
                lambda query: recollect(log, session, str(root), query),
            )

            def done(number: int) -> None:
                if number % 20 == 0:
                    print(f"{number} of {count}", file=sys.stderr)

            counts, seconds = await call_all(engine, toolbox, count, done)
            ability = await tool_ability.measure(engine)
        finally:
            await engine.close()
            log.close()
            index.close()
            native.close()
    each = f"{quantile(seconds, 0.5):.2f} s each (median)"
    return [
        Figure("calls that parse", counts.called, f"of {count}", ">=", count, each),
        Figure("calls whose arguments fit", counts.understood, f"of {count}", ">=", count),
        Figure("calls that run", counts.ran, f"of {count}", ">=", count),
        Figure("the tool that a person would choose", counts.chosen, f"of {count}", ">="),
        Figure("right choices in the chat's own measurement", ability, "share", ">="),
    ]


def main() -> int:
    """Measure one model; the exit status says whether a bar was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tools", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can chat")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--window", type=int, default=4_096, help="tokens")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = asyncio.run(measure(options.model, options.count, options.window))
    return 1 if report(figures, as_json=options.json, title=f"Tools of {options.model.stem}") else 0


if __name__ == "__main__":
    sys.exit(main())
