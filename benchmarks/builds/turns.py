"""One build of llama.cpp with one model, which measures whenever it is its turn.

Run as `python -m benchmarks.builds.turns MODEL THREADS PREFILL DECODE`, in a process of its own
since a process holds one build. It says what it is, then waits for a line for each turn, and
answers with tokens a second; all as lines of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ownstack.engine.llama.native import bindings, probe
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import DONE, Context

TEXT = Path(probe.__file__).read_text("utf-8")


def measured(context: Context, tokens: list[int], prefill: int) -> dict[str, float]:
    """Decode `prefill` tokens at once and the others one by one; return tokens a second."""
    context.remove(0, 0)
    start_s = time.perf_counter()
    status = context.decode(tokens[:prefill], 0)
    half_s = time.perf_counter()
    for position in range(prefill, len(tokens)):
        status |= context.decode([tokens[position]], position)
    end_s = time.perf_counter()
    if status != DONE:
        raise SystemExit(f"A decode did not finish: {status}.")
    one_by_one = len(tokens) - prefill
    return {"prefill": prefill / (half_s - start_s), "decode": one_by_one / (end_s - half_s)}


def main(path: str, threads: str, prefill: str, decode: str) -> None:
    """Load the model, then measure once for each line that comes."""
    # As the probe does on such CPUs: llama.cpp's own buffers crash there.
    model = LlamaModel(Path(path), extra_bufts="amx_tile" not in probe.cpu())
    count = int(prefill) + int(decode)
    tokens = model.tokenize(TEXT)[:count]
    context = Context(model, n_ctx=count + 64, threads=int(threads), batch_tokens=int(prefill))
    measured(context, tokens, int(prefill))  # What is loaded on first use is not measured.
    print(json.dumps({"build": bindings.build(), "cpu": bindings.cpu_build()}), flush=True)
    for _turn in sys.stdin:
        print(json.dumps(measured(context, tokens, int(prefill))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
