"""`ownstack models`: the GGUF files this user has, and what they are used for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ownstack.daemon.host import Host
    from ownstack.engine.models import ModelInfo

ROLES = ("completion", "edit", "chat", "summary", "embedding")


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "models",
        help="list, add and choose models",
        description="Models are GGUF files on this machine, and a small one that comes with "
        "Ownstack. Nothing is downloaded.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    show = verbs.add_parser("list", help="show the known models")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run_list)
    add = verbs.add_parser("add", help="make a GGUF file known; it stays where it is")
    add.add_argument("path", type=Path, metavar="PATH")
    add.add_argument("--name", help="what to call it (default: the file's name)")
    add.add_argument("--json", action="store_true", help="print JSON")
    add.set_defaults(run=run_add)
    look = verbs.add_parser("inspect", help="say what GGUF files can do, without adding them")
    look.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    look.add_argument("--json", action="store_true", help="print JSON")
    look.set_defaults(run=run_inspect)
    use = verbs.add_parser("use", help="choose a model for a role")
    use.add_argument("name", metavar="NAME", help="a known model, a GGUF file, or none")
    use.add_argument("--for", dest="role", choices=ROLES, required=True, metavar="ROLE",
                     help=f"one of {', '.join(ROLES)}")  # fmt: skip
    use.set_defaults(run=run_use)


def run_list(arguments: argparse.Namespace) -> int:
    from ownstack.cli.output import human_bytes, print_json, print_table

    known = _host().known_models()
    if arguments.json:
        print_json({"models": [_entry(info, roles) for info, roles in known]})
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
    print_table(("NAME", "SIZE", "INFILL", "USED FOR", "WHERE"), rows)
    if len(known) == 1:
        print("Add a bigger model with: ownstack models add FILE.gguf")
    return 0


def _where(info: ModelInfo) -> str:
    from ownstack.engine.models import BUILTIN

    if info.name != BUILTIN:
        return str(info.path)
    return info.infill_problem or f"built in ({info.license.upper()} licence)"


def run_add(arguments: argparse.Namespace) -> int:
    from ownstack.cli.output import print_json

    host = _host()
    info = host.registry.add(arguments.path, arguments.name)
    if arguments.json:
        print_json(_entry(info, []))
        return 0
    print(f"Added {info.name}.")
    if info.infill_problem:
        print(f"It cannot complete code: {info.infill_problem}")
    else:
        print(f"To complete with it: ownstack models use {info.name} --for completion")
    return 0


def run_inspect(arguments: argparse.Namespace) -> int:
    from ownstack.cli.output import human_bytes, print_json, print_table
    from ownstack.engine.models import inspect

    infos = [inspect(path) for path in arguments.paths]
    if arguments.json:
        print_json({"models": [_entry(info, []) for info in infos]})
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


def run_use(arguments: argparse.Namespace) -> int:
    info = _host().use(arguments.name, arguments.role)
    if info is not None:
        print(f"{info.name} is used for {arguments.role}.")
    elif arguments.role == "completion":
        print("No model is used for completion: it repeats what is in your files.")
    else:
        print(f"No model is used for {arguments.role}.")
    return 0


def _host() -> Host:
    from ownstack.daemon.host import Host
    from ownstack.paths import Home

    return Host(Home.default(), mode="inProcess")


def _entry(info: ModelInfo, roles: list[Any]) -> dict[str, Any]:
    """Return a model as `ownstack/models` shows it, and what only a terminal shows."""
    from ownstack.engine.models import BUILTIN

    return {
        "name": info.name,
        "path": str(info.path),
        "sizeBytes": info.size_bytes,
        "architecture": info.architecture,
        "parameters": info.parameters,
        "contextTokens": info.context_tokens,
        "quantization": info.quantization,
        "license": info.license,
        "builtIn": info.name == BUILTIN,
        "infill": info.infill,
        "infillOrder": info.infill_order,
        "infillProblem": info.infill_problem,
        "chat": info.chat,
        "chosenFor": roles,
    }
