"""`scripts/package COMMAND`: each command is a module of this package with `add_to`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Sequence

import ownstack_release
from ownstack_release.errors import ReleaseError

FINE, FAILED = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; what goes wrong is one line on stderr."""
    parsed = parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed))
    except ReleaseError as error:
        print(f"scripts/package: {error}", file=sys.stderr)
    except subprocess.CalledProcessError as error:
        print(f"scripts/package: {error.cmd[0]} failed ({error.returncode})", file=sys.stderr)
    return FAILED


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands, found by their modules."""
    made = argparse.ArgumentParser(prog="scripts/package", description="Make what is released.")
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for found in pkgutil.iter_modules(ownstack_release.__path__):
        if found.name == "__main__":
            continue
        module = importlib.import_module(f"ownstack_release.{found.name}")
        if hasattr(module, "add_to"):
            module.add_to(commands)
    return made


if __name__ == "__main__":
    sys.exit(main())
