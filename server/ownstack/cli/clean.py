"""`ownstack clean`: what is kept on this machine outside projects, and removing it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import human_bytes, print_json, say, warn

if TYPE_CHECKING:
    from ownstack.kept.item import Found, Item
    from ownstack.kept.places import Group
    from ownstack.kept.removal import Removed
    from ownstack.paths import Home

MAX_LEFT = 12
"""So many things that are not ours are named; a home in use may hold thousands."""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "clean",
        help="list what is kept on this machine outside projects, and remove it",
        description="List what Ownstack keeps outside projects: what it is, how large, and whether "
        "it is made again by itself. Nothing is removed unless you say what, and agree. What "
        "Ownstack did not make stays. In projects, look for .ownstack/: that is yours.",
    )
    for name, what in (
        ("caches", "what is made again when it is needed: indexes, measurements"),
        ("models", "models that were downloaded; files that you added stay"),
        ("adapters", "what models have learned from your code; those that came along stay"),
        ("logs", "logs"),
        ("conversations", "conversations, and what chats can take back"),
        ("statistics", "counts of suggestions and of what models did"),
        ("settings", "settings, and what is remembered in all projects"),
        ("environments", "the Python environments of editors"),
        ("running", "sockets and locks of the daemon, which ends anyway"),
    ):
        command.add_argument(f"--{name}", action="store_true", help=f"remove {what}")
    command.add_argument("--everything", action="store_true", help="remove all of it")
    command.add_argument("--yes", action="store_true", help="do not ask")
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack.errors import UsageError
    from ownstack.kept.inventory import look
    from ownstack.paths import Home

    home = Home.default()
    found = look(home)
    groups = _groups(arguments, found)
    if not arguments.json:
        _print(found)
    if not groups:
        if arguments.json:
            print_json(_json(found))
        return 0
    if not arguments.yes:
        if arguments.json or not sys.stdin.isatty():
            raise UsageError("Nobody is there to be asked.", "Say it with --yes.")
        groups = [group for group in groups if _agrees(found.of((group,)), group)]
        if not groups:
            say("Nothing was changed.")
            return 1
    if not _daemon_leaves(home, arguments.yes):
        say("Nothing was changed.")
        return 1
    removed = _remove(home, groups)
    if arguments.json:
        print_json(_json(look(home), removed))
    else:
        _print_removed(removed)
    return 1 if removed.problems else 0


def _groups(arguments: argparse.Namespace, found: Found) -> list[Group]:
    """Return the groups that were named and hold something."""
    from ownstack.kept.places import GROUPS

    return [
        group
        for group in GROUPS
        if (arguments.everything or getattr(arguments, group, False)) and found.of((group,))
    ]


def _agrees(items: Sequence[Item], group: Group) -> bool:
    from ownstack.kept.places import GROUPS, OWN

    size = human_bytes(sum(item.size_bytes for item in items))
    own = " They are yours and do not come back." if group in OWN else ""
    answer = input(f"Remove {GROUPS[group]} ({size})?{own} [y/N] ")
    return answer.strip().lower() in ("y", "yes")


def _daemon_leaves(home: Home, is_agreed: bool) -> bool:
    """End the daemon, if one runs: it would write again what is removed."""
    from ownstack.daemon import lifecycle
    from ownstack.daemon.handshake import Hello
    from ownstack.kept.walk import is_plain_folder

    if not is_plain_folder(home.runtime):
        return True  # No daemon runs there: it would not trust what leads elsewhere.
    welcome = None if is_agreed else lifecycle.ask(home, Hello("status"))
    if welcome is not None:
        say(f"The daemon runs, windows: {welcome.sessions}. It must end first.")
        if input("End it? [y/N] ").strip().lower() not in ("y", "yes"):
            return False
    lifecycle.stop(home)
    return True


def _remove(home: Home, groups: Sequence[Group]) -> Removed:
    from ownstack.kept.inventory import look
    from ownstack.kept.removal import Removed, remove, remove_empty

    removed = Removed()
    before = look(home)
    for group in groups:
        # Looked at anew: the daemon has left, and a model that was removed has changed a file.
        remove(home, look(home).of((group,)), removed)
    remove_empty(before)
    return removed


def _print(found: Found) -> None:
    from ownstack.kept.places import GROUPS, OWN

    for group, what in GROUPS.items():
        items = sorted(found.of((group,)), key=lambda item: -item.size_bytes)
        if not items:
            continue
        size = human_bytes(sum(item.size_bytes for item in items))
        own = ", yours" if group in OWN else ""
        say(f"{size:>9}  {what[0].upper()}{what[1:]} (--{group}{own})")
        for item in items:
            say(f"{'':11}{human_bytes(item.size_bytes):>9}  {item.what}: {item.path}")
    for name, path in found.added.items():
        say(f"{'':9}  Your own file, which stays: the model {name}: {path}")
    if not found.items:
        say("Ownstack keeps nothing here.")
    for path, reason in list(found.left.items())[:MAX_LEFT]:
        say(f"{'':9}  Left, {reason}: {path}")
    if len(found.left) > MAX_LEFT:
        say(f"{'':9}  Left: {len(found.left) - MAX_LEFT} more")


def _print_removed(removed: Removed) -> None:
    say(f"Removed: {human_bytes(removed.size_bytes)}")
    for path, reason in removed.problems.items():
        warn(f"{path} is still there: {reason}.")


def _json(found: Found, removed: Removed | None = None) -> dict[str, Any]:
    from ownstack.kept.places import GROUPS, OWN

    groups = [
        {
            "group": group,
            "what": what,
            "own": group in OWN,
            "sizeBytes": sum(item.size_bytes for item in found.of((group,))),
            "items": [_item(item) for item in found.of((group,))],
        }
        for group, what in GROUPS.items()
        if found.of((group,))
    ]
    told: dict[str, Any] = {
        "groups": groups,
        "added": [{"name": name, "path": path} for name, path in found.added.items()],
        "left": [{"path": path, "reason": reason} for path, reason in found.left.items()],
    }
    if removed is not None:
        told["removed"] = [_item(item) for item in removed.items]
        told["removedBytes"] = removed.size_bytes
        told["problems"] = [
            {"path": path, "reason": reason} for path, reason in removed.problems.items()
        ]
    return told


def _item(item: Item) -> dict[str, Any]:
    from pathlib import Path

    told = {"what": item.what, "path": item.path, "sizeBytes": item.size_bytes}
    if item.project:
        told |= {"project": item.project, "projectExists": Path(item.project).is_dir()}
    return told
