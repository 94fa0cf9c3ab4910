"""The adapters of this machine as a person looks through them, and what they can do with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ownstack.learning.adapters.record import AdapterRecord, Scope, Standing
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.roles import Role


@dataclass(frozen=True, slots=True)
class LearnedAdapter:
    """One adapter, whatever window it is for."""

    id: str
    name: str
    scope: Scope
    project: str
    """The folder that it was learned from; "" of a generic one."""
    role: Role
    model: str
    """Name of the model that it was trained for."""
    created: str
    """ISO 8601, UTC."""
    standing: Standing
    reason: str
    """Why it is aside, or serves, in a sentence; "" if that was not said."""
    serves: bool
    shipped: bool
    """Whether it comes with the package."""
    problem: str
    """Why it cannot serve, in a sentence; "" if it can."""
    trained: Mapping[str, float] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language → lines learned from."""


def learned_adapters(store: AdapterStore) -> list[LearnedAdapter]:
    """Return all adapters that can be read, the newest first. Reads files (blocking)."""
    problems = store.problems()
    return [
        LearnedAdapter(
            record.id,
            record.name or record.id,
            record.scope,
            record.project,
            record.role,
            record.base_name,
            record.created,
            record.standing,
            record.reason,
            serves=_serves(store, record),
            shipped=store.is_shipped(record.id),
            problem=problems.get(record.id, ""),
            trained=dict(record.trained),
            languages=dict(record.languages),
        )
        for record in reversed(store.all())
    ]


def damaged(store: AdapterStore) -> list[str]:
    """Return what is wrong with what cannot even be read, a sentence each."""
    known = {record.id for record in store.all()}
    return [why for name, why in store.problems().items() if name not in known]


def go_back_from(store: AdapterStore, adapter: str) -> AdapterRecord | None:
    """Let the predecessor of an adapter serve again in its place, and return it; None: none does.

    Raises:
        LearningError: there is no such adapter, or it does not serve.
    """
    record = store.find(adapter)
    return store.rollback(record.scope, record.project, record.role, record.base_key)


def report(store: AdapterStore, adapter: str) -> str:
    """Return the page about an adapter, as HTML.

    Raises:
        LearningError: there is no such adapter.
    """
    # The templates' library takes a while to import, and few open reports.
    from ownstack.learning.report.page import page
    from ownstack.learning.report.report import gather

    record = store.find(adapter)
    return page(gather(record, store.folder(record.id)))


def _serves(store: AdapterStore, record: AdapterRecord) -> bool:
    return record in store.serving(record.base_key, record.role, record.project)
