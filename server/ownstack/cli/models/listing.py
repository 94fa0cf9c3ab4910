"""`ownstack models list` and `inspect`: known models, those of other programs, files."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.models.entries import entry, host
from ownstack.cli.output import human_bytes, print_json, print_table, say

if TYPE_CHECKING:
    from ownstack.models.found import FoundModel
    from ownstack.models.registry import ModelInfo
    from ownstack.models.remote.model import RemoteModel


def add_to(verbs: Any) -> None:
    """Describe the commands to argparse."""
    show = verbs.add_parser("list", help="show the known models")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run_list)
    look = verbs.add_parser("inspect", help="say what GGUF files can do, without adding them")
    look.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    look.add_argument("--json", action="store_true", help="print JSON")
    look.set_defaults(run=run_inspect)


def run_list(arguments: argparse.Namespace) -> int:
    here = host()
    known = here.known_models()
    found = here.found_models()
    served = here.served_models()
    if arguments.json:
        print_json(
            {
                "models": [entry(info, roles) for info, roles in known],
                "found": [{**entry(info, []), "program": model.program} for model, info in found],
                "served": [
                    {
                        "name": model.name,
                        "url": model.entry.url,
                        "leavesMachine": model.leaves_machine,
                        "chosenFor": roles,
                    }
                    for model, roles in served
                ],
            }
        )
        return 0
    rows = [
        (
            info.name,
            human_bytes(info.size_bytes),
            info.infill or "no",
            ", ".join(roles) or "-",
            _where(info),
        )
        for info, roles in known
    ]
    rows += [(model.name, "-", "-", ", ".join(roles), _server(model)) for model, roles in served]
    print_table(("NAME", "SIZE", "INFILL", "USED FOR", "WHERE"), rows)
    usable = [(model, info) for model, info in found if info.infill]
    if usable:
        _print_found(usable)
    elif len(known) == 1:
        say("See which models fit this machine: ownstack models recommend")
        say("Add one that is here already with: ownstack models add FILE.gguf")
    return 0


def _print_found(found: list[tuple[FoundModel, ModelInfo]]) -> None:
    from ownstack.models.registry import memory_available, memory_needed

    free = memory_available()
    rows = []
    for model, info in found:
        needed = memory_needed(info)
        fits = "fits" if needed <= free else "too large now"
        rows.append((info.name, human_bytes(needed), fits, model.program, str(info.path)))
    say()
    say("Other programs have these, which can complete too:")
    print_table(("NAME", "MEMORY", "", "FROM", "PATH"), rows)
    say("Use one with: ownstack models use PATH --for completion")
    say("Add them all with: ownstack models import --all")


def _server(model: RemoteModel) -> str:
    if model.leaves_machine:
        return f"{model.entry.url} (what it is given leaves this machine)"
    return model.entry.url


def _where(info: ModelInfo) -> str:
    from ownstack.models.registry import BUILTIN

    if info.name != BUILTIN:
        return str(info.path)
    return info.infill_problem or f"built in ({info.license.upper()} licence)"


def run_inspect(arguments: argparse.Namespace) -> int:
    from ownstack.models.registry import inspect

    infos = [inspect(path) for path in arguments.paths]
    if arguments.json:
        print_json({"models": [entry(info, []) for info in infos]})
        return 0
    rows = [
        (
            info.name,
            human_bytes(info.size_bytes),
            info.architecture,
            f"{info.infill}, {info.infill_order.upper()}" if info.infill else "no",
            info.infill_problem or "-",
        )
        for info in infos
    ]
    print_table(("NAME", "SIZE", "ARCHITECTURE", "INFILL", "PROBLEM"), rows)
    return 0
