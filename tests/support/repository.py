"""Repositories of git for tests. Commits are Ada's: `tests/conftest.py` says so to git."""

from __future__ import annotations

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; return what it prints.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    done = subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout


def make_repository(folder: Path, subject: str = "Open the shop") -> None:
    """Make a repository of a folder, with one commit of all that is in it."""
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", subject)
