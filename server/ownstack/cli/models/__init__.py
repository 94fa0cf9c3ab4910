"""`ownstack models`: which models there are, getting them, and what they are used for."""

from __future__ import annotations

from typing import Any

from ownstack.cli.models import bench, choosing, details, listing, pulling, recommending

_VERBS = (recommending, pulling, listing, choosing, details, bench)


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "models",
        help="recommend, download, list, add and choose models",
        description="Models are GGUF files on this machine, and a small one that comes with "
        "Ownstack. Nothing is downloaded but what `pull` is asked for by name.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in _VERBS:
        module.add_to(verbs)
