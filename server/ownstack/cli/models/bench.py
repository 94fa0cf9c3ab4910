"""`ownstack models bench`: measures how fast a model reads and writes here, and remembers it."""

from __future__ import annotations

import argparse
from typing import Any

from ownstack.cli.output import print_json, say


def add_to(verbs: Any) -> None:
    """Describe the command to argparse."""
    measure = verbs.add_parser(
        "bench",
        help="measure how fast a model reads and writes here",
        description="The result is kept: recommendations and deadlines then go by it. Let the "
        "machine rest meanwhile.",
    )
    measure.add_argument("name", metavar="NAME", help="a known model, or a GGUF file")
    measure.add_argument("--json", action="store_true", help="print JSON")
    measure.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.app import bench
    from ownstack.app.model_offers import ModelOffers
    from ownstack.cli.models.details import spoken
    from ownstack.cli.models.entries import host
    from ownstack.cli.output import say_meanwhile

    here = host()
    info = here.registry.resolve(arguments.name)
    speed = bench.run(here, info, say_meanwhile)
    ModelOffers(here).speeds.put(info.path, speed)
    if arguments.json:
        print_json({"name": info.name, "path": str(info.path), "measured": speed})
    else:
        say(f"{info.name} {spoken(speed)}.")
    return 0
