"""One run, from a project's files to an adapter that serves, or is kept aside with the reason.

    collecting   dataset.jsonl        what is learned from, and what is judged by
    training     trained.json         a process of its own, at the lowest priority
    keeping      the adapter's folder in the store; it does not serve yet
    judging      its record           it serves if it is better, from then on

What is done is not done again: a run that was stopped, killed or refused by the disk goes
on where it was. What a person sees of it is told by values (`Told`).
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ownstack.errors import LearningError, in_words
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.data import jsonl
from ownstack.learning.data.collect import without_deleted
from ownstack.learning.data.passages import Dataset
from ownstack.learning.endings import GO_ON, failure
from ownstack.learning.run_folder import RunFolder, Wish
from ownstack.learning.run_parts import PARTS, USUAL, Judging, Learned, Options, Parts, Told
from ownstack.learning.schedule import conditions, estimates
from ownstack.learning.schedule.pausing import Guard
from ownstack.learning.training.plan import TrainingPlan
from ownstack.learning.turn import Turn
from ownstack.learning.worker import Worker
from ownstack.models.registry import inspect
from ownstack.paths import Home, short_hash

LEAST_LINES = 200
"""Of less a model learns nothing but to repeat it."""
LEAST_EXCHANGES = 20
POLL_S = 0.25
LOOK_S = 30.0
"""How often it is asked whether there is power."""
GIVES_WAY_S = 1_200.0
"""So long is memory kept for a training by night while somebody works."""


def learn(
    home: Home,
    wish: Wish,
    options: Options = USUAL,
    *,
    tell: Callable[[Told], None] = lambda told: None,
    say: Callable[[str], None] = lambda line: None,
    parts: Parts = PARTS,
) -> Learned:
    """Learn from a project. Blocks for as long as that takes; call it from the main thread.

    KeyboardInterrupt ends it in good order: what was learned is kept.

    Raises:
        LearningError: it cannot be begun, or not ended; what to do.
        OwnstackError: what another part of this program says.
    """
    parts.check_needs()
    with Turn.take(home, wish.project, by_hand=not options.by_night) as turn:
        folder: RunFolder | None = None
        try:
            folder, said = RunFolder.open(home, wish, options.mode)
            if said:
                say(said)
            return _Run(home, folder, options, turn, _Heard(tell, say), parts).go()
        except OSError as error:
            raise _refused(error, home, begun=folder is not None) from error


@dataclass(frozen=True, slots=True)
class _Heard:
    """Who hears of a run."""

    tell: Callable[[Told], None]
    say: Callable[[str], None]


class _Run:
    def __init__(
        self,
        home: Home,
        folder: RunFolder,
        options: Options,
        turn: Turn,
        heard: _Heard,
        parts: Parts,
    ) -> None:
        self._home, self._folder, self._options = home, folder, options
        self._wish = folder.wish
        self._turn, self._tell, self._say, self._parts = turn, heard.tell, heard.say, parts
        self._store = AdapterStore(home)
        self._guard = Guard(home, clock=parts.clock)
        self._looked_s = -LOOK_S
        self._no_power = ""
        self._paused_s: float | None = None

    def go(self) -> Learned:
        self._parts.go_last()
        dataset = self._collected()
        stopped = ""
        try:
            stopped = self._train(dataset)
        except KeyboardInterrupt:
            stopped = "It was stopped."
        if stopped:
            return Learned(None, stopped)
        record = self._kept(dataset)
        try:
            if record.standing == "new":
                record = self._judged(record, dataset)
            elif record.standing == "fit":  # It may have ended before it was told to serve.
                self._store.use(record.id)
        except KeyboardInterrupt:
            return Learned(record, "It was stopped before it was judged.")
        self._folder.remove()
        return Learned(record)

    def _collected(self) -> Dataset:
        self._turn.note(phase="collecting")
        self._tell(Told("collecting"))
        file = self._folder.dataset_file
        begun: Dataset | None = None
        try:
            begun = jsonl.read(file)
            dataset = without_deleted(begun, self._home)
        except (OSError, ValueError):
            dataset = self._parts.collect(Path(self._wish.project), self._home)
        if dataset != begun:  # With other data the training begins anew.
            check_enough(dataset, self._wish)
            jsonl.write(dataset, file)
        return dataset

    def _train(self, dataset: Dataset) -> str:
        """Return why it was stopped before its end, "" if it was not."""
        if self._folder.trained() is not None:
            return ""
        plan = self._plan()
        self._check_room(plan, dataset)
        plan.write(self._folder.path)
        worker = Worker.start(self._folder.path, self._parts.trainer)
        self._turn.note(phase="training", trainer=worker.pid, trainer_started=worker.started)
        try:
            while (status := worker.ended()) is None:
                waits = self._look_after(worker)
                told = self._folder.latest()
                done_s = _number(told.get("trained_s"))
                self._tell(Told("training", done_s, 60 * self._wish.minutes, waits, told))
                if self._must_give_way(waits):
                    return self._stopped(worker, f"It gave way: {waits}.")
                self._parts.sleep(POLL_S)
        except KeyboardInterrupt:
            return self._stopped(worker, "It was stopped.")
        except BaseException:
            worker.stop()
            raise
        finally:
            self._turn.note(phase="", trainer=0, trainer_started=0.0)
        if status != 0:
            free = self._parts.free_disk(self._folder.path)
            raise failure(status, worker.said(), free_disk=free)
        if self._folder.trained() is not None:
            return ""
        if self._folder.latest().get("state") == "stopped":
            return "The trainer was told to stop."
        raise LearningError("The trainer ended without an adapter.", GO_ON)

    def _stopped(self, worker: Worker, why: str) -> str:
        """End the trainer; it may just have come to its end."""
        worker.stop()
        return "" if self._folder.trained() is not None else why

    def _look_after(self, worker: Worker) -> str:
        """Suspend the trainer or let it go on; return what it waits for."""
        now_s = self._parts.clock()
        if self._options.only_on_mains and now_s - self._looked_s >= LOOK_S:
            self._looked_s = now_s
            self._no_power = conditions.no_power(
                on_mains=self._parts.on_mains(), only_on_mains=True
            )
        if self._guard.look(worker, holds_back=bool(self._no_power)):
            return "the machine runs on its battery" if self._no_power else "somebody types"
        return ""

    def _must_give_way(self, waits: str) -> bool:
        now_s = self._parts.clock()
        if not waits:
            self._paused_s = None
        elif self._paused_s is None:
            self._paused_s = now_s
        is_long = self._paused_s is not None and now_s - self._paused_s > GIVES_WAY_S
        return self._options.by_night and is_long

    def _plan(self) -> TrainingPlan:
        wish = self._wish
        below = str(self._store.file(wish.on_top_of)) if wish.on_top_of else ""
        return TrainingPlan(
            base=wish.base,
            base_key=wish.base_key,
            role=wish.role,
            rank=wish.rank,
            alpha=2.0 * wish.rank,
            minutes=wish.minutes,
            on_top_of=below,
            on_top_scale=self._store.scale(wish.on_top_of) if below else 1.0,
            **self._parts.plan,
        )

    def _check_room(self, plan: TrainingPlan, dataset: Dataset) -> None:
        info = inspect(Path(plan.base))
        shape = estimates.shape_of(info)
        needed = estimates.memory_bytes(shape, plan.rank, plan.row_tokens)
        estimates.check_memory(needed, self._parts.free_memory())
        needed = estimates.disk_bytes(shape, plan.rank)
        estimates.check_disk(needed, self._parts.free_disk(self._folder.path), self._folder.path)
        pace = estimates.pace(shape.parameters, plan.base_key, self._store.all())
        self._say(estimates.in_words(dataset, plan.minutes, pace))

    def _kept(self, dataset: Dataset) -> AdapterRecord:
        self._turn.note(phase="keeping")
        self._tell(Told("keeping"))
        wish, trained = self._wish, self._folder.trained()
        if trained is None:
            raise LearningError("The adapter that was made is gone.", GO_ON)
        sha256 = str(trained["sha256"])
        record = AdapterRecord(
            # The same each time that this is gone on with.
            id=short_hash(f"{wish.project}\0{wish.role}\0{sha256}"),
            scope="project",
            role=wish.role,
            base_key=wish.base_key,
            base_name=wish.base_name,
            architecture=wish.architecture,
            rank=wish.rank,
            alpha=2.0 * wish.rank,
            sha256=sha256,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            project=wish.project,
            name=Path(wish.project).name,
            on_top_of=wish.on_top_of,
            trained={name: n for name, n in trained.items() if type(n) in (int, float)},
            languages=_languages(dataset),
        )
        kept = self._store.add(record, self._folder.adapter_file)
        self._folder.leave_what_lasts(self._store.folder(kept.id))
        return kept

    def _judged(self, record: AdapterRecord, dataset: Dataset) -> AdapterRecord:
        from ownstack.learning.gate.judging import settle

        self._turn.note(phase="judging")
        self._tell(Told("judging"))
        verdict = None
        while verdict is None:
            while self._guard.is_wanted():
                self._tell(Told("judging", waits="somebody types"))
                self._parts.sleep(POLL_S)
            # What is asked meanwhile is kept in the log: it goes on there after a pause.
            verdict = self._parts.judge(
                Judging(
                    self._home,
                    self._store,
                    record,
                    Path(self._wish.base),
                    dataset.held_out,
                    self._folder.outcomes_file,
                    self._guard.is_wanted,
                    lambda done, total: self._tell(Told("judging", done, total)),
                )
            )
        return settle(self._store, record, verdict)


def check_enough(dataset: Dataset, wish: Wish) -> None:
    """See to it that there is something to learn.

    Raises:
        LearningError: there is too little; in numbers.
    """
    hint = f"What was left out, and why, says: ownstack learn data {wish.project}"
    if wish.role == "completion":
        lines = sum(sum(weight > 0 for weight in each.weights) for each in dataset.passages)
        if lines < LEAST_LINES:
            raise LearningError(
                f"{wish.project} holds {lines} lines that can be learned from; "
                f"it takes {LEAST_LINES}.",
                hint,
            )
    elif len(dataset.exchanges) < LEAST_EXCHANGES:
        raise LearningError(
            f"{len(dataset.exchanges)} edits and answers were accepted in {wish.project}; "
            f"it takes {LEAST_EXCHANGES} to learn {wish.role} from.",
            hint,
        )


def _languages(dataset: Dataset) -> dict[str, int]:
    lines: dict[str, int] = {}
    for passage in dataset.passages:
        lines[passage.language] = lines.get(passage.language, 0) + len(passage.weights)
    return lines


def _refused(error: OSError, home: Home, *, begun: bool) -> LearningError:
    kept = f" {GO_ON}" if begun else ""
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return LearningError(
            f"The disk that holds {home.learning_folder} is full.", f"Make room.{kept}"
        )
    where = f" ({error.filename})" if error.filename else ""
    return LearningError(
        f"A file cannot be read or written: {in_words(error)}{where}.",
        f"Look after {home.learning_folder}, or set OWNSTACK_HOME to another folder.{kept}",
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and value == value else 0.0
