"""`scripts/package COMMAND`: each command is a module of this package with `add_to`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

import ownstack_release
from ownstack_release.errors import ReleaseError

FINE, FAILED = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what goes wrong is one line on stderr."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except (ReleaseError, OSError) as error:
        print(f"scripts/package: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        tool = " ".join(map(str, error.cmd[:4]))
        print(f"scripts/package: {tool} failed ({error.returncode})", file=sys.stderr)
    return FAILED


class _Parser(argparse.ArgumentParser):
    """Says with what it does not understand which commands are not to be had."""

    def error(self, message: str) -> NoReturn:
        super().error("\n".join(filter(None, (message, self.epilog))))


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands, found by their modules.

    One that needs a library that is not there is passed by, and named in the help and where it is
    asked for: the image in which wheels are built has hardly any.
    """
    made = _Parser(prog="scripts/package", description="Make what is released.")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    missing: dict[str, str] = {}
    for found in pkgutil.iter_modules(ownstack_release.__path__):
        if found.name == "__main__":
            continue
        try:
            module = importlib.import_module(f"ownstack_release.{found.name}")
        except ModuleNotFoundError as error:
            missing[found.name] = str(error.name)
            continue
        if hasattr(module, "add_to"):
            module.add_to(commands)
    if missing:
        listed = ", ".join(f"{module} (needs {name})" for module, name in missing.items())
        made.epilog = f"Not to be had here: {listed}. Install "
        made.epilog += "them: .venv/bin/pip install --require-hashes -r packaging/locks/release.txt"
    return made


if __name__ == "__main__":
    sys.exit(main())
