"""Which checks an edit goes through: the cheapest first."""

from __future__ import annotations

from pathlib import Path

from ownstack.actions.checks.check import Checker
from ownstack.actions.checks.code_only import CodeOnly
from ownstack.actions.checks.kept import Kept, Used
from ownstack.actions.checks.names import Names
from ownstack.actions.checks.signatures import Signatures
from ownstack.actions.checks.syntax import Syntax
from ownstack.actions.checks.tests import ProjectTests
from ownstack.actions.checks.tools import tools_of
from ownstack.actions.target import Target


def checkers_for(
    root: Path | None, target: Target, *, run_tools: bool, run_tests: bool
) -> tuple[Checker, ...]:
    """Return what checks edits of a target.

    `run_tools` and `run_tests` say that the user lets the project's formatter and linter, and its
    tests, be run: these are programs, and their settings are programs, too.
    """
    checks: list[Checker] = [Syntax(), Kept(), CodeOnly(), Names(root), Signatures(), Used()]
    if root is not None and run_tools:
        checks += tools_of(root, target)
    if root is not None and run_tests:
        checks.append(ProjectTests(root))
    return tuple(checks)
