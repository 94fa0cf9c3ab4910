"""What is shipped: each thing once, with its licence and what it stands within.

Read by `licences.py`, which lists and judges it, and by `sbom.py`, which writes it as CycloneDX.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from packaging.utils import canonicalize_name

from ownstack_release import npm
from ownstack_release.distributions import Distribution, Part, Text
from ownstack_release.terms import UNKNOWN, Contained, Policy, Terms

OWN = "ownstack"
MODEL = "ownstack/builtin/ownstack-builtin.gguf"
"""The built-in network within the server's wheel."""


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
    """Libraries that a tool put into wheels and `licences.toml` does not know, as WHEEL: PATH."""
    return tuple(
        f"{distribution.file}: {member}"
        for distribution in distributions
        for member in distribution.grafted
        if not any(
            each.of(distribution.name, distribution.version, member) for each in policy.contained
        )
    )


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
    if distribution.key == OWN and any(path == MODEL for path, _ in distribution.members):
        yield Item(
            ref=f"pkg:generic/ownstack-builtin@{quote(distribution.version)}",
            kind="model",
            name="ownstack-builtin",
            version=distribution.version,
            terms=policy.terms(OWN, distribution.version, distribution.declared),
            home_page=distribution.home_page,
            notice="The built-in network, trained by the Ownstack maintainers.",
            within=(wheel,),
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
        if library.of(distribution.name, distribution.version, member):
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
