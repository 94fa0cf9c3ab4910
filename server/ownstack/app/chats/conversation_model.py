"""The model that answers in one conversation: held for it, whichever window comes and goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext

from ownstack.app.chats.values import ChatModel, ModelState
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.model_choice import AnyModel
from ownstack.engine.about_project import AboutProject
from ownstack.engine.protocol import Engine
from ownstack.errors import OwnstackError
from ownstack.models.remote.model import RemoteModel

COMMAND = "ownstack models recommend"


class ConversationModel:
    """None at first: then the index answers."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when the model may have been loaded or unloaded."""
        self._changed = changed
        self._info: AnyModel | None = None
        self._lease: Lease | None = None
        self._problem: OwnstackError | None = None
        self._refused: OwnstackError | None = None
        self._project = ""
        self._about: AboutProject | None = None

    @property
    def engine(self) -> Engine | None:
        """What answers, None if that is the index."""
        engine = None if self._lease is None or self._refused is not None else self._lease.engine
        if engine is None or not self._project:
            return engine
        if (
            self._about is None
            or self._about.engine is not engine
            or self._about.project != self._project
        ):
            self._about = AboutProject(engine, self._project)
        return self._about

    @property
    def prefill_speed(self) -> float:
        """Tokens a second, 0 if not known."""
        engine = self.engine
        return 0.0 if engine is None else engine.speed().prefill

    async def hold(
        self, info: AnyModel, lease: Callable[[Callable[[], None]], Lease], project: str = ""
    ) -> None:
        """Answer with this model from now on, once it is loaded.

        `project`: the folder that the conversation is about, as what was learned from it is called.

        Raises:
            OwnstackError: it cannot be loaded.
        """
        held = self._lease
        if held is None or held.reference != info.reference or held.error is not None:
            self.release()
            self._lease = held = lease(self._changed)
        self._info, self._project = info, project
        await held.ready()
        while held.unloaded:  # Another model needed the room before this one was asked.
            await held.ready()
        self._problem = held.error
        if held.error is not None:
            raise held.error

    def refuse(self, error: OwnstackError) -> None:
        """Do without the model, since it cannot hold a conversation."""
        self._refused = error

    def without(self, problem: OwnstackError) -> None:
        """Do without a model, and say why."""
        self.release()
        self._info, self._problem = None, problem

    def release(self) -> None:
        """Let go of it."""
        lease, self._lease = self._lease, None
        self._refused = self._about = None
        if lease is not None:
            lease.release()

    def status(self) -> ChatModel:
        """Return what a person is told."""
        info, lease = self._info, self._lease
        error = self._refused or self._problem
        if error is not None or info is None or lease is None:
            state: ModelState = "none" if info is None else "error"
            reason = "" if error is None else str(error)
            name = "" if info is None else info.name
            return ChatModel(name, "index", state, reason, command=COMMAND)
        return ChatModel(
            info.name,
            "model",
            "ready" if lease.engine is not None else "chosen" if lease.unloaded else "loading",
            lease.unloaded,
            info.reference.engine,
            isinstance(info, RemoteModel) and info.leaves_machine,
        )

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Keep the model in memory meanwhile."""
        engine = self.engine
        with nullcontext() if engine is None else engine.activity.call():
            yield
