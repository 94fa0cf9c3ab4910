"""What the engine costs in a conversation, beside bare llama.cpp."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

import platformdirs

from benchmarks.bars import Figure, quantile
from benchmarks.typing.floor import Floor
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.settings import EngineSettings

SOURCE = Path(__file__).parents[2] / "server" / "ownstack" / "engine" / "llama"
FOLLOW_UPS = (
    "Which class of it matters most? One sentence.",
    "And what would break without it?",
    "Name one thing to test.",
    "Thanks. Sum up in five words.",
)
FUNCTION = '''\
def totals(rows, currency="EUR"):
    """Return the sum of each customer's orders, the largest first."""
    sums = {}
    for row in rows:
        if row["currency"] != currency:
            continue
        customer = row["customer"]
        sums[customer] = sums.get(customer, 0) + row["price"] * row["count"]
    return sorted(sums.items(), key=lambda item: item[1], reverse=True)
'''
COPYING = (
    f"Rename `rows` to `orders` and return the whole function:\n```python\n{FUNCTION}```",
    f"Add a parameter `limit=10`, return only so many, write all:\n```python\n{FUNCTION}```",
    f"Repeat this function without any change:\n```python\n{FUNCTION}```",
)
FREE = (
    "Explain what a suffix array is good for, in a paragraph.",
    "Write a short story about a compiler that learns to swim.",
    "Which three habits make tests trustworthy? A sentence each.",
)


async def opened(path: Path, native: NativeThread, cache: Path) -> LlamaEngine:
    engine = await LlamaEngine.open(
        path, name=path.stem, native=native, settings=EngineSettings(), cache=cache
    )
    await engine.prepare("chat")
    return engine


async def asked(engine: LlamaEngine, request: ChatRequest) -> tuple[Message, Usage]:
    answer = await engine.chat(request).result()
    return answer.message, answer.usage


def reading(chars: int, start: int = 0) -> str:
    """Return so many characters of real source."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(SOURCE.rglob("*.py")))
    return text[start : start + chars]


async def overhead(engine: LlamaEngine, rounds: int) -> list[Figure]:
    """The same numbers of tokens through the engine and a bare loop, in turn; no drafts."""
    lookup(engine, on=False)
    floor = Floor(engine._model, 2_048, engine._parts._threads)
    prefill, decode = [], []
    for number in range(rounds + 1):
        text = f"Round {number}. Explain at length:\n{reading(2_400, number * 3_000)}"
        _said, usage = await asked(engine, ChatRequest((Message.of("user", text),), max_tokens=48))
        bare = floor.run(usage.evaluated_tokens, max(8, usage.generated_tokens - 1))
        if number and usage.generated_tokens > 8:
            prefill.append(bare.prefill_ms * usage.evaluated_tokens / usage.prefill_ms)
            decode.append(bare.decode_ms * (usage.generated_tokens - 1) / usage.decode_ms)
    floor.close()
    lookup(engine, on=True)
    note = f"{len(prefill)} rounds in turn"
    return [
        Figure("prompt speed over bare llama.cpp", quantile(prefill, 0.5), "x", ">=", 0.97, note),
        Figure("decode speed over bare llama.cpp", quantile(decode, 0.5), "x", ">=", 0.97, note),
    ]


async def follow_ups(engine: LlamaEngine, chars: int) -> list[Figure]:
    """A file is talked about; each turn is to evaluate little but the new message."""
    question = f"Explain this file in three sentences.\n```python\n{reading(chars)}\n```"
    messages = [Message.of("system", "Be brief."), Message.of("user", question)]
    shares, first_ms = [], []
    for turn, following in enumerate(("", *FOLLOW_UPS)):
        if turn:
            messages.append(Message.of("user", following))
        request = ChatRequest(tuple(messages), conversation="follow-ups", max_tokens=80)
        said, usage = await asked(engine, request)
        messages.append(said)
        if turn:
            shares.append(usage.evaluated_tokens / usage.prompt_tokens)
            first_ms.append(usage.layout_ms + usage.prefill_ms)
    after = f"first token after {quantile(first_ms, 0.5):.0f} ms"
    note = f"{usage.prompt_tokens} tokens at last; {after}"
    return [Figure("tokens evaluated again by a turn", 100 * max(shares), "%", "<=", 5.0, note)]


async def restoring(path: Path, native: NativeThread, cache: Path, chars: int) -> list[Figure]:
    """A conversation is read, the engine closed; another goes on from the disk."""
    messages = [Message.of("user", f"Explain:\n{reading(chars, 20_000)}")]
    engine = await opened(path, native, cache)
    said, first = await asked(
        engine, ChatRequest(tuple(messages), conversation="kept", max_tokens=8)
    )
    await engine.close()
    engine = await opened(path, native, cache)
    messages += [said, Message.of("user", "Go on.")]
    loop = asyncio.get_running_loop()
    started_s = loop.time()
    stream = engine.chat(ChatRequest(tuple(messages), conversation="kept", max_tokens=8))
    await anext(aiter(stream))
    restored_ms = 1e3 * (loop.time() - started_s)
    usage = (await stream.result()).usage
    await engine.close()
    note = (
        f"{first.prompt_tokens} tokens read in {first.prefill_ms:.0f} ms; first token of the next "
        f"turn after {restored_ms:.0f} ms, {usage.evaluated_tokens} tokens evaluated"
    )
    return [Figure("restored over read", first.prefill_ms / restored_ms, "x", ">=", 10.0, note)]


async def drafting(engine: LlamaEngine) -> list[Figure]:
    """The same answers with and without drafts, in turn."""
    figures = []
    for name, tasks, bar in (("copying", COPYING, 1.3), ("free", FREE, 0.97)):
        ratios, notes = [], []
        for number, task in enumerate(tasks):
            speeds, texts = {}, {}
            for on in (False, True) if number % 2 else (True, False):
                lookup(engine, on=on)
                request = ChatRequest((Message.of("user", task),), max_tokens=180)
                said, usage = await asked(engine, request)
                speeds[on] = 1e3 * usage.generated_tokens / usage.decode_ms
                texts[on] = said.text
                if on:
                    notes.append(f"{usage.accepted_tokens}/{usage.drafted_tokens}")
            ratios.append(speeds[True] / speeds[False])
            notes[-1] += "" if texts[True] == texts[False] else " (another text)"
        lookup(engine, on=True)
        worst = min(ratios)
        note = f"worst {worst:.2f}; drafted tokens accepted: {', '.join(notes)}"
        speedup = quantile(ratios, 0.5)
        figures.append(Figure(f"drafts, {name} answers", speedup, "x", ">=", bar, note))
    return figures


def lookup(engine: LlamaEngine, *, on: bool) -> None:
    engine._parts.chat()._lookup = on


async def measure(path: Path, rounds: int, chars: int) -> list[Figure]:
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "engine"
    kept = Path(tempfile.mkdtemp(prefix="ownstack-chat-"))
    native = NativeThread()
    try:
        engine = await opened(path, native, cache)
        figures = await drafting(engine)
        figures += await overhead(engine, rounds)
        figures += await follow_ups(engine, chars)
        await engine.close()
        figures += await restoring(path, native, kept, chars)
    finally:
        native.close()
        shutil.rmtree(kept, ignore_errors=True)
    return figures
