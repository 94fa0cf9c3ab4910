"""`python -m benchmarks.chat --model MODEL.gguf`: what a conversation costs, beside bare llama.cpp.

Of the engine (`engine_costs.py`): prompt and decoding speed beside a bare loop over the same
numbers of tokens (`typing/floor.py`); tokens that a follow-up turn evaluates again; a conversation
restored from disk beside reading it; drafts by prompt lookup on answers that copy and others.

Of a whole turn, as `ownstack chat` has it (`turns.py`): time to the first token and tokens that are
read anew, in an ordinary turn, in one on another topic, and in the one after a compaction.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from benchmarks.bars import report
from benchmarks.chat import engine_costs, turns

PARTS = ("engine", "turns")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chat", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can chat")
    parser.add_argument("--part", choices=PARTS, help="only this one")
    parser.add_argument("--rounds", type=int, default=4, help="of the comparison with a bare loop")
    parser.add_argument("--chars", type=int, default=8_500, help="of the file that is talked about")
    parser.add_argument("--window", type=int, default=8_192, help="tokens, of the turns")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = []
    if options.part != "turns":
        figures += asyncio.run(engine_costs.measure(options.model, options.rounds, options.chars))
    if options.part != "engine":
        figures += asyncio.run(turns.measure(options.model, options.window))
    title = f"A conversation with {options.model.stem}"
    return 1 if report(figures, as_json=options.json, title=title) else 0


if __name__ == "__main__":
    sys.exit(main())
