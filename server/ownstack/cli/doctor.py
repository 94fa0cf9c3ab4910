"""`ownstack doctor`: what is fine, what is not, what to do."""

from __future__ import annotations

import argparse
from typing import Any

from ownstack.cli.output import print_json, print_table


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "doctor",
        help="check this installation and say what to do",
        description="Check Python, the engine, memory, models, the daemon and the folders. "
        "The exit status is 1 if something is an error.",
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    from ownstack import doctor
    from ownstack.paths import Home

    checks = doctor.examine(Home.default())
    if arguments.json:
        print_json({"checks": checks})
    else:
        print_table(
            ("", "CHECK", "RESULT"),
            [(check.level, check.name, f"{check.detail} {check.hint}".strip()) for check in checks],
        )
    return 1 if any(check.level == "error" for check in checks) else 0
