"""`python -m benchmarks.compaction --data FOLDER`: what is still known after compaction.

Real conversations are played through a window several times too small for them. At the end, the
share of probes (`probes.py`) that the context still holds: when the oldest is dropped, when
prompts and file names are kept, and by our compaction, without a model and with one.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bars import Figure, report
from benchmarks.compaction import systems
from benchmarks.compaction.conversations import Sample, coding, topics
from benchmarks.compaction.probes import KINDS, Context, Probe, probes
from benchmarks.compaction.systems import Outcome
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.engine.scripted import ScriptedEngine
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.prompt import Tokens
from ownstack.settings import EngineSettings

CHARS_PER_TOKEN = 3.4
ASKED = "What is the first topic that we discussed? Only give me its name."


@dataclass
class Tally:
    """What one way came to over all conversations."""

    held: dict[str, list[bool]] = field(default_factory=dict)
    tokens: list[int] = field(default_factory=list)
    raw: list[int] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    answered: list[bool] = field(default_factory=list)

    def add(self, outcome: Outcome, wanted: Sequence[Probe], raw: int) -> None:
        context = Context(outcome.text)
        for probe in wanted:
            self.held.setdefault(probe.kind, []).append(context.holds(probe))
        self.tokens.append(outcome.tokens)
        self.raw.append(raw)
        self.outcomes.append(outcome)

    @property
    def recall(self) -> float:
        return statistics.mean(held for kind in self.held.values() for held in kind)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compaction", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--model", type=Path, metavar="GGUF")
    parser.add_argument("--windows", default="4096,8192,32768", metavar="TOKENS,…")
    parser.add_argument(
        "--times", type=float, default=3, help="windows that a conversation has, at least"
    )
    parser.add_argument("--conversations", type=int, default=0, help="of each source; 0: all")
    parser.add_argument(
        "--summaries", type=int, default=0, help="by the model, the last of each; 0: all"
    )
    parser.add_argument("--count-only", action="store_true", help="the model only counts tokens")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    figures = asyncio.run(measured(options))
    return 1 if report(figures, as_json=options.json, title="Compaction") else 0


async def measured(options: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    for window in map(int, options.windows.split(",")):
        if options.model is None:
            # Four characters a token: the same for all, and said in the table.
            figures += await at_window(options, window, Tokens(ScriptedEngine()), None)
            continue
        with tempfile.TemporaryDirectory(prefix="ownstack-compaction-") as cache:
            native = NativeThread()
            engine = await LlamaEngine.open(
                options.model,
                name=options.model.stem,
                native=native,
                settings=EngineSettings(context_tokens=window),
                cache=Path(cache),
            )
            try:
                asked = None if options.count_only else engine
                if asked is not None:
                    await asked.prepare("chat")
                figures += await at_window(options, window, Tokens(engine), asked)
            finally:
                await engine.close()
                native.close()
    return figures


async def at_window(
    options: argparse.Namespace, window: int, tokens: Tokens, model: LlamaEngine | None
) -> list[Figure]:
    limits = Limits.of(window)
    tallies: dict[str, Tally] = {}
    for whole in samples(options, window):
        sample = whole.capped(limits, tokens)
        wanted = probes(sample)
        raw = sum(tokens.of(piece.text) for piece in sample.pieces)
        ways: dict[str, Outcome] = {
            "oldest dropped": systems.truncated(sample, limits, tokens),
            "prompts and files": systems.deterministic(sample, limits, tokens),
            "ours, no model": await systems.ours(sample, limits, tokens),
        }
        if model is not None:
            name = f"ours, {model.capabilities.model}"
            ways[name] = await systems.ours(sample, limits, tokens, model, most=options.summaries)
        for way, outcome in ways.items():
            tally = tallies.setdefault(way, Tally())
            tally.add(outcome, wanted, raw)
            if model is not None and sample.topic and way.startswith("ours"):
                tally.answered.append(await answers(model, outcome, sample.topic))
        print(f"{window} {sample.source}: {raw:,} tokens", file=sys.stderr, flush=True)
    return figures_of(window, tallies)


def samples(options: argparse.Namespace, window: int) -> list[Sample]:
    chars = int(window * options.times * CHARS_PER_TOKEN)
    found = []
    read: Callable[[Path, int], list[Sample]]
    for read, name in ((coding, "coding_chats.md"), (topics, "longeval_10_topics.jsonl")):
        found += read(options.data / name, chars)[: options.conversations or None]
    return found


async def answers(model: LlamaEngine, outcome: Outcome, topic: str) -> bool:
    """Whether the model names a topic from what it is shown."""
    said = (*outcome.messages, Message.of("user", ASKED))
    if said[-2].role == "user":
        said = (*said[:-2], Message.of("user", f"{said[-2].text}\n\n{ASKED}"))
    answer = await model.chat(ChatRequest(said, conversation="asked", max_tokens=32)).result()
    return Context(answer.message.text).holds(Probe("topic", topic))


def figures_of(window: int, tallies: dict[str, Tally]) -> list[Figure]:
    dropped = tallies["oldest dropped"].recall
    made: list[Figure] = []
    for way, tally in tallies.items():
        by_kind = {
            kind: round(statistics.mean(tally.held[kind]), 3)
            for kind in KINDS
            if kind in tally.held
        }
        bars = window == 8_192 and way.startswith("ours")
        bar = (0.85 if way.endswith("no model") else 0.90) if bars else None
        words = ", ".join(f"{kind} {share:.2f}" for kind, share in by_kind.items())
        name = f"{window} {way}"
        probes_in = sum(map(len, tally.held.values()))
        made.append(
            Figure(f"{name}: recall", tally.recall, f"of {probes_in}", ">=", bar, words, by_kind)
        )
        raw = sum(tally.raw) / sum(tally.tokens)
        made.append(
            Figure(
                f"{name}: conversation per token kept",
                raw,
                "to 1",
                ">=",
                2.5 if bars else None,
                f"{statistics.mean(tally.tokens):,.0f} tokens kept",
            )
        )
        if way.startswith("ours"):
            times = f"{dropped:.3f} when the oldest is dropped"
            bar = 2.0 if bars else None
            made.append(
                Figure(
                    f"{name}: recall over dropping",
                    tally.recall / dropped,
                    "to 1",
                    ">=",
                    bar,
                    times,
                )
            )
            made += _costs(name, tally, Limits.of(window).usable)
    return made


def _costs(name: str, tally: Tally, usable: int) -> list[Figure]:
    compactions = [done for outcome in tally.outcomes for done in outcome.compactions]
    methods = [done.method for done in compactions]
    counted = ", ".join(f"{methods.count(method)} {method}" for method in sorted(set(methods)))
    seconds = sum(outcome.seconds for outcome in tally.outcomes)
    made = [Figure(f"{name}: seconds", seconds, "s", compared=f"{len(methods)}: {counted}")]
    grown = sum(done.after.total >= done.before.total for done in compactions)
    made.append(Figure(f"{name}: compactions that grew", grown, "", "<=", 0))
    large = sum(outcome.tokens > usable for outcome in tally.outcomes)
    made.append(Figure(f"{name}: prompts that do not fit", large, "", "<=", 0))
    summaries = [usage for outcome in tally.outcomes for usage in outcome.summaries]
    turns = [usage for outcome in tally.outcomes for usage in outcome.next_turns]
    if summaries:
        share = statistics.mean(u.evaluated_tokens / u.prompt_tokens for u in summaries)
        made.append(Figure(f"{name}: evaluated for a summary", share, "of the prompt", "<=", 0.05))
        valid = methods.count("model") / max(1, len(methods) - methods.count("masking"))
        tries = f"{len(summaries)} summaries asked for"
        made.append(Figure(f"{name}: summed up by the model", valid, "", compared=tries))
    if turns:
        reused = statistics.mean(1 - u.evaluated_tokens / u.prompt_tokens for u in turns)
        made.append(Figure(f"{name}: reused by the next turn", reused, "", ">=", 0.95))
    if tally.answered:
        share = statistics.mean(tally.answered)
        asked = f"{len(tally.answered)} asked for the first topic"
        made.append(Figure(f"{name}: answered", share, "", compared=asked))
    return made


if __name__ == "__main__":
    sys.exit(main())
