"""Which models a user could have: what is recommended for the machine, and getting it here.

What the command line and the editor's picker ask. Blocking functions read files or the network and
are for threads; `pull_in_background` is for the event loop.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.app import offers
from ownstack.app.engines.engine_check import examine
from ownstack.app.engines.model_memory import graphics_cards
from ownstack.app.host import Host
from ownstack.app.offers import Downloading, Offer, ServedModel, ServerEntry
from ownstack.concurrency import threads
from ownstack.errors import DownloadError, ModelError, NotAllowedError, OfflineError, in_words
from ownstack.models import fit
from ownstack.models.catalogue import catalogue, named, use_of
from ownstack.models.fetching import belongings
from ownstack.models.fetching.offline import offline_reason
from ownstack.models.fit import Fitting, Plan
from ownstack.models.found import FoundModel
from ownstack.models.hardware import machine
from ownstack.models.hardware.machine import Machine
from ownstack.models.registry import ModelInfo
from ownstack.models.remote.model import RemoteModel
from ownstack.models.roles import ROLES, Role
from ownstack.models.speeds import MeasuredSpeed, SpeedRecord

if TYPE_CHECKING:
    # Imported where they are used: with them comes what speaks HTTP, and no window waits for it.
    from ownstack.models.fetching import downloads
    from ownstack.models.fetching.downloads import Download, OnProgress

log = logging.getLogger(__name__)

_threads = threads("download", 3)
"""Downloads in the background, of all windows; the next one waits."""


class ModelOffers:
    """What there is to have. Made for each question; keeps nothing."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.speeds = SpeedRecord(host.home.speeds_file)

    def machine(self) -> Machine:
        """Describe this machine with the graphics cards that the engine can use. Blocks.

        The fastest that memory was ever seen to be counts: other programs only slow it down.
        """
        found = machine.this_machine(graphics_cards())
        if not found.measured:
            return found
        best = self._best_bandwidth(found.bandwidth_bytes_s)
        return dataclasses.replace(found, bandwidth_bytes_s=best)

    def recommend(
        self,
        roles: Sequence[Role] = ROLES,
        on: Machine | None = None,
        *,
        any_license: bool = False,
    ) -> Plan:
        """Choose models that fit a machine together: this one, unless another is given. Blocks."""
        measured = self.measured() if on is None else {}
        return fit.recommend(
            on or self.machine(),
            catalogue(),
            roles=roles,
            measured=measured,
            any_license=any_license,
        )

    def offers(self, role: Role, *, offline: bool = False) -> tuple[Plan, list[Offer]]:
        """Return what is recommended for all roles together, and what one could have. Blocks."""
        # The first role says why it is this model, and not that it shares another's.
        roles = (role, *(other for other in ROLES if other != role))
        plan, installed = self.recommend(roles), self.installed()
        fitting = Fitting(plan.machine, plan.place, catalogue(), self.measured(), any_license=False)
        choice = next(choice for choice in plan.choices if choice.role == role)
        names = {name: info.name for name, info in installed.items()}
        return plan, offers.offers(fitting, choice, names, self._downloading(offline))

    def _downloading(self, offline: bool) -> Downloading:
        from ownstack.models.fetching import downloads

        refusal, folder = "", self._host.home.models_folder
        try:
            downloads.check_online(offline)
        except OfflineError as error:
            refusal = str(error)
        begun = {model.name: downloads.begun_bytes(model, folder) for model in catalogue()}
        return Downloading(refusal, downloads.room_bytes(folder), begun)

    def check(self, name: str, role: Role) -> None:
        """Refuse to download a model of the catalogue for what it is not for.

        Raises:
            ModelNotFoundError: the catalogue has none of that name.
            DownloadError: it is for something else.
        """
        model = named(name)
        if use_of(role) not in model.uses:
            raise DownloadError(
                f"{model.title} is for {' and '.join(model.uses)}, not for {role}.",
                "Choose another model for that.",
            )

    def servers(self) -> tuple[list[ServerEntry], list[ServedModel]]:
        """Return the servers that the user named, and what is used of them. Asks nobody; blocks."""
        entries, _ = self._host.servers.read()
        servers = [ServerEntry(entry.name, entry.host, entry.local) for entry in entries.values()]
        chosen = self._host.served_models()
        return servers, [offers.served(model, roles) for model, roles in chosen]

    def served_by(self, engine: str, *, offline: bool = False) -> list[ServedModel]:
        """Ask a server that the user named for its models. Blocks.

        Raises:
            NotAllowedError: it is on another machine, and nothing may leave this one.
            OwnstackError: there is none of that name, or it does not answer.
        """
        entry = self._host.servers.get(engine)
        reason = offline_reason(offline)
        if reason and not entry.local:
            raise NotAllowedError(f"{entry.name} is on another machine, and {reason}.")
        report = asyncio.run(examine(entry))
        return [offers.served(RemoteModel(entry, model.id)) for model in report.models]

    def installed(self) -> dict[str, ModelInfo]:
        """Return which models of the catalogue are known here: name in it → model. Blocks."""
        known = {info.path.name.lower(): info for info in self._host.registry.list()}
        found = {
            model.name: known.get(model.file.rpartition("/")[2].lower()) for model in catalogue()
        }
        return {name: info for name, info in found.items() if info is not None and info.parameters}

    def measured(self) -> Mapping[str, MeasuredSpeed]:
        """Return how fast models of the catalogue were here: name in it → speed. Blocks."""
        found = {name: self.speeds.get(info.path) for name, info in self.installed().items()}
        return {name: speed for name, speed in found.items() if speed is not None}

    def prepare(
        self, source: str, *, folder: Path | None = None, offline: bool = False, sha256: str = ""
    ) -> Download:
        """Find out what is to be fetched; see `downloads.prepare`. Asks the hub; blocks."""
        from ownstack.models.fetching import downloads

        folder = folder or self._host.home.models_folder
        return downloads.prepare(source, folder, offline=offline, sha256=sha256)

    def pull(
        self,
        download: Download,
        on_progress: OnProgress = lambda progress: None,
        stop: threading.Event | None = None,
        name: str | None = None,
    ) -> ModelInfo:
        """Fetch a model, check it, and make it known; see `downloads.fetch`. Blocks.

        It gets the name that is given, else that of the catalogue, else its file's.

        Raises:
            DownloadError, ModelError: why not.
            transfer.Cancelled: by `stop`.
        """
        from ownstack.models.fetching import downloads

        paths = downloads.fetch(download, on_progress, stop)
        taken = {info.name: info.path for info in self._host.registry.list()}
        free = taken.get(download.name, paths[0]) == paths[0]
        chosen = name or (download.name if free else None) or None
        return self._host.registry.add(paths[0], chosen, source=download.source)

    async def pull_in_background(
        self,
        source: str,
        on_progress: OnProgress = lambda progress: None,
        *,
        offline: bool = False,
        name: str | None = None,
    ) -> ModelInfo:
        """Do the same from the event loop, where `on_progress` is called, too.

        Cancelling ends the download soon; what came is kept for the next time.
        """
        loop, stop = asyncio.get_running_loop(), threading.Event()
        last: tuple[int, str] = (-1, "")

        def tell(progress: downloads.Progress) -> None:
            nonlocal last
            permille = 1000 * progress.done_bytes // max(1, progress.total_bytes)
            if (permille, progress.phase) != last and not stop.is_set():
                last = (permille, progress.phase)
                loop.call_soon_threadsafe(on_progress, progress)

        def work() -> ModelInfo:
            return self.pull(self.prepare(source, offline=offline), tell, stop, name)

        try:
            info = await asyncio.wrap_future(_threads.submit(work))
        finally:
            stop.set()
        self._host.models_changed()
        return info

    def importable(self) -> list[tuple[FoundModel, ModelInfo]]:
        """Return what other programs have on this disk and is not known here. Blocks."""
        return self._host.found_models()

    def take(self, found: FoundModel) -> ModelInfo:
        """Make another program's model known where it is, by the name it has there. Blocks."""
        try:
            return self._host.registry.add(found.path, found.name or None)
        except ModelError:
            if not found.name:
                raise
            return self._host.registry.add(found.path)  # Its name is taken by another file.

    def would_delete(self, name: str) -> list[Path]:
        """Return the files that are deleted with a model: those that were downloaded. Blocks."""
        known, path = self._host.registry.known_as(name)
        return belongings.model_files(path) if self._host.registry.source(known) else []

    def remove(self, name: str) -> tuple[str, list[Path]]:
        """Forget a model, and delete its files if they were downloaded. Blocks.

        Returns its name, and which files are gone.

        Raises:
            ModelError: there is none of that name, or it cannot be removed.
        """
        known, path = self._host.registry.known_as(name)
        ours = bool(self._host.registry.source(known))
        self._host.registry.remove(known)
        try:
            return known, belongings.delete(path) if ours else []
        except OSError as error:
            raise ModelError(
                f"{known} is forgotten, but {path} cannot be deleted: {in_words(error)}.",
                "Delete it by hand.",
            ) from error

    def _best_bandwidth(self, measured: float) -> float:
        file = self._host.home.cache / "memory-bandwidth.json"
        try:
            best = max(measured, float(json.loads(file.read_bytes()[:100])))
        except (OSError, ValueError, TypeError):
            best = measured
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(best), "utf-8")
        except OSError as error:
            log.info("The speed of memory cannot be kept: %s", error)
        return best
