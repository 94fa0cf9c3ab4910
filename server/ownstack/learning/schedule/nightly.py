"""A night's training: begun by the daemon, once a day and project at most, if the user opted in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.learning import needs
from ownstack.learning.schedule import conditions
from ownstack.learning.schedule.conditions import Situation
from ownstack.learning.turn import who_trains
from ownstack.paths import Home, private_folder

COMMAND = (sys.executable, "-c", "from ownstack.cli import main; raise SystemExit(main())")
MAX_BYTES = 1_048_576
MAX_PROJECTS = 1_000
LOG = "nightly.log"

Start = Callable[[Sequence[str], Path], None]
"""(command, where its words go): starts a process that outlives this one."""


@dataclass(frozen=True, slots=True)
class NightlyOptions:
    """What the user's settings say (`settings.LearningSettings`)."""

    only_on_mains: bool = True
    minutes: int = 60


class Nightly:
    """Asked every minute or so by whoever serves windows; reads files, so in a thread."""

    def __init__(
        self,
        home: Home,
        *,
        now: Callable[[], datetime] = datetime.now,
        on_mains: Callable[[], bool] = conditions.on_mains,
        missing: Callable[[], Sequence[str]] = needs.missing,
        start: Start | None = None,
    ) -> None:
        self._home = home
        self._now = now
        self._on_mains = on_mains
        self._missing = missing
        self._start = start or start_process

    def look(self, folders: Sequence[Path], options: NightlyOptions, idle_s: float) -> str:
        """Begin to learn from the folder whose turn it is; return why not, "" if it began.

        `folders`: those of workspaces that the user trusts. What a run itself finds against it
        (memory, too little to learn from) is in its log and counts as this night's try.
        """
        learned = self._learned()
        # The one that waits for longest; a folder that is away is none.
        waiting = sorted(
            (folder for folder in folders if folder.is_dir()),
            key=lambda folder: learned.get(str(folder), date.min),
        )
        if not waiting:
            return "No folder is open."
        folder, now = waiting[0], self._now()
        trains = who_trains(self._home)
        why = conditions.why_not(
            Situation(
                now,
                idle_s,
                on_mains=self._on_mains(),
                only_on_mains=options.only_on_mains,
                trains=trains.in_words if trains is not None else "",
                learned=learned.get(str(folder)),
            )
        )
        if why:
            return why
        if absent := self._missing():
            return f"Not installed: {', '.join(absent)}. Install it with: {needs.INSTALL}"
        command = [*COMMAND, "learn", str(folder), "--nightly", "--minutes", str(options.minutes)]
        try:
            # First: what ends the machine, or this process, is not tried again and again.
            self._note({**learned, str(folder): now.date()})
            self._start(
                [*command, *(["--only-on-mains"] if options.only_on_mains else [])],
                self._home.learning_folder / LOG,
            )
        except OSError as error:
            return f"Learning cannot be started: {in_words(error)}."
        return ""

    @property
    def _file(self) -> Path:
        return self._home.learning_folder / "nightly.json"

    def _learned(self) -> dict[str, date]:
        """Return folder → the day on which it was last learned from by night."""
        try:
            raw = json.loads(read_regular(self._file, MAX_BYTES)[0])
            days = {str(folder): date.fromisoformat(day) for folder, day in raw.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}
        # A clock that was set wrong once must not end it for ever.
        today = self._now().date()
        return {folder: day for folder, day in days.items() if day <= today}

    def _note(self, learned: Mapping[str, date]) -> None:
        newest = sorted(learned.items(), key=lambda item: item[1])[-MAX_PROJECTS:]
        data = json.dumps({folder: day.isoformat() for folder, day in newest}, indent=1)
        private_folder(self._home.learning_folder)
        write_whole(self._file, data.encode(), is_private=True)


def start_process(command: Sequence[str], words: Path) -> None:
    """Start a command in a session of its own; what it says goes to a file, that of the last time.

    Raises:
        OSError: it cannot be started.
    """
    folder = private_folder(words.parent)
    with open(words, "wb") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=os.name != "nt",
            creationflags=_DETACHED,
        )
    threading.Thread(target=child.wait, name="learn-wait", daemon=True).start()


_DETACHED: int = (
    getattr(subprocess, "DETACHED_PROCESS", 0)
    | getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    | getattr(subprocess, "CREATE_NO_WINDOW", 0)
    if os.name == "nt"
    else 0
)
