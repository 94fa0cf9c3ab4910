"""What a window is told about the adapters of the model that plays a role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ownstack.learning.adapters.record import AdapterRecord, Scope
from ownstack.models.roles import Role

UNTRUSTED = "The workspace is not trusted, so what was learned from it does not serve."

UNUSED = "It was taken out of use; it can be used again."


@dataclass(frozen=True, slots=True)
class AdapterStatus:
    """An adapter that serves, or that one would expect to and that does not."""

    id: str
    name: str
    """As a person is told it."""
    scope: Scope
    project: str
    """The folder that it was learned from; "" of a generic one."""
    serves: bool
    reason: str = ""
    """Why it does not serve, in a sentence."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The model whose adapters are asked for, and where."""

    role: Role
    base_key: str
    base_name: str
    projects: Sequence[str] = ()
    """The folders of a window, as adapters name them."""
    untrusted: Sequence[str] = ()
    """Those among its folders from which nothing may be learned."""


def adapter_statuses(
    subject: Subject,
    records: Iterable[AdapterRecord],
    serving: Sequence[AdapterRecord],
    problems: Mapping[str, str],
    serves_at_home: Callable[[AdapterRecord], bool] = lambda record: False,
) -> tuple[AdapterStatus, ...]:
    """Return the adapters that serve, and the newest of each place if it does not.

    `serving`: those that serve in one of the projects, or generally; `problems`: adapter → why it
    cannot, a sentence. One that `serves_at_home`, but is not wanted here since there is something
    nearer, is not told of.
    """
    told = {record.id: _status(record, "") for record in serving}
    newest: dict[tuple[Scope, str], AdapterRecord] = {}
    for record in records:
        if _concerns(subject, record):
            known = newest.get((record.scope, record.project))
            if known is None or known.created <= record.created:
                newest[record.scope, record.project] = record
    for record in newest.values():
        if record.id not in told:
            reason = _reason(subject, record, problems)
            if reason != UNUSED or not serves_at_home(record):
                told[record.id] = _status(record, reason)
    return tuple(sorted(told.values(), key=lambda one: (one.scope, one.project, not one.serves)))


def _concerns(subject: Subject, record: AdapterRecord) -> bool:
    if record.role != subject.role:
        return False
    if subject.base_key != record.base_key and subject.base_name != record.base_name:
        return False
    return record.scope == "generic" or any(
        encloses(record.project, project) for project in (*subject.projects, *subject.untrusted)
    )


def encloses(folder: str, project: str) -> bool:
    """Say whether a project is a folder, or lies in it."""
    return bool(folder) and PurePath(project).is_relative_to(folder)


def _status(record: AdapterRecord, reason: str) -> AdapterStatus:
    name = record.name or record.id
    return AdapterStatus(record.id, name, record.scope, record.project, not reason, reason)


def _reason(subject: Subject, record: AdapterRecord, problems: Mapping[str, str]) -> str:
    """Return why an adapter that does not serve does not."""
    if record.scope == "project" and not any(
        encloses(record.project, project) for project in subject.projects
    ):
        return UNTRUSTED
    if record.base_key != subject.base_key:
        return f"It was trained for another file of {record.base_name}; learn again for this one."
    if record.id in problems:
        return problems[record.id]
    if record.standing == "new":
        return "It was not judged yet."
    if record.standing == "aside":
        return record.reason or "It was judged, and is not better than what served before it."
    return UNUSED
