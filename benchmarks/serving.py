"""What a keystroke waits for while `ownstack serve` answers another program.

    python -m benchmarks.serving --model MODEL.gguf [--keys 60] [--json]

A text is typed, a character a key, and completed by the model as an editor would ask for it, a few
tokens each: one alone is often in the KV cache already, and nothing is computed for it. Meanwhile a
program, by OpenAI's API over a real connection, has the same model write (or read) as much as it
can. Quiet, written-to and read-for keys alternate, so that a machine that gets busy
does so for all. Exit status 1 if the median key waits longer than the bar allows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from benchmarks.bars import Figure, quantile, report
from ownstack.api.keys import KeyStore
from ownstack.api.server import ApiServer
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import InfillRequest
from ownstack.paths import Home
from ownstack.settings import EngineSettings

BEFORE = "import json\n\n\ndef load(path):\n    with open(path) as file:\n        "
TYPED = "return json.load(file)  # what the file says, as a value of Python's own types"
AFTER = "\n\n\ndef main():\n    print(load('settings.json'))\n"
ANSWER_TOKENS = 3
PAUSE_S = 0.05
"""Between two keys, beyond the answer."""
ROUNDS = 3
BAR_MS = 10.0
"""So much longer may the median key wait."""
CONDITIONS = ("quiet", "while it writes", "while it reads")


async def measure(model: Path, keys: int) -> dict[str, list[float]]:
    """Return milliseconds from key to answer, by condition."""
    found: dict[str, list[float]] = {name: [] for name in CONDITIONS}
    with tempfile.TemporaryDirectory() as folder:
        home = Home.below(Path(folder))
        host = Host(home, mode="inProcess")
        info = host.registry.add(model, "model")
        key = KeyStore(home.keys_file).add("benchmark")
        server = ApiServer.open(host, "127.0.0.1", 0)
        client = httpx.AsyncClient(
            base_url=server.url, headers={"authorization": f"Bearer {key}"}, timeout=600
        )
        lease = host.lease(info, "completion", EngineSettings(), lambda: None)
        try:
            await lease.ready()
            if lease.engine is None:
                raise SystemExit(f"The model cannot be used: {lease.error}")
            await _type(lease.engine, 10)  # The first keys read the whole text.
            for _ in range(ROUNDS):
                for name in CONDITIONS:
                    async with _served(client, name):
                        found[name] += await _type(lease.engine, keys // ROUNDS)
        finally:
            await client.aclose()
            await server.close()
            lease.release()
            await host.close()
    return found


async def _type(engine: Engine, keys: int) -> list[float]:
    """Type, and return how long each key's answer took, in milliseconds."""
    took: list[float] = []
    for number in range(keys):
        request = InfillRequest(
            BEFORE + TYPED[: 1 + number % len(TYPED)],
            AFTER,
            path="load.py",
            max_tokens=ANSWER_TOKENS,
        )
        started_s = time.perf_counter()
        await engine.infill(request).result()
        took.append(1e3 * (time.perf_counter() - started_s))
        await asyncio.sleep(PAUSE_S)
    return took


@contextlib.asynccontextmanager
async def _served(client: httpx.AsyncClient, name: str) -> AsyncIterator[None]:
    """Have a program ask for as much as it can, meanwhile; yields once it is at work."""
    if name == "quiet":
        yield
        return
    begun = asyncio.Event()
    asking = asyncio.ensure_future(_ask_on(client, begun, reads=name == "while it reads"))
    waiting = asyncio.ensure_future(begun.wait())
    await asyncio.wait({asking, waiting}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield
    finally:
        waiting.cancel()
        if asking.done():
            asking.result()
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking


async def _ask_on(client: httpx.AsyncClient, begun: asyncio.Event, *, reads: bool) -> None:
    number = 0
    while True:
        number += 1
        # Another beginning each time: nothing of it is in the KV cache.
        more = "word " * 1_500 if reads else ""
        text = f"{number}. Count from one to a thousand in words. {more}"
        body = {
            "model": "model",
            "messages": [{"role": "user", "content": text}],
            "max_tokens": 1 if reads else 400,
            "temperature": 0,
            "stream": True,
        }
        if reads:
            begun.set()  # Its first word is its last.
        async with client.stream("POST", "/chat/completions", json=body) as response:
            if response.status_code != 200:
                raise SystemExit((await response.aread()).decode())
            async for _ in response.aiter_bytes():
                begun.set()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--keys", type=int, default=60, help="for each condition")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()
    found = asyncio.run(measure(arguments.model, arguments.keys))
    quiet = statistics.median(found["quiet"])
    figures = [Figure("a key, quiet", quiet, "ms", detail=_spread(found["quiet"]))]
    for name in CONDITIONS[1:]:
        more = statistics.median(found[name]) - quiet
        detail = _spread(found[name])
        compared = f"quiet; {_said(found[name])}; quiet {_said(found['quiet'])}"
        figures.append(Figure(f"more, {name}", more, "ms", "<=", BAR_MS, compared, detail))
    title = f"A key while another program is served, {arguments.model.stem}"
    return int(report(figures, as_json=arguments.json, title=title) > 0)


def _spread(took: list[float]) -> dict[str, float]:
    return {"mean": statistics.mean(took), "p90": quantile(took, 0.9), "max": max(took)}


def _said(took: list[float]) -> str:
    return ", ".join(f"{name} {value:.1f}" for name, value in _spread(took).items())


if __name__ == "__main__":
    raise SystemExit(main())
