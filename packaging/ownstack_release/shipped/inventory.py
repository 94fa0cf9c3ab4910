"""What is shipped: each thing once, with its licence and what it stands within.

Read by `licences.py`, which lists and judges it, and by `sbom.py`, which writes it as CycloneDX.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from packaging.utils import canonicalize_name

from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT
from ownstack_release.shipped import npm
from ownstack_release.shipped.distributions import Distribution, Part, Text
from ownstack_release.shipped.terms import UNKNOWN, Contained, Policy, Terms

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

OWN = "ownstack"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is shipped."""

    ref: str
    """Tells it from all others: its package-url."""
    kind: str
    """"python", "npm", "rust", "library" or "model"."""
    name: str
    version: str
    """"" where nobody says."""
    terms: Terms
    home_page: str
    texts: tuple[Text, ...] = ()
    notice: str = ""
    """Whose it is, where it brings no text that says so."""
    within: tuple[str, ...] = ()
    """References of what it is a part of; empty for what stands by itself."""
    sha256: str = ""
    sha512: str = ""
    file: str = ""
    """Of a wheel: its file name."""
    distribution: Distribution | None = None
    card: str = ""
    """Of a model: the document that describes it."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else is to be told of it: names and values."""


def wheels(distributions: Iterable[Distribution], policy: Policy) -> tuple[Item, ...]:
    """Wheels and what is inside them; a part of several wheels once, `within` all of them."""
    made: dict[str, Item] = {}
    for distribution in distributions:
        for item in (_wheel(distribution, policy), *_inside(distribution, policy)):
            known = made.get(item.ref)
            if known is None:
                made[item.ref] = item
            else:
                joined = dict.fromkeys((*known.within, *item.within))
                made[item.ref] = replace(known, within=tuple(joined))
    return tuple(made.values())


def packages(bundled: Sequence[npm.Package], policy: Policy) -> tuple[Item, ...]:
    """The npm packages of the extension."""
    return tuple(
        Item(
            ref=package.purl,
            kind="npm",
            name=package.name,
            version=package.version,
            terms=policy.terms(package.name, package.version, package.declared),
            home_page=package.home_page,
            texts=package.texts,
            sha512=package.sha512,
        )
        for package in bundled
    )


def unnamed(distributions: Iterable[Distribution], policy: Policy) -> tuple[str, ...]:
    """What `licences.toml` does not know of wheels, a line each.

    These are libraries that a tool put into them, and the commits of those that have one.
    """
    found = []
    for distribution in distributions:
        name, version = distribution.name, distribution.version
        for member in distribution.grafted:
            if not any(each.of(name, version, member) for each in policy.contained):
                found.append(f"{distribution.file}: {member} is a library nobody named")
        for library in _libraries(distribution, policy):
            if library.commits and not library_version(distribution, library):
                found.append(f"{distribution.file}: the commit of {library.name} is not known")
    return tuple(found)


def wheel_ref(distribution: Distribution) -> str:
    """The package-url of one wheel file."""
    name, version = distribution.key, quote(distribution.version)
    return f"pkg:pypi/{name}@{version}?file_name={quote(distribution.file)}"


def _wheel(distribution: Distribution, policy: Policy) -> Item:
    return Item(
        ref=wheel_ref(distribution),
        kind="python",
        name=distribution.name,
        version=distribution.version,
        terms=policy.terms(distribution.name, distribution.version, distribution.declared),
        home_page=distribution.home_page or f"https://pypi.org/project/{distribution.key}/",
        texts=distribution.texts,
        sha256=distribution.sha256,
        file=distribution.file,
        distribution=distribution,
    )


def _inside(distribution: Distribution, policy: Policy) -> Iterable[Item]:
    wheel = wheel_ref(distribution)
    libraries = _libraries(distribution, policy)
    described = {canonicalize_name(part.name) for part in distribution.parts}
    for library in libraries:
        if canonicalize_name(library.name) not in described:
            yield _library(distribution, library, wheel)
    known = {canonicalize_name(library.name): library for library in libraries}
    for part in distribution.parts:
        yield _part(part, known.get(canonicalize_name(part.name)), wheel, policy)
    for path, sha256 in distribution.models:
        yield _model(distribution, path, sha256, policy)


def _model(distribution: Distribution, path: str, sha256: str, policy: Policy) -> Item:
    file = PurePosixPath(path)
    is_adapter = file.parent.parent.name == "adapters"
    # Adapters' files are all called alike; their folders are not.
    name = f"{OWN}-adapter-{file.parent.name}" if is_adapter else file.stem
    return Item(
        ref=f"pkg:generic/{quote(name)}@{quote(distribution.version)}?checksum=sha256:{sha256}",
        kind="model",
        name=name,
        version=distribution.version,
        terms=policy.terms(distribution.name, distribution.version, distribution.declared),
        home_page=distribution.home_page,
        within=(wheel_ref(distribution),),
        sha256=sha256,
        card="docs/LEARNING.md" if is_adapter else "docs/BUILTIN_MODEL.md",
        facts=corpus() if distribution.key == OWN else (),
    )


def corpus(sources: Path = ROOT / "training" / "sources.toml") -> tuple[tuple[str, str], ...]:
    """What the built-in network learned from: how many releases, under which licences.

    Raises:
        ReleaseError: The list of them cannot be read.
    """
    try:
        tables = tomllib.loads(sources.read_text("utf-8"))
        learned = [
            str(release["licence"])
            for origin in tables.values()
            for release in origin.values()
            if not release.get("held_out")
        ]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ReleaseError(f"{sources.name} cannot be read: {error!r}") from error
    return (
        ("corpus", f"{len(learned)} named releases of public packages: training/sources.toml"),
        ("corpus-licences", ", ".join(sorted(set(learned)))),
    )


def _libraries(distribution: Distribution, policy: Policy) -> tuple[Contained, ...]:
    return tuple(
        library
        for library in policy.contained
        if any(
            library.of(distribution.name, distribution.version, member)
            for member, _ in distribution.members
        )
    )


def _library(distribution: Distribution, library: Contained, wheel: str) -> Item:
    version = library_version(distribution, library)
    repository = library.home_page.removeprefix("https://github.com/")
    if version and repository != library.home_page:
        ref = f"pkg:github/{repository.lower()}@{quote(version)}"
    elif version:
        ref = f"pkg:generic/{quote(library.name)}@{quote(version)}"
    else:
        # Another wheel may bring another version of it, which nobody names: one item for each.
        within = f"{distribution.key}@{distribution.version}"
        ref = f"pkg:generic/{quote(library.name)}?within={quote(within)}"
    return Item(
        ref=ref,
        kind="library",
        name=library.name,
        version=version,
        terms=Terms(library.licence, concluded=True),
        home_page=library.home_page,
        notice=library.copyright,
        within=(wheel,),
    )


def library_version(distribution: Distribution, library: Contained) -> str:
    """The commit of a library, or what names of its files say: `libgomp-e985.so.1.0.0`; or ""."""
    if library.commits:
        known = library.commits.get(distribution.version, "")
        said = distribution.llama_commit
        return known if known.startswith(said) else said
    for member, _ in distribution.members:
        file = PurePosixPath(member).name.removeprefix("lib")
        # What is compiled into another library does not have that one's version.
        own = file.startswith(library.name.removeprefix("lib"))
        if own and library.of(distribution.name, distribution.version, member):
            found = re.search(r"\.so\.(\d+(?:\.\d+)+)$|\.(\d+(?:\.\d+)+)\.dylib$", member)
            if found:
                return found[1] or found[2]
    return ""


def _part(part: Part, library: Contained | None, wheel: str, policy: Policy) -> Item:
    terms = policy.terms(part.name, part.version, part.declared)
    if terms.expression == UNKNOWN and library is not None:
        terms = Terms(library.licence, concluded=True)
    owner = f"by {part.author}" if part.author else ""
    return Item(
        ref=part.purl,
        kind="rust" if part.purl.startswith("pkg:cargo/") else "library",
        name=part.name,
        version=part.version,
        terms=terms,
        home_page=part.home_page or (library.home_page if library else ""),
        notice=library.copyright if library else owner,
        within=(wheel,),
    )
