"""`python -m benchmarks.structured --model MODEL.gguf`: how many answers keep to a JSON schema.

Two hundred questions about real-looking code, each with one of eight schemas; an answer counts if
the product says it is valid, and a second look by `jsonschema` here agrees.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import jsonschema
import platformdirs

from benchmarks.bars import Figure, quantile, report
from ownstack.engine import structured
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.errors import BadAnswerError
from ownstack.settings import EngineSettings

SHORT = {"type": "string", "maxLength": 60}
SCHEMAS: list[dict[str, object]] = [
    {
        "type": "object",
        "properties": {"name": SHORT, "returns": SHORT},
        "required": ["name", "returns"],
        "additionalProperties": False,
    },
    {"type": "array", "items": SHORT, "minItems": 1, "maxItems": 4},
    {"enum": ["bug", "feature", "question"]},
    {
        "type": "object",
        "properties": {
            "tool": {"enum": ["search", "read", "answer"]},
            "argument": SHORT,
        },
        "required": ["tool", "argument"],
    },
    {
        "type": "object",
        "properties": {
            "severity": {"type": "integer", "minimum": 1, "maximum": 5},
            "sure": {"type": "boolean"},
            "reason": SHORT,
        },
        "required": ["severity", "sure", "reason"],
    },
    {
        "type": "object",
        "properties": {
            "files": {
                "type": "array",
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "properties": {"path": SHORT, "line": {"type": "integer", "minimum": 1}},
                    "required": ["path", "line"],
                },
            }
        },
        "required": ["files"],
    },
    {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"error": SHORT},
                                  "required": ["error"]}]},
    {"type": "object", "additionalProperties": {"type": "number"}},
]  # fmt: skip
QUESTIONS = [
    "What does `def parse_date(text): return datetime.fromisoformat(text)` do?",
    "Which tool finds the class that reads configuration files?",
    "Sort this report: 'The window \"jumps\" when I press {Enter}\\n twice'.",
    "Name the functions: def a(): pass\ndef b_c(): pass",
    "How bad is `eval(input())`?",
]


async def ask_all(path: Path, count: int, cache: Path) -> list[Figure]:
    native = NativeThread()
    engine = await LlamaEngine.open(
        path, name=path.stem, native=native, settings=EngineSettings(), cache=cache
    )
    await engine.prepare("chat")
    valid, retried, seconds = 0, 0, []
    for number in range(count):
        schema = SCHEMAS[number % len(SCHEMAS)]
        question = QUESTIONS[number % len(QUESTIONS)]
        text = f"{question}\n(Case {number}. Answer in JSON.)"
        asked = ChatRequest(
            (Message.of("user", text),), max_tokens=400, temperature=0.7, seed=number
        )
        started_s = time.perf_counter()
        try:
            found = await structured.ask(engine, asked, schema)
        except BadAnswerError as error:
            print(f"case {number}: {error}\n  {error.text[:200]!r}", file=sys.stderr)
            continue
        finally:
            seconds.append(time.perf_counter() - started_s)
        jsonschema.validate(found.value, schema)
        retried += len(found.answers) > 1
        valid += 1
    await engine.close()
    native.close()
    compared = f"{retried} asked twice; {quantile(seconds, 0.5):.2f} s each (median)"
    return [Figure("answers of the schema", valid, f"of {count}", ">=", count, compared)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.structured", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can chat")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "engine"
    figures = asyncio.run(ask_all(options.model, options.count, cache))
    title = f"Structured answers of {options.model.stem}"
    return report(figures, as_json=options.json, title=title)


if __name__ == "__main__":
    sys.exit(main())
