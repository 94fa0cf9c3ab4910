"""`ownstack status`: what would complete now, and who serves it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import human_bytes, print_json, say

if TYPE_CHECKING:
    from ownstack.app.engines.model_choice import AnyModel, Route
    from ownstack.app.learning.adapter_status import AdapterStatus
    from ownstack.models.roles import Role
    from ownstack.paths import Home


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "status",
        help="say what completes now, and whether the daemon runs",
        description="Say which model is chosen, and what the daemon is doing.",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--explain", action="store_true", help="say for each role which model does it, and why"
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack import __version__
    from ownstack.app.status import BIGGER, without_model
    from ownstack.daemon import lifecycle
    from ownstack.daemon.handshake import Hello
    from ownstack.models.registry import BUILTIN
    from ownstack.paths import Home

    home = Home.default()
    routes = _routes(home)
    adapters = _adapters(home, routes)
    if arguments.explain:
        return _explain(routes, adapters, as_json=arguments.json)
    chosen, missing = routes["completion"].model, ""
    problem = "" if chosen is not None else str(routes["completion"].problem or "")
    if chosen is not None and chosen.name == BUILTIN and not chosen.infill:
        missing, chosen = chosen.infill_problem, None
    welcome = lifecycle.ask(home, Hello("status"))
    if arguments.json:
        print_json(
            {
                "version": __version__,
                "completer": "echo" if chosen is None else "model",
                "model": "" if chosen is None else chosen.name,
                "problem": problem,
                "adapters": [asdict(one) for one in adapters["completion"]],
                "daemon": {
                    "running": welcome is not None,
                    **(welcome.status if welcome is not None else {}),
                },
            }
        )
        return 0
    if problem:
        say(f"Completion: {problem}")
    elif chosen is None:
        say(f"Completion: {without_model(missing)}")
    elif chosen.name == BUILTIN:
        say(f"Completion: the built-in completer. {BIGGER}")
    else:
        say(f"Completion: {chosen.name} ({_where(chosen)})")
    for adapter in adapters["completion"]:
        say(_adapter_line(adapter))
    if welcome is None:
        say("Daemon: does not run; an editor window starts it.")
    else:
        say(f"Daemon: process {welcome.pid}, windows: {welcome.sessions}")
        for address in welcome.status.get("serving", []):
            say(f"Other programs are served at {address}")
        for index in welcome.status.get("indexes", []):
            say(_index_line(index))
    return 0


def _routes(home: Home) -> dict[Role, Route]:
    """Return what each role comes to, by what was chosen; an editor's settings go before that."""
    from ownstack.app.engines.model_choice import ModelChoice
    from ownstack.app.engines.router import Task
    from ownstack.models.registry import ModelRegistry
    from ownstack.models.remote.engines_file import EnginesFile
    from ownstack.models.roles import ROLES

    choice = ModelChoice(ModelRegistry(home.models_file), EnginesFile(home.engines_file))
    return {role: choice.route(Task(role)) for role in ROLES}


def _adapters(home: Home, routes: Mapping[Role, Route]) -> dict[Role, Sequence[AdapterStatus]]:
    """Return what was learned and serves in this folder, or does not, with each role's model."""
    from pathlib import Path

    from ownstack.app.learning.learned import Learned
    from ownstack.app.learning.window_projects import WindowProjects

    models = {role: route.model for role, route in routes.items() if route.model is not None}
    files = {role: model.reference.path for role, model in models.items()}
    learned, here = Learned(home), WindowProjects.of((Path.cwd(),), trusted=True)
    learned.look(file for file in files.values() if file is not None)
    return {
        role: learned.statuses(files[role], models[role].name, role, here) if role in models else ()
        for role in routes
    }


def _adapter_line(adapter: AdapterStatus) -> str:
    name = adapter.name if adapter.scope == "generic" else f"{adapter.name} ({adapter.project})"
    return f"Learned: {name} serves." if adapter.serves else f"Not used: {name}. {adapter.reason}"


def _explain(
    routes: Mapping[Role, Route],
    adapters: Mapping[Role, Sequence[AdapterStatus]],
    *,
    as_json: bool,
) -> int:
    from ownstack.models.fetching.offline import offline_reason

    offline = offline_reason(setting=False)
    if as_json:
        roles = [
            {
                "role": role,
                "model": "" if route.model is None else route.model.name,
                "tier": int(route.decision.tier),
                "leavesMachine": route.decision.leaves_machine,
                "explanation": route.decision.explanation(),
                "steps": route.decision.steps,
                "adapters": [asdict(one) for one in adapters[role]],
            }
            for role, route in routes.items()
        ]
        print_json({"offline": offline, "roles": roles})
        return 0
    for role, route in routes.items():
        decision = route.decision
        mark = " (leaves this machine)" if decision.leaves_machine else ""
        say(f"{role}: tier {int(decision.tier)}{mark}: {decision.explanation()}")
        for step in decision.steps:
            if step.verdict != "used":
                say(f"  {step.model} is {step.verdict}: {step.why}")
        for adapter in adapters[role]:
            say(f"  {_adapter_line(adapter)}")
    say(f"Nothing leaves this machine: {offline}." if offline else
        "An editor's settings (ownstack.models.*) go before these choices.")  # fmt: skip
    return 0


def _where(model: AnyModel) -> str:
    from ownstack.models.remote.model import RemoteModel

    if not isinstance(model, RemoteModel):
        return str(model.path)
    return (
        f"{model.entry.url}, what is typed leaves this machine"
        if model.leaves_machine
        else (model.entry.url)
    )


def _index_line(index: Mapping[str, Any]) -> str:
    """Return what a daemon says of one index; it may be of another version."""
    age_s = index.get("ageS")
    checked = "" if age_s is None else f", checked {age_s:.0f} s ago"
    size = human_bytes(int(index.get("sizeBytes", 0)))
    return (
        f"Index: {index.get('folder')}: {index.get('state')}, {index.get('files', 0):,} files, "
        f"{index.get('symbols', 0):,} symbols, {size}{checked}"
    )
