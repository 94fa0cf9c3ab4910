"""A bill of materials in CycloneDX's words: components, and what is in or needed by which."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom
from cyclonedx.model.bom_ref import BomRef
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.license import License, LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from ownstack_release.errors import ReleaseError
from ownstack_release.shipped.contents import Contents
from ownstack_release.shipped.distributions import Distribution
from ownstack_release.shipped.inventory import Item
from ownstack_release.shipped.terms import UNKNOWN
from ownstack_release.targets import PYTHONS, TARGETS

FIRST_TIME = 315532800
"""1980-01-01 in seconds: the earliest that a zip archive can say."""

_UNNUMBERED = uuid.UUID(int=0)
_NUMBERED = '"serialNumber": "urn:uuid:{}"'


def made(contents: Contents, items: Sequence[Item]) -> tuple[str, int]:
    """The bill of a VSIX that holds `items`, as JSON, and the number of its components.

    What its wheels need and it does not carry is listed, too: the property `ownstack:carried` of
    a component says "no" then, and it has neither a version nor a hash.

    Raises:
        ReleaseError: The standard's own check finds a fault in it.
    """
    extension = _extension(contents)
    environments = _environments(contents.target)
    needed = _needed(items, environments)
    bom = Bom(serial_number=_UNNUMBERED)
    bom.metadata.timestamp = _time()
    bom.metadata.component = extension
    bom.metadata.tools.components.add(this_component())
    components = [_component(item) for item in items]
    components += [_fetched(name, needed[name]) for name in sorted(needed)]
    for component in components:
        bom.components.add(component)
    edges = _edges(items, environments)
    for name in needed:
        for ref in needed[name].by:
            edges.setdefault(ref, set()).add(f"pkg:pypi/{name}")
    own = [item.ref for item in items if not item.within and item.kind != "python"]
    own += [item.ref for item in items if item.file and item.distribution in contents.wheels]
    edges[str(extension.bom_ref.value)] = set(own or [item.ref for item in items])
    for component in (extension, *components):
        ref = str(component.bom_ref.value)
        below = [Dependency(ref=BomRef(each)) for each in sorted(edges.get(ref, ()))]
        bom.dependencies.add(Dependency(ref=component.bom_ref, dependencies=below))
    draft = str(JsonV1Dot6(bom).output_as_string(indent=2)) + "\n"
    content = hashlib.sha256(draft.encode("utf-8")).hexdigest()
    number = uuid.uuid5(uuid.NAMESPACE_URL, f"urn:sha256:{content}")
    # Quotes stand there once: within a string of JSON they are escaped.
    text = draft.replace(_NUMBERED.format(_UNNUMBERED), _NUMBERED.format(number))
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if fault:
        raise ReleaseError(f"the bill of {contents.name} is no CycloneDX 1.6: {fault}")
    return text, len(components)


class _Need:
    """A distribution that is needed and not carried."""

    def __init__(self) -> None:
        self.requirements: set[str] = set()
        self.by: set[str] = set()


def _extension(contents: Contents) -> Component:
    said = contents.manifest
    name, version = str(said.get("name", "")), str(said.get("version", ""))
    publisher = str(said.get("publisher", ""))
    if not (name and version and publisher):
        raise ReleaseError(f"{contents.name}: its package.json lacks name, version or publisher.")
    qualifiers = {"platform": contents.target} if contents.target else None
    purl = PackageURL("vscode-extension", publisher, name, version, qualifiers)
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref=purl.to_string(),
        name=name,
        version=version,
        publisher=publisher,
        description=str(said.get("description", "")) or None,
        licenses=[LicenseFactory().make_from_string(str(said.get("license") or UNKNOWN))],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=contents.sha256)],
        purl=purl,
        properties=[Property(name="ownstack:file", value=contents.name)],
    )


def _component(item: Item) -> Component:
    types = {"model": ComponentType.MACHINE_LEARNING_MODEL}
    hashes = []
    if item.sha256:
        hashes.append(HashType(alg=HashAlgorithm.SHA_256, content=item.sha256))
    if item.sha512:
        hashes.append(HashType(alg=HashAlgorithm.SHA_512, content=item.sha512))
    references = []
    if item.home_page:
        website = ExternalReferenceType.WEBSITE
        references.append(ExternalReference(type=website, url=XsUri(item.home_page)))
    properties = []
    if item.file:
        properties.append(Property(name="ownstack:file", value=item.file))
    if item.card:
        references.append(
            ExternalReference(type=ExternalReferenceType.MODEL_CARD, url=XsUri(item.card))
        )
    properties += [Property(name=f"ownstack:{name}", value=value) for name, value in item.facts]
    summary = item.distribution.summary if item.distribution else ""
    return Component(
        type=types.get(item.kind, ComponentType.LIBRARY),
        bom_ref=item.ref,
        name=item.name,
        version=item.version or None,
        description=summary or None,
        scope=ComponentScope.REQUIRED,
        hashes=hashes,
        licenses=_licences(item),
        copyright=item.notice or None,
        purl=_purl(item.ref),
        external_references=references,
        properties=properties,
    )


def _licences(item: Item) -> list[License]:
    if item.terms.expression == UNKNOWN:
        return []
    said = LicenseAcknowledgement.CONCLUDED if item.terms.concluded else None
    return [
        LicenseFactory().make_from_string(
            item.terms.expression,
            license_acknowledgement=said or LicenseAcknowledgement.DECLARED,
        )
    ]


def _fetched(name: str, need: _Need) -> Component:
    properties = [
        Property(name="ownstack:requirement", value=each) for each in sorted(need.requirements)
    ]
    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=f"pkg:pypi/{name}",
        name=name,
        scope=ComponentScope.REQUIRED,
        purl=PackageURL("pypi", None, name),
        properties=[Property(name="ownstack:carried", value="no"), *properties],
    )


def _purl(ref: str) -> PackageURL | None:
    try:
        return PackageURL.from_string(ref)
    except ValueError:
        return None


def _environments(target: str) -> dict[str, Mapping[str, str]]:
    """What markers are judged by, for each Python that is supported on the target."""
    platforms = [TARGETS[target]] if target in TARGETS else list(TARGETS.values())
    return {
        f"{platform.name} {python}": {
            **platform.environment,
            "python_version": python,
            "python_full_version": f"{python}.0",
            "implementation_version": f"{python}.0",
            "platform_release": "",
            "platform_version": "",
            "extra": "",
        }
        for platform in platforms
        for python in PYTHONS
    }


def _edges(
    items: Iterable[Item], environments: Mapping[str, Mapping[str, str]]
) -> dict[str, set[str]]:
    """What each wheel holds, and the wheels that it needs on some Python."""
    items = tuple(items)
    edges: dict[str, set[str]] = {}
    for item in items:
        for ref in item.within:
            edges.setdefault(ref, set()).add(item.ref)
    by_name: dict[str, list[Item]] = {}
    for item in items:
        if item.distribution:
            by_name.setdefault(item.distribution.key, []).append(item)
    for item in items:
        if item.distribution is None:
            continue
        for requirement, fitting in _requirements(item.distribution, environments):
            for other in by_name.get(canonicalize_name(requirement.name), ()):
                assert other.distribution is not None
                shared = fitting & _pythons(other.distribution)
                if shared and _satisfies(requirement, other.version):
                    edges.setdefault(item.ref, set()).add(other.ref)
    return edges


def _needed(
    items: Iterable[Item], environments: Mapping[str, Mapping[str, str]]
) -> dict[str, _Need]:
    """What wheels need and is not among them, by name."""
    wheels = [item for item in items if item.distribution]
    carried = {item.distribution.key for item in wheels if item.distribution}
    needed: dict[str, _Need] = {}
    for item in wheels:
        assert item.distribution is not None
        for requirement, _ in _requirements(item.distribution, environments):
            name = canonicalize_name(requirement.name)
            if name not in carried:
                need = needed.setdefault(name, _Need())
                need.requirements.add(str(requirement))
                need.by.add(item.ref)
    return needed


def _requirements(
    distribution: Distribution, environments: Mapping[str, Mapping[str, str]]
) -> list[tuple[Requirement, frozenset[str]]]:
    """What a wheel needs, with the Pythons on which it does; extras aside."""
    pythons = _pythons(distribution)
    found = []
    for line in distribution.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise ReleaseError(f"{distribution.file}: {line!r} is no requirement.") from error
        fitting = frozenset(
            environment["python_version"]
            for environment in environments.values()
            if requirement.marker is None or requirement.marker.evaluate(dict(environment))
        )
        if fitting & pythons:
            found.append((requirement, fitting & pythons))
    return found


def _pythons(distribution: Distribution) -> frozenset[str]:
    """The supported Pythons that a wheel is for."""
    fitting = set()
    for python in PYTHONS:
        minor = int(python.partition(".")[2])
        for tag in distribution.tags:
            interpreter, _, stable = tag.partition("-")
            digits = interpreter.removeprefix("cp3")
            exact = interpreter == f"cp3{minor}"
            older = bool(stable) and digits.isdigit() and int(digits) <= minor
            if exact or older or interpreter == "py3":
                fitting.add(python)
    return frozenset(fitting)


def _satisfies(requirement: Requirement, version: str) -> bool:
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _time() -> datetime:
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    try:
        return datetime.fromtimestamp(int(said) if said else FIRST_TIME, timezone.utc)
    except (ValueError, OverflowError, OSError) as error:
        raise ReleaseError(f"SOURCE_DATE_EPOCH is {said!r}: no time in seconds.") from error
