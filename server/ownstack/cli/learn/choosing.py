"""What `ownstack learn` is about: the folder that was meant, and the model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownstack.models.registry import ModelInfo
    from ownstack.models.roles import Role

_GET = "Choose a model on this machine with --base, or get one: ownstack models pull "
_SMALL = "qwen2.5-coder-0.5b"


def project(folder: Path | None, *, force: bool = False) -> Path:
    """Return the folder of a project, as the index names it.

    Raises:
        FileError: there is no such folder.
        LearningError: it is hardly one project, and this was not asked for by `force`.
    """
    from ownstack.cli.project import root_and_part
    from ownstack.errors import FileError, LearningError
    from ownstack.files.scan import too_broad

    root = root_and_part(None)[0] if folder is None else folder.expanduser().resolve()
    if not root.is_dir():
        what = f"{root} is no folder." if root.exists() else f"There is no folder {root}."
        raise FileError(what, "Name the folder of a project.")
    if not force and (reason := too_broad(root)):
        raise LearningError(reason, "Name a project's folder, or say --force if you mean it.")
    return root


def base(name: str, role: Role) -> ModelInfo:
    """Return the model that is named, or was chosen for a role.

    Raises:
        LearningError: none can be trained for it; why, and what to do.
        ModelError: there is no such model, or its file is of no use.
    """
    from ownstack.cli.models.entries import host
    from ownstack.errors import LearningError
    from ownstack.models.remote.model import RemoteModel
    from ownstack.models.roles import unfit

    here = host()
    found = here.registry.resolve(name) if name else here.pick(role, "")
    if found is None:
        raise LearningError(f"No model is chosen for {role}.", f"{_GET}{_SMALL}")
    if isinstance(found, RemoteModel):
        raise LearningError(
            f"{found.name} runs on a server, and adapters are for models on this machine.",
            f"{_GET}{_SMALL}",
        )
    if problem := unfit(found, role):
        raise LearningError(f"{found.name} {problem}", f"{_GET}{_SMALL}")
    return found
