"""Download the named packages with their registries' own clients: `python -m training.fetch`.

PyPI wheels by `pip download`, npm packages by `npm pack`, Debian source packages by
`apt-get source --download-only` with private lists, so that the system's own stay as they are.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
from pathlib import Path

from benchmarks.packages.sources import Source, load_sources
from training.work import add_work_option, work_folder

log = logging.getLogger("training.fetch")

DEBIAN_MIRROR = "http://deb.debian.org/debian"
DEBIAN_SUITES = ("bookworm", "trixie")


def download_folder(work: Path, source: Source) -> Path:
    """One folder per package: an archive's name alone does not say which package it is."""
    return work / "downloads" / source.registry / source.name.replace("/", "__")


def apt_options(work: Path) -> list[str]:
    root = work / "apt"
    for folder in ("lists/partial", "cache/archives/partial"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    listing = root / "sources.list"
    lines = [f"deb-src {DEBIAN_MIRROR} {suite} main\n" for suite in DEBIAN_SUITES]
    listing.write_text("".join(lines), encoding="utf-8")
    return [
        f"-oDir::Etc::SourceList={listing}",
        "-oDir::Etc::SourceParts=/dev/null",
        f"-oDir::State::Lists={root / 'lists'}",
        f"-oDir::Cache={root / 'cache'}",
        "-oAPT::Sandbox::User=root",
    ]


def command(work: Path, source: Source) -> list[str]:
    """The client's command line that puts one package's archive into the current folder."""
    name, version = source.name, source.version
    if source.registry == "pypi":
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        return [*pip, f"{name}=={version}"]
    if source.registry == "npm":
        return ["npm", "pack", "--silent", f"{name}@{version}"]
    options = [*apt_options(work), "-q", "--download-only"]
    return ["apt-get", *options, "source", f"{name}={version}"]


def fetch(work: Path, source: Source) -> bool:
    """True if the package is there afterwards; the standard library always is."""
    if source.registry == "stdlib":
        return True
    folder = download_folder(work, source)
    done = folder / ".complete"
    if done.exists() and done.read_text(encoding="utf-8") == source.version:
        return True
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        stale.unlink()
    result = subprocess.run(
        command(work, source), cwd=folder, capture_output=True, text=True, check=False
    )
    if result.returncode:
        log.error("%s %s: %s", source.registry, source.name, result.stderr.strip()[-300:])
        return False
    done.write_text(source.version, encoding="utf-8")
    log.info("%s %s %s", source.registry, source.name, source.version)
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    work = work_folder(parser.parse_args().work)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sources = load_sources()
    if any(source.registry == "debian" for source in sources):
        subprocess.run(["apt-get", *apt_options(work), "-q", "update"], check=True)
    missing = [source.name for source in sources if not fetch(work, source)]
    if missing:
        log.error("not fetched: %s", ", ".join(missing))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
