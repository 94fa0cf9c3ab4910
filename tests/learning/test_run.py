"""One run: its phases, what is gone on with, and every fault by what it says to do next."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from ownstack.errors import LearningError
from ownstack.learning import needs, turn
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.endings import failure
from ownstack.learning.run_folder import place_of, read_wish
from ownstack.learning.run_parts import Learned, Options, Told
from ownstack.learning.turn import Turn
from ownstack.paths import Home
from tests.support import scripted_learning as learning

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="signals"),
]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return learning.make_base(tmp_path / "models")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def serving(home: Home, base: Path, project: Path) -> list[str]:
    store = AdapterStore(home)
    key = learning.wish(base, project).base_key
    return [record.id for record in store.serving(key, "completion", str(project))]


def stopping_at(seconds: float) -> Any:
    """Return what presses Ctrl-C once so much was trained."""

    def tell(told: Told) -> None:
        if told.phase == "training" and told.done >= seconds:
            raise KeyboardInterrupt

    return tell


def test_from_nothing_to_a_served_adapter(home: Home, base: Path, project: Path) -> None:
    """All phases, in order; then it serves, with its curve and counts beside it, and no text."""
    phases: list[str] = []
    learned = learning.run(home, base, project, tell=lambda told: phases.append(told.phase))

    assert learned.record is not None
    assert list(dict.fromkeys(phases)) == ["collecting", "training", "keeping", "judging"]
    assert (learned.record.standing, learned.record.reason) == ("fit", "It is better.")
    assert serving(home, base, project) == [learned.record.id]
    assert learned.record.languages == {"python": learning.LINES}
    folder = AdapterStore(home).folder(learned.record.id)
    assert "value_1" not in (folder / "dataset.jsonl").read_text()
    assert json.loads((folder / "progress.jsonl").read_text().splitlines()[-1])["state"] == "done"
    assert not place_of(home, str(project), "completion").exists()


def test_one_that_is_no_better_is_kept_aside(home: Home, base: Path, project: Path) -> None:
    """It does not serve, and its record says why."""
    learned = learning.run(home, base, project, judge=learning.aside)

    assert learned.record is not None
    assert learned.record.standing == "aside"
    assert serving(home, base, project) == []


def test_what_is_stopped_goes_on(home: Home, base: Path, project: Path) -> None:
    """Ctrl-C keeps what was learned; the next call goes on there, and does not collect again."""
    stopped = learning.run(home, base, project, tell=stopping_at(20))
    assert stopped == Learned(None, "It was stopped.")

    def fails(*_: object) -> Any:
        raise AssertionError

    seen: list[float] = []
    learned = learning.run(
        home,
        base,
        project,
        collect=fails,
        tell=lambda told: seen.append(told.done) if told.phase == "training" else None,
    )
    assert min(seen) >= 20
    assert learned.record is not None


def test_a_judgement_that_was_stopped_goes_on(home: Home, base: Path, project: Path) -> None:
    """The adapter is kept, serves nobody, and is not trained again."""

    def stops(_: object) -> Any:
        raise KeyboardInterrupt

    stopped = learning.run(home, base, project, judge=stops)
    assert stopped.record is not None
    assert stopped.record.standing == "new"
    assert serving(home, base, project) == []

    learned = learning.run(home, base, project, scenario="told")
    assert learned.record is not None
    assert learned.record.id == stopped.record.id
    assert serving(home, base, project) == [stopped.record.id]


def test_going_on_with_another_model(home: Home, base: Path, project: Path) -> None:
    """A base that was changed: by itself it begins anew; to go on was refused, with the way out."""
    learning.run(home, base, project, tell=stopping_at(5))
    with base.open("ab") as file:
        file.write(b"\0" * 64)

    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, options=Options(mode="resume"))
    assert caught.value.what == "The model base was changed since this was begun."
    assert caught.value.hint == "Begin anew with: ownstack learn FOLDER --fresh"
    learned = learning.run(home, base, project)
    assert learned.record is not None
    assert learned.record.base_key == learning.wish(base, project).base_key


def test_a_base_that_changes_while_it_is_judged(home: Home, base: Path, project: Path) -> None:
    """What is judged is asked of the real gate: it looks at the model again, and refuses."""
    from ownstack.learning.run_parts import judge

    def changes(judging: Any) -> Any:
        with base.open("ab") as file:
            file.write(b"\0" * 64)
        return judge(judging)

    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, judge=changes)
    assert caught.value.hint == "Learn anew: ownstack learn FOLDER --fresh"
    assert serving(home, base, project) == []


def test_going_on_with_another_rank(home: Home, base: Path, project: Path) -> None:
    """Another rank is another adapter."""
    learning.run(home, base, project, tell=stopping_at(5))

    with pytest.raises(LearningError, match="rank 16, not 8"):
        learning.run(home, base, project, rank=8, options=Options(mode="resume"))


def test_nothing_to_go_on_with(home: Home, base: Path, project: Path) -> None:
    """`--resume` without a beginning says so."""
    with pytest.raises(LearningError, match=r"Nothing was begun.*Leave --resume out"):
        learning.run(home, base, project, options=Options(mode="resume"))


def test_a_project_of_ten_lines(home: Home, base: Path, project: Path) -> None:
    """It is refused in numbers, before anything is trained."""
    few = learning.dataset(project, lines=10)

    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, collect=lambda *_: few)
    assert caught.value.what == f"{project} holds 10 lines that can be learned from; it takes 200."
    assert caught.value.hint.endswith(f"ownstack learn data {project}")


def test_memory_is_predicted(home: Home, base: Path, project: Path) -> None:
    """With too little of it nothing is started."""
    with pytest.raises(LearningError, match=r"takes about 0\.7 GB of memory, 0\.1 GB are free"):
        learning.run(home, base, project, free_memory=lambda: 10**8, scenario="killed")


def test_disk_is_predicted(home: Home, base: Path, project: Path) -> None:
    """With too little of it nothing is started either."""
    with pytest.raises(LearningError, match="has 1 MB left"):
        learning.run(home, base, project, free_disk=lambda _: 10**6, scenario="killed")


def test_a_disk_that_is_full_half_way(home: Home, base: Path, project: Path) -> None:
    """What the last checkpoint holds is kept; nothing half-made is there; room made, it goes on."""
    with pytest.raises(LearningError, match=r"No space left.*Make room, and go on"):
        learning.run(home, base, project, scenario="full")

    folder = place_of(home, str(project), "completion")
    assert json.loads((folder / "checkpoint.pt").read_text())["step"] == 30
    assert not list(folder.glob("*.new"))
    assert AdapterStore(home).all() == []
    seen: list[float] = []
    learned = learning.run(
        home,
        base,
        project,
        tell=lambda told: seen.append(told.done) if told.phase == "training" else None,
    )
    assert learned.record is not None
    assert min(seen) >= 30


def test_a_full_disk_of_ours(home: Home, base: Path, project: Path) -> None:
    """What this process cannot write is said in the same words."""

    def full(*_: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, collect=full)
    assert caught.value.what == f"The disk that holds {home.learning_folder} is full."
    assert "ownstack learn FOLDER --resume" in caught.value.hint


def test_the_disk_fills_while_the_adapter_is_kept(
    home: Home, base: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is used that is half-made; with room it goes on without training again."""
    from ownstack.learning.adapters import folder

    def full(*_: object) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(folder, "write_record", full)
    with pytest.raises(LearningError, match="cannot be kept"):
        learning.run(home, base, project)
    assert serving(home, base, project) == []
    monkeypatch.undo()
    monkeypatch.setenv("OWNSTACK_HOME", str(home.config.parent))
    assert learning.run(home, base, project, scenario="told").record is not None


def test_an_adapter_that_was_damaged_is_made_again(home: Home, base: Path, project: Path) -> None:
    """Half a file is not kept: it is made again from the checkpoint."""
    learning.run(home, base, project, judge=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    folder = place_of(home, str(project), "completion")
    (folder / "adapter.gguf").write_bytes(b"GG")
    learned = learning.run(home, base, project)

    assert learned.record is not None
    assert serving(home, base, project) == [learned.record.id]


def test_a_trainer_that_could_not_even_say_that_the_disk_is_full() -> None:
    """What it says goes to the same disk."""
    assert failure(1, "", free_disk=0).what == "The disk is full."
    assert failure(1, "Converting: 100%", free_disk=0).what == "The disk is full."
    assert failure(1, "", free_disk=10**9).what == "The trainer failed (status 1)."


def test_a_trainer_that_is_killed(home: Home, base: Path, project: Path) -> None:
    """By the system, most likely: it says so, and the next call goes on."""
    with pytest.raises(LearningError, match=r"was killed.*want of memory.*learn FOLDER --resume"):
        learning.run(home, base, project, scenario="killed")
    assert turn.who_trains(home) is None
    assert learning.run(home, base, project).record is not None


def test_a_processor_without_the_instructions(home: Home, base: Path, project: Path) -> None:
    """PyTorch ends by a signal then; it is said what may help."""
    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, scenario="illegal")
    assert caught.value.what == (
        "The processor of this machine lacks instructions that PyTorch needs."
    )
    assert needs.torch_hint() in caught.value.hint


def test_what_the_trainer_says_is_passed_on(home: Home, base: Path, project: Path) -> None:
    """With what to do."""
    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, scenario="told")
    assert (caught.value.what, caught.value.hint) == (
        "The loss is no number any more.",
        "Train anew.",
    )


@pytest.mark.parametrize(
    ("status", "said", "what"),
    [
        (1, "OSError: [Errno 28] No space left on device", "The disk is full"),
        (1, "RuntimeError: DefaultCPUAllocator: not enough memory", "Memory ran out"),
        (1, "ModuleNotFoundError: No module named 'peft'", "The trainer cannot begin"),
        (3, "no JSON", "The trainer failed (no JSON)."),
        (3, "[" * 100_000, "The trainer failed"),
        (-11, "", "The trainer failed (signal 11)."),
        (0xC000001D, "", "The processor of this machine lacks instructions"),
    ],
)
def test_endings(status: int, said: str, what: str) -> None:
    """Whatever a trainer ends with, it is one sentence, and says what to do."""
    error = failure(status, said)
    assert error.what.startswith(what)
    assert error.hint


def test_two_at_once(home: Home, base: Path, project: Path) -> None:
    """The second is told who trains, and since when."""
    with (
        Turn.take(home, "/the/other"),
        pytest.raises(LearningError, match=rf"/the/other is being .* \(process {os.getpid()}\)"),
    ):
        learning.run(home, base, project)
    assert learning.run(home, base, project).record is not None


def test_the_turn_of_one_that_died(home: Home, base: Path, project: Path) -> None:
    """A note alone is no turn: its holder is gone. A trainer that it left behind is ended first."""
    left = subprocess.Popen(["sleep", "1000"])
    with Turn.take(home, "/the/other") as dead:
        dead.note(trainer=left.pid, trainer_started=psutil.Process(left.pid).create_time())
        left.send_signal(signal.SIGSTOP)
        note = home.training_file.read_bytes()
    home.training_file.write_bytes(note)

    with Turn.take(home, "/this"):
        assert left.wait() == -signal.SIGTERM


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"runner": "x"}', b"[" * 100_000, b"\xff"])
def test_a_note_of_anything(home: Home, note: bytes) -> None:
    """It is nobody's."""
    home.runtime.mkdir(parents=True)
    home.training_file.write_bytes(note)
    assert turn.who_trains(home) is None


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b'{"version": 1}', b"[" * 100_000])
def test_a_run_of_anything(home: Home, base: Path, project: Path, left: bytes) -> None:
    """What a folder holds that nobody can read is begun anew."""
    folder = place_of(home, str(project), "completion")
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(left)
    assert read_wish(folder) is None
    assert learning.run(home, base, project).record is not None


def test_on_battery_it_waits(home: Home, base: Path, project: Path) -> None:
    """If only mains are wanted: suspended without, continued with."""
    waits: set[str] = set()
    clock = iter(range(0, 10**9, 31))

    def tell(told: Told) -> None:
        waits.add(told.waits)

    learned = learning.run(
        home,
        base,
        project,
        tell=tell,
        options=Options(only_on_mains=True),
        clock=lambda: next(clock),
        on_mains=lambda: "the machine runs on its battery" in waits,
    )
    assert learned.record is not None
    assert waits == {"", "the machine runs on its battery"}


def test_by_night_it_gives_way(home: Home, base: Path, project: Path) -> None:
    """Somebody works for long: it saves and leaves, and its memory with it."""
    clock = iter(range(0, 10**9, 31))
    learned = learning.run(
        home,
        base,
        project,
        options=Options(only_on_mains=True, by_night=True),
        clock=lambda: next(clock),
        on_mains=lambda: False,
    )
    assert learned == Learned(None, "It gave way: the machine runs on its battery.")


def test_torch_is_missing(home: Home, base: Path, project: Path) -> None:
    """Nothing is touched, and it is said how to install it."""
    with pytest.raises(LearningError) as caught:
        learning.run(home, base, project, check_needs=lambda: needs.check(("torch", "peft")))
    assert caught.value.what == "To learn, torch and peft must be installed."
    assert "pip install 'ownstack[learn]'" in caught.value.hint
    assert not home.learning_folder.exists()


@pytest.mark.parametrize(("platform", "is_told"), [("linux", True), ("darwin", False)])
def test_the_small_build_of_torch(platform: str, is_told: bool) -> None:
    """It is named where the usual one brings gigabytes for a card."""
    with pytest.raises(LearningError) as caught:
        needs.check(("torch",), platform)
    assert ("download.pytorch.org/whl/cpu" in caught.value.hint) is is_told


def test_a_trainer_that_hears_nothing_is_ended(home: Home, base: Path, project: Path) -> None:
    """One that does not leave is ended all the same."""
    from ownstack.learning.worker import Worker
    from tests.support import scripted_trainer

    folder = project / "run"
    folder.mkdir()
    (folder / "plan.json").write_text('{"minutes": 1000, "base_key": "", "rank": 1}')
    worker = Worker.start(folder, (scripted_trainer.SCRIPT, "deaf"))
    begun = threading.Event()
    while not begun.is_set():
        if (folder / "progress.jsonl").exists():
            begun.set()
    import ownstack.learning.worker as module

    module_s, module._TERMINATED_S = module._TERMINATED_S, 0.05
    try:
        assert worker.stop(leaves_s=0.05) == -signal.SIGKILL
    finally:
        module._TERMINATED_S = module_s
