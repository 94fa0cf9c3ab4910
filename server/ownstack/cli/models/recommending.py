"""`ownstack models recommend`: which models fit a machine together, and why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.models.entries import offers
from ownstack.cli.output import human_bytes, print_json, print_table, say
from ownstack.models.roles import ROLES

if TYPE_CHECKING:
    from ownstack.models.fit import Choice, Figure, Plan
    from ownstack.models.registry import ModelInfo


def add_to(verbs: Any) -> None:
    """Describe the command to argparse."""
    show = verbs.add_parser(
        "recommend",
        help="say which models fit this machine together, and why",
        description="Chosen from a catalogue that comes with Ownstack (docs/MODELS.md); nothing "
        "is downloaded, and nobody is asked. Speeds are estimates until `bench` has measured.",
    )
    show.add_argument("--role", dest="roles", action="append", choices=ROLES, metavar="ROLE",
                      help=f"only for this role, one of {', '.join(ROLES)}; may be given several "
                      "times. The others take no memory then")  # fmt: skip
    show.add_argument("--machine", metavar="NAME|FILE",
                      help="for another machine: a name such as mac-m4-16gb, or a TOML file; a "
                      "name that is not known lists them")  # fmt: skip
    show.add_argument("--any-license", action="store_true",
                      help="also models whose licence forbids commercial use")  # fmt: skip
    show.add_argument("--all", action="store_true", help="show the whole catalogue instead")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    there = offers()
    if arguments.all:
        _print_catalogue(arguments.json)
        return 0
    on = None
    if arguments.machine:
        from ownstack.models.hardware import machine

        on = machine.described(arguments.machine)
    plan = there.recommend(arguments.roles or ROLES, on, any_license=arguments.any_license)
    installed = there.installed()
    if arguments.json:
        print_json(_json(plan, installed))
    else:
        _print(plan, installed)
    return 0


def _print(plan: Plan, installed: dict[str, ModelInfo]) -> None:
    machine, place = plan.machine, plan.place
    memory = human_bytes(machine.memory_bytes)
    limit = " (a limit of this process)" if machine.limited else ""
    say(f"{machine.title}: {memory} of memory{limit}, {machine.cores} cores.")
    say(_place(plan))
    say()
    rows = [
        (
            choice.role,
            choice.model.name if choice.model is not None else "-",
            f"{choice.context_tokens:,}" if choice.context_tokens else "-",
            f"+ {human_bytes(choice.memory_bytes)}" if choice.memory_bytes else "-",
            _figure(choice.prefill),
            _figure(choice.decode),
        )
        for choice in plan.choices
    ]
    print_table(("ROLE", "MODEL", "CONTEXT", "MEMORY", "READS", "WRITES"), rows)
    say()
    for choice in plan.choices:
        say(f"{choice.role}: {choice.why}.")
    say()
    used, budget = human_bytes(plan.used_bytes), human_bytes(place.budget_bytes)
    say(f"Together about {used} of {budget}. Speeds are tokens a second, ~ marks an estimate.")
    free = machine.available_bytes
    if 0 < free < plan.used_bytes and not place.graphics:
        say(f"Only {human_bytes(free)} are free now: close other programs.")
    if machine.devices and not place.graphics:
        say(f"{machine.devices[0].name} is too small for them: set ownstack.engine.gpuLayers to 0.")
    for line in _steps(plan, installed):
        say(line)


def _place(plan: Plan) -> str:
    place, machine = plan.place, plan.machine
    speed = "its speed is not known"
    if place.bandwidth_bytes_s:
        how = "measured" if machine.measured and not place.graphics else "by its data sheet"
        speed = f"read at {place.bandwidth_bytes_s / 1e9:.0f} GB/s ({how})"
    return f"Models go into {place.name}: {human_bytes(place.budget_bytes)} for them, {speed}."


def _steps(plan: Plan, installed: dict[str, ModelInfo]) -> list[str]:
    """Return what to type, each model once."""
    lines: list[str] = []
    for choice in plan.choices:
        if choice.model is None:
            continue
        name = choice.model.name
        if name not in installed:
            size = human_bytes(choice.model.size_bytes)
            about = "" if choice.model.exact else "about "
            line = f"  ownstack models pull {name}    # {about}{size}, {choice.model.license}"
        else:
            line = f"  ownstack models use {installed[name].name} --for {choice.role}"
        if line not in lines:
            lines.append(line)
    return ["To get there:", *lines] if lines else []


def _figure(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    return f"{'' if figure.measured else '~'}{figure.tokens_per_s:.0f}"


def _json(plan: Plan, installed: dict[str, ModelInfo]) -> dict[str, Any]:
    return {
        "machine": plan.machine,
        "place": plan.place,
        "usedBytes": plan.used_bytes,
        "choices": [_choice(choice, installed) for choice in plan.choices],
    }


def _choice(choice: Choice, installed: dict[str, ModelInfo]) -> dict[str, Any]:
    model = choice.model
    here = installed.get(model.name) if model is not None else None
    return {
        "role": choice.role,
        "model": model,
        "installedAs": here.name if here is not None else "",
        "contextTokens": choice.context_tokens,
        "memoryBytes": choice.memory_bytes,
        "prefill": choice.prefill,
        "decode": choice.decode,
        "why": choice.why,
    }


def _print_catalogue(as_json: bool) -> None:
    from ownstack.models.catalogue import catalogue

    if as_json:
        print_json({"models": catalogue()})
        return
    rows = [
        (model.name, ("" if model.exact else "~") + human_bytes(model.size_bytes),
         ", ".join(model.uses), model.license, model.source)
        for model in catalogue()
    ]  # fmt: skip
    print_table(("NAME", "SIZE", "FOR", "LICENCE", "SOURCE"), rows)
