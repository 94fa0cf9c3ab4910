"""Which models could play a role, files and servers alike, and which of them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ownstack.app.engines.router import SMALL_PARAMETERS, Candidate, Decision, Task, Tier, decide
from ownstack.errors import (
    CannotInfillError,
    ModelError,
    ModelTooLargeError,
    NotAllowedError,
    OwnstackError,
)
from ownstack.models.fetching.offline import offline_reason
from ownstack.models.gguf.inspection import memory_needed
from ownstack.models.registry import BUILTIN, NONE, ModelInfo, ModelRegistry
from ownstack.models.remote.engines_file import EnginesFile
from ownstack.models.remote.model import RemoteModel, split_name
from ownstack.models.remote.secrets import looks_like_key
from ownstack.models.roles import Role, unfit

AnyModel = ModelInfo | RemoteModel
Found = tuple[Candidate, AnyModel | None, OwnstackError | None]
"""What a name stands for, or why it stands for nothing."""


@dataclass(frozen=True, slots=True)
class Route:
    """What a role comes to."""

    decision: Decision
    model: AnyModel | None
    """What was chosen."""
    problem: OwnstackError | None = None
    """Why the model that the user chose is not used, if one was and is not."""


class ModelChoice:
    """Reads the list of models and that of servers, anew at each call. Not for the event loop."""

    def __init__(self, registry: ModelRegistry, engines: EnginesFile) -> None:
        self._registry = registry
        self._engines = engines

    def route(
        self,
        task: Task,
        setting: str = "",
        *,
        offline: bool = False,
        failed: Mapping[str, OwnstackError] | None = None,
    ) -> Route:
        """Return which model does a task. `setting` is what an editor's settings name.

        `failed`: models that were tried, and why they did not do it. Where memory was short, known
        models that need less stand in, too, and at last the built-in one.
        """
        role, failed = task.role, failed or {}
        found: list[Found] = []
        chosen = task.override or setting
        if chosen.strip().lower() != NONE:
            found.append(self._candidate(role, chosen))
        if not task.override:
            names = self._registry.fallbacks(role)
            found += [self._candidate(role, name, fallback=True) for name in names]
            found += self._smaller(role, [entry for entry in found if entry[1]], failed)
        known = [entry for entry in found if entry[0].name]
        candidates = [
            replace(candidate, problem=candidate.problem or str(failed.get(candidate.name, "")))
            for candidate, _, _ in known
        ]
        asked = replace(task, override=candidates[0].name) if task.override else task
        decision = decide(asked, candidates, offline_reason(offline))
        model = next((info for has, info, _ in known if _is(has, decision.chosen)), None)
        first = next((entry for entry in known if not entry[0].fallback), None)
        if first is None or (decision.chosen is not None and not decision.chosen.fallback):
            return Route(decision, model)
        short = failed.get(first[0].name)
        problem = first[2] or (short if isinstance(short, ModelTooLargeError) else None)
        return Route(decision, model, problem or _refused(decision.steps[0].model, decision))

    def use(self, name: str, role: Role) -> RemoteModel | None:
        """Choose a model of a server for a role; None if `name` is none of that kind.

        Raises:
            ModelError: it cannot play the role.
            NotAllowedError: it is on another machine, and may not be given that.
        """
        model = self.named(name)
        if model is None:
            return None
        if (refusal := refused_by_server(model, role)) is not None:
            raise refusal
        self._registry.choose(model.name, role)
        return model

    def use_fallbacks(self, names: Sequence[str], role: Role) -> tuple[str, ...]:
        """Set which models stand in for a role, and return their names.

        Raises:
            ModelError: one is not known, or cannot play it.
        """
        models = [self._model(role, name) for name in names]
        known = [model for model in models if model is not None]
        for model in known:
            if (unsuited := _unfit(model, role)) is not None:
                raise unsuited
        self._registry.use_fallbacks([model.name for model in known], role)
        return tuple(model.name for model in known)

    def named(self, name: str) -> RemoteModel | None:
        """Return the model of a server that is meant, None if a file is.

        Raises:
            ModelError: the server cannot be used.
        """
        parts = split_name(name)
        if parts is None or self._registry.knows(name):
            return None
        if not self._engines.names(parts[0]):
            return None
        return RemoteModel(self._engines.get(parts[0]), parts[1])

    def _candidate(self, role: Role, name: str, *, fallback: bool = False) -> Found:
        """Return what a name stands for; without a name, what was chosen for the role."""
        wanted = name or self._registry.choice(role)
        try:
            model = self._model(role, name)
        except OwnstackError as error:
            shown = "[key]" if looks_like_key(wanted) else wanted
            failed = Candidate(shown, Tier.SMALL, fallback=fallback, problem=str(error))
            return failed, None, error
        if model is None:
            return Candidate("", Tier.NONE), None, None
        candidate = _described(model, role, fallback=fallback)
        unsuited = _unfit(model, role)
        if unsuited is not None:
            return replace(candidate, problem=str(unsuited)), None, unsuited
        return candidate, model, None

    def _smaller(
        self, role: Role, named: Sequence[Found], failed: Mapping[str, OwnstackError]
    ) -> list[Found]:
        """Return what needs less memory than models that were refused it, the largest first.

        Not for embedding: vectors of another model are of no use.
        """
        refused = [
            memory_needed(model)
            for _, model, _ in named
            if isinstance(model, ModelInfo)
            and isinstance(failed.get(model.name), ModelTooLargeError)
        ]
        if not refused or role == "embedding":
            return []
        names = {model.name for _, model, _ in named if model is not None}
        smaller = [
            info
            for info in self._registry.list()
            if info.parameters
            and info.name not in names
            and not unfit(info, role)
            and (memory_needed(info) < max(refused) or info.name == BUILTIN)
        ]
        smaller.sort(key=lambda info: (info.name == BUILTIN, -memory_needed(info)))
        return [
            (replace(_described(info, role, fallback=True), rank=rank), info, None)
            for rank, info in enumerate(smaller, 1)
        ]

    def _model(self, role: Role, name: str) -> AnyModel | None:
        if looks_like_key(name):
            raise ModelError(
                f"A key stands where the model for {role} belongs.",
                "Remove it there and make a new one; store that with: ownstack engines key NAME",
            )
        wanted = name or self._registry.choice(role)
        remote = self.named(wanted) if wanted else None
        if remote is not None:
            return remote
        return self._registry.resolve(name) if name else self._registry.chosen(role)


def refused_by_server(model: RemoteModel, role: Role) -> OwnstackError | None:
    """Return why a model of a server cannot play a role, or may not, as far as the user allowed."""
    if reason := model.unfit(role):
        return ModelError(f"{model.name} {reason}", "Choose another model for that.")
    if model.leaves_machine and role not in model.entry.roles:
        return NotAllowedError(
            f"{model.name} runs on another machine ({model.entry.host}): it would be sent what "
            f"{role} is about.",
            f"Allow that with: ownstack engines allow {model.entry.name} --for {role}",
        )
    return None


def _described(model: AnyModel, role: Role, *, fallback: bool) -> Candidate:
    small = model.parameters is not None and model.parameters < SMALL_PARAMETERS
    tier = Tier.SMALL if small or model.name == BUILTIN else Tier.LARGE
    if isinstance(model, ModelInfo):
        return Candidate(model.name, tier, fallback=fallback)
    return Candidate(
        model.name,
        Tier.HOSTED if model.leaves_machine else tier,
        engine=model.entry.name,
        host=model.entry.host,
        fallback=fallback,
        allowed=role in model.entry.roles,
    )


def _unfit(model: AnyModel, role: Role) -> OwnstackError | None:
    """Return why a model cannot play a role. That the built-in one cannot is no error."""
    reason = model.unfit(role) if isinstance(model, RemoteModel) else unfit(model, role)
    if not reason or (role == "completion" and model.name == BUILTIN):
        return None
    kind = CannotInfillError if role == "completion" else ModelError
    hint = f"Choose another with: ownstack models use NAME --for {role}"
    return kind(f"The model {model.name} {reason}", hint)


def _is(candidate: Candidate, chosen: Candidate | None) -> bool:
    return chosen is not None and (candidate.name, candidate.fallback) == (
        chosen.name,
        chosen.fallback,
    )


def _refused(name: str, decision: Decision) -> NotAllowedError:
    why = decision.steps[0].why
    return NotAllowedError(f"{name} is not used: {why[0].lower()}{why[1:]}")
