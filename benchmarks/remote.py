"""What a token costs between the server that sends it and whoever reads the answer.

`python -m benchmarks.remote [--json]`: a server in a process of its own writes the time into each
token that it streams; what is measured is how much later the token comes out of a `ChatStream`.
Beside it, the same by httpx alone, and the processor time of a token when they come in a flood.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Sequence

import httpx

from benchmarks.bars import Figure, quantile, report
from ownstack.engine.chat import TextDelta
from ownstack.engine.messages import Message
from ownstack.engine.openai.engine import OpenAIEngine
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.requests import ChatRequest
from ownstack.models.remote.entry import EngineEntry
from tests.support.scripted_server import Line, delta, scripted_server, whole

TOKENS = 400
FLOOD = 5_000
PAUSE_S = 0.004
CHAT = "/v1/chat/completions"
LIMIT_MS = 3.0


async def serve() -> None:
    """Serve until stdin ends."""

    async def paced(line: Line) -> None:
        await line.head()
        for _ in range(TOKENS):
            await line.event(delta(content=f"{time.perf_counter()} "))
            await asyncio.sleep(PAUSE_S)
        await line.event(delta("stop"))

    async def flood(line: Line) -> None:
        await line.head()
        for _ in range(FLOOD):
            await line.event(delta(content="token "))
        await line.event(delta("stop"))

    async with scripted_server() as server:
        server.answer("/v1/models", whole({"data": [{"id": "m"}]}))
        server.answer(CHAT, paced, paced, flood)
        print(server.port, flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def measure(port: int) -> list[Figure]:
    """Ask the server that listens on a port."""
    url = f"http://127.0.0.1:{port}/v1"
    bare = await by_httpx(url)
    engine = await OpenAIEngine.open(Endpoint(EngineEntry("bench", url)), "m")
    request = ChatRequest((Message.of("user", "x"),), max_tokens=FLOOD)
    late = []
    async for event in engine.chat(request):
        if isinstance(event, TextDelta):
            now = time.perf_counter()
            late += [1_000 * (now - float(sent)) for sent in event.text.split()]
    began = time.process_time()
    answer = await engine.chat(request).result()
    each_ms = 1_000 * (time.process_time() - began) / FLOOD
    assert answer.usage.generated_tokens == FLOOD
    await engine.close()
    return [
        Figure("token, median", quantile(late, 0.5), "ms", "<=", LIMIT_MS, alone(bare, 0.5)),
        # Of a busy machine more than of anybody here: to be read beside what httpx alone needs.
        Figure("token, 99 of 100", quantile(late, 0.99), "ms", compared=alone(bare, 0.99)),
        Figure("processor time of a token", each_ms, "ms"),
    ]


def alone(bare: Sequence[float], share: float) -> str:
    return f"httpx alone: {quantile(bare, share):.2f} ms"


async def by_httpx(url: str) -> list[float]:
    """Return how late each token is by httpx and its lines, nothing else."""
    late = []
    async with (
        httpx.AsyncClient(trust_env=False) as client,
        client.stream("POST", f"{url}/chat/completions", json={}) as response,
    ):
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                content = json.loads(line[6:])["choices"][0]["delta"].get("content", "")
                now = time.perf_counter()
                late += [1_000 * (now - float(sent)) for sent in content.split()]
    return late


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.remote", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    if parsed.serve:
        asyncio.run(serve())
        return 0
    command = [sys.executable, "-m", "benchmarks.remote", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        figures = asyncio.run(measure(int(server.stdout.readline())))
        server.communicate()
    return report(figures, as_json=parsed.json, title="A model on a server")


if __name__ == "__main__":
    sys.exit(main())
