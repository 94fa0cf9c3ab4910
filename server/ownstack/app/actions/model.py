"""Who edits in one window: the model that is chosen for that, else the one for the chat."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.actions.result import Tier
from ownstack.app.engines.router import Tier as ModelTier
from ownstack.concurrency import within
from ownstack.engine.about_project import AboutProject
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError

if TYPE_CHECKING:
    from ownstack.app.role_models import RoleModel
    from ownstack.app.session import Session

KNOWN_S = 1.0
"""How long an offer waits to find out which models there are; only a window's first one does."""
UNTRUSTED = "The workspace is not trusted, so no model works on its files. Trust it first."


class ActionModel:
    """It is loaded when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def offered(self) -> tuple[str, str]:
        """Return the model that would be asked, and ""; or "" and why there is none."""
        if not self._session.trusted:
            return "", UNTRUSTED
        await within(KNOWN_S, self._session.models.known())
        player = self._player()
        status = player.status()
        if status.state in ("none", "error"):
            return "", status.reason or status.explanation
        return status.model, ""

    async def engine(self, folder: Path | None) -> Engine:
        """Return the engine, once the model is loaded, as it is asked about a folder.

        Raises:
            OwnstackError: there is none, or it may not be asked.
        """
        if not self._session.trusted:
            raise OwnstackError(UNTRUSTED)
        await self._session.models.known()
        role = self._player().role
        engine = await self._session.models.engine(role, self._session.settings.engine)
        return AboutProject(engine, self._session.projects.named(folder), "edit")

    @property
    def tier(self) -> Tier:
        """How large it is."""
        decision = self._player().decision
        return 2 if decision is None or decision.tier <= ModelTier.SMALL else 3

    def _player(self) -> RoleModel:
        chosen = self._session.models["edit"]
        return self._session.models["chat"] if chosen.status().state == "none" else chosen
