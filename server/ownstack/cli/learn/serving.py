"""`ownstack learn use`, `rollback`, `remove`: which adapter serves is its owner's to say."""

from __future__ import annotations

import argparse
import sys

from ownstack.cli.output import print_json, say


def use(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn.standing import told
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.paths import Home

    store = AdapterStore(Home.default())
    record = store.find(arguments.adapter)
    if arguments.scale is not None:
        store.set_scale(record.id, arguments.scale)
    store.use(record.id)
    if arguments.json:
        print_json(told(store, record))
        return 0
    where = record.project or "all projects"
    say(f"{record.name or record.id} ({record.id}) serves in {where}, with {record.base_name}.")
    if record.standing != "fit":
        say(f"It was {'not judged yet' if record.standing == 'new' else 'put aside'}. "
            f"{record.reason}".strip())  # fmt: skip
    if store.scale(record.id) == 0:
        say("Nothing of it is added: its scale is 0.")
    return 0


def rollback(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import choosing
    from ownstack.cli.learn.standing import told
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.models.gguf.base_key import base_key
    from ownstack.paths import Home

    store = AdapterStore(Home.default())
    base = choosing.base(arguments.base, arguments.role)
    project = "" if arguments.generic else str(choosing.project(arguments.folder, force=True))
    scope = "generic" if arguments.generic else "project"
    key = base_key(base.path)
    record = store.rollback(scope, project, arguments.role, key)  # type: ignore[arg-type]
    if arguments.json:
        print_json({"serves": None if record is None else told(store, record)})
    elif record is None:
        say(f"No adapter serves in {project or 'all projects'} any more.")
    else:
        say(f"{record.name or record.id} ({record.id}) serves again.")
    return 0


def remove(arguments: argparse.Namespace) -> int:
    from ownstack.errors import LearningError, UsageError
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.paths import Home

    store = AdapterStore(Home.default())
    try:
        record = store.find(arguments.adapter)
        adapter, name = record.id, record.name or record.id
    except LearningError:
        if arguments.adapter not in store.problems():
            raise
        adapter = name = arguments.adapter  # A damaged one is named by its folder.
    if not arguments.yes:
        if not sys.stdin.isatty():
            raise UsageError("Nobody is there to be asked.", "Say it with --yes.")
        answer = input(f"Remove {name}? It does not come back. [y/N] ")
        if answer.strip().lower() not in ("y", "yes"):
            say("Nothing was changed.")
            return 1
    store.remove(adapter)
    say(f"{name} is removed.")
    return 0
