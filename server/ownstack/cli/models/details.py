"""`ownstack models info`: all that is known of one model, without loading it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.models.entries import entry, offers
from ownstack.cli.output import human_bytes, print_json, print_table, say, say_lines

if TYPE_CHECKING:
    from ownstack.models.details import ModelDetails
    from ownstack.models.speeds import MeasuredSpeed

_KV = {
    "whole": "all tokens, any of which can be dropped: fit for completion",
    "sliding": "in most layers only the last tokens: not for completion",
    "state": "a running state that cannot be taken back: not for completion",
}


def add_to(verbs: Any) -> None:
    """Describe the command to argparse."""
    show = verbs.add_parser("info", help="say all that is known of a model")
    show.add_argument("name", metavar="NAME", help="a known model, or a GGUF file")
    show.add_argument("--metadata", action="store_true", help="with all metadata of the file")
    show.add_argument("--template", action="store_true", help="print its chat template alone")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.cli.models.entries import host
    from ownstack.models.details import details

    info = host().registry.resolve(arguments.name)
    found = details(info)
    speed = offers().speeds.get(info.path)
    if arguments.template:
        say_lines(found.template)
    elif arguments.json:
        print_json(_json(found, speed))
    else:
        _print(found, speed)
        if arguments.metadata:
            say()
            print_table(("KEY", "VALUE"), found.metadata)
    return 0


def _print(found: ModelDetails, speed: MeasuredSpeed | None) -> None:
    info = found.info
    parameters = f"{(info.parameters or 0) / 1e9:.2f} billion"
    infill = f"{info.infill}, {info.infill_order.upper()}" if info.infill else "no"
    rows = [
        ("file", f"{info.path} ({human_bytes(info.size_bytes)})"),
        ("model", f"{info.architecture}, {parameters} parameters, {info.quantization}"),
        ("licence", info.license or "not said in the file"),
        ("trained for", f"{info.context_tokens:,} tokens"),
        ("infill", infill),
        ("chat template", _template(found)),
        ("keeps of a text", _KV[found.kv]),
        ("ends an answer", "yes" if found.ends else "the file names no token for it"),
    ]
    if speed is not None:
        rows.append(("measured", spoken(speed)))
    for token in found.special_tokens:
        rows.append((f"token {token.purpose}", f"{token.id} {token.text}".strip()))
    print_table(("WHAT", ""), rows)
    say()
    print_table(("ROLE", "FIT"), [(role, why or "yes") for role, why in found.unfit])
    say()
    needs = [(f"{size:,}", f"about {human_bytes(needed)}") for size, needed in found.memory]
    print_table(("CONTEXT", "MEMORY"), needs)


def spoken(speed: MeasuredSpeed) -> str:
    """Return a measurement as a person reads it."""
    return (
        f"reads {speed.prefill:.0f} and writes {speed.decode:.1f} tokens/s "
        f"(prompt of {speed.prompt_tokens}, {speed.device}, {speed.threads} threads)"
    )


def _template(found: ModelDetails) -> str:
    if not found.template:
        return "none"
    tools = "with tool calls" if "tools" in found.template else "without tool calls"
    return f"{len(found.template):,} characters, {tools} (--template prints it)"


def _json(found: ModelDetails, speed: MeasuredSpeed | None) -> dict[str, Any]:
    return {
        **entry(found.info, []),
        "metadata": dict(found.metadata),
        "template": found.template,
        "specialTokens": found.special_tokens,
        "memory": [{"contextTokens": size, "bytes": needed} for size, needed in found.memory],
        "kv": found.kv,
        "unfit": {role: why for role, why in found.unfit if why},
        "measured": speed,
    }
