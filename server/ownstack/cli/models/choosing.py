"""`ownstack models add`, `import`, `use`, `fallback`, `remove`: which are known, and for what."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.models.entries import entry, host, next_steps, offers
from ownstack.cli.output import human_bytes, print_json, print_table, say
from ownstack.models.roles import ROLES

if TYPE_CHECKING:
    from ownstack.models.found import FoundModel
    from ownstack.models.registry import ModelInfo


def add_to(verbs: Any) -> None:
    """Describe the commands to argparse."""
    add = verbs.add_parser("add", help="make a GGUF file known; it stays where it is")
    add.add_argument("path", type=Path, metavar="PATH")
    add.add_argument("--name", help="what to call it (default: the file's name)")
    add.add_argument("--json", action="store_true", help="print JSON")
    add.set_defaults(run=run_add)
    take = verbs.add_parser(
        "import",
        help="make models of Ollama, LM Studio, llama.cpp or Hugging Face known",
        description="Nothing is copied: the files stay with the program that has them. Without a "
        "name it shows what there is.",
    )
    take.add_argument("names", nargs="*", metavar="NAME", help="a name or path that it shows")
    take.add_argument("--all", action="store_true", help="all that there are")
    take.add_argument("--json", action="store_true", help="print JSON")
    take.set_defaults(run=run_import)
    use = verbs.add_parser("use", help="choose a model for a role")
    use.add_argument(
        "name", metavar="NAME", help="a known model, a GGUF file, ENGINE:MODEL of a server, or none"
    )
    use.add_argument("--for", dest="role", choices=ROLES, required=True, metavar="ROLE",
                     help=f"one of {', '.join(ROLES)}")  # fmt: skip
    use.set_defaults(run=run_use)
    fallback = verbs.add_parser(
        "fallback",
        help="choose what stands in where the chosen model cannot be used",
        description="The smallest and nearest goes first. One that is larger than the chosen "
        "model, or on another machine when that is not, does not stand in for it.",
    )
    fallback.add_argument("names", nargs="*", metavar="NAME", help="known models; none: nothing")
    fallback.add_argument("--for", dest="role", choices=ROLES, required=True, metavar="ROLE",
                          help=f"one of {', '.join(ROLES)}")  # fmt: skip
    fallback.set_defaults(run=run_fallback)
    remove = verbs.add_parser(
        "remove",
        help="forget a model; its files are deleted if they were downloaded by pull",
    )
    remove.add_argument("name", metavar="NAME")
    remove.add_argument("--yes", action="store_true", help="do not ask before files are deleted")
    remove.set_defaults(run=run_remove)


def run_add(arguments: argparse.Namespace) -> int:
    info = host().registry.add(arguments.path, arguments.name)
    if arguments.json:
        print_json(entry(info, []))
        return 0
    say(f"Added {info.name}.")
    for line in next_steps(info):
        say(line)
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    from ownstack.errors import ModelNotFoundError

    there = offers()
    found = there.importable()
    wanted = found if arguments.all else [pair for pair in found if _is_named(pair, arguments)]
    missing = [name for name in arguments.names if not any(_is(pair, name) for pair in wanted)]
    if missing:
        raise ModelNotFoundError(
            f"No other program has a model called {missing[0]}.",
            "See what there is: ownstack models import",
        )
    taken = [there.take(model) for model, _ in wanted]
    if arguments.json:
        rest = [pair for pair in found if pair not in wanted]
        print_json(
            {
                "imported": [entry(info, []) for info in taken],
                "found": [{**entry(info, []), "program": model.program} for model, info in rest],
            }
        )
    elif taken:
        for info in taken:
            say(f"Added {info.name}, which stays at {info.path}.")
    else:
        _show(found)
    return 0


def _show(found: list[tuple[FoundModel, ModelInfo]]) -> None:
    if not found:
        say("Ollama, LM Studio, llama.cpp and Hugging Face have no further models here.")
        return
    rows = [
        (info.name, human_bytes(info.size_bytes), info.infill or "no",
         "yes" if info.chat else "no", model.program, str(info.path))
        for model, info in found
    ]  # fmt: skip
    print_table(("NAME", "SIZE", "INFILL", "CHAT", "FROM", "PATH"), rows)
    say("Add them with: ownstack models import NAME … (or --all)")


def _is_named(pair: tuple[FoundModel, ModelInfo], arguments: argparse.Namespace) -> bool:
    return any(_is(pair, name) for name in arguments.names)


def _is(pair: tuple[FoundModel, ModelInfo], name: str) -> bool:
    model, info = pair
    return name in (info.name, model.name, str(model.path))


def run_use(arguments: argparse.Namespace) -> int:
    info = host().use(arguments.name, arguments.role)
    if info is not None:
        say(f"{info.name} is used for {arguments.role}.")
        if info.reference.path is None:
            name, id = info.reference.engine, info.reference.id
            say(f"Try it with: ownstack engines test {name} --model {id}")
    elif arguments.role == "completion":
        say("No model is used for completion: it repeats what is in your files.")
    else:
        say(f"No model is used for {arguments.role}.")
    return 0


def run_fallback(arguments: argparse.Namespace) -> int:
    names = host().choice.use_fallbacks(arguments.names, arguments.role)
    if names:
        say(f"For {arguments.role}, if the chosen model cannot be used: {', '.join(names)}.")
    else:
        say(f"Nothing stands in for {arguments.role}.")
    return 0


def run_remove(arguments: argparse.Namespace) -> int:
    there = offers()
    files = there.would_delete(arguments.name)
    if files and not arguments.yes and not _agrees(files):
        say("Nothing was changed.")
        return 1
    name, deleted = there.remove(arguments.name)
    say(f"{name} is forgotten.")
    for file in deleted:
        say(f"Deleted {file}.")
    if not deleted:
        say("Its file was not downloaded by Ownstack, so it was left alone.")
    return 0


def _agrees(files: list[Path]) -> bool:
    from ownstack.errors import UsageError

    say("This deletes what was downloaded:")
    for file in files:
        say(f"  {file} ({human_bytes(file.stat().st_size)})")
    if not sys.stdin.isatty():
        raise UsageError("Nobody is there to be asked.", "Say it with --yes.")
    return input("Delete? [y/N] ").strip().lower() in ("y", "yes")
