"""The registries' own clients: pip, npm, apt-get."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 300
DEBIAN_MIRROR = "http://deb.debian.org/debian"


class ClientError(Exception):
    """A client is missing or failed; the message is its own last line."""


def download(registry: str, name: str, version: str, suite: str, folder: Path, cache: Path) -> None:
    """Put one package's archive into `folder`.

    `cache` keeps apt's lists, which are this program's own: the system's stay as they are.

    Raises:
        ClientError: there is no client, no network or no such package.
    """
    if registry == "pypi":
        # The pure-Python wheel, so that every machine gets the same file.
        pure = ["--platform", "any", "--implementation", "py", "--abi", "none"]
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        run([*pip, *pure, f"{name}=={version}"], folder)
    elif registry == "npm":
        run(["npm", "pack", "--silent", f"{name}@{version}"], folder)
    else:
        options = apt_options(cache / "apt" / suite, suite)
        run(["apt-get", *options, "-q", "--download-only", "source", f"{name}={version}"], folder)


def apt_options(root: Path, suite: str) -> list[str]:
    """Return apt-get's options for lists of its own, which are fetched the first time."""
    listing = root / "sources.list"
    options = [
        f"-oDir::Etc::SourceList={listing}",
        "-oDir::Etc::SourceParts=/dev/null",
        f"-oDir::State::Lists={root / 'lists'}",
        f"-oDir::Cache={root / 'cache'}",
        "-oAPT::Sandbox::User=root",
    ]
    if not listing.exists():
        for folder in ("lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        fresh = listing.with_suffix(".new")
        fresh.write_text(f"deb-src {DEBIAN_MIRROR} {suite} main\n", encoding="utf-8")
        fresh.rename(listing)
        try:
            run(["apt-get", *options, "-q", "update"], root)
        except ClientError:
            listing.unlink()
            raise
    return options


def run(command: list[str], folder: Path) -> None:
    """Run a client in `folder`.

    Raises:
        ClientError: it is not installed, took too long or failed.
    """
    program = shutil.which(command[0])
    if program is None:
        raise ClientError(f"{command[0]} is not installed")
    try:
        done = subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise ClientError(f"{command[0]} took longer than {TIMEOUT_S} s") from None
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith(("e:", "error"))] or lines
        raise ClientError(errors[0].strip() if errors else f"{command[0]} failed")
