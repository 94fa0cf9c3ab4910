"""A home with something of everything in it, written by who writes it at work."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ownstack.chat.checkpoints import Checkpoints, Saved
from ownstack.cli import main
from ownstack.completion.feedback.signals import SignalLog
from ownstack.files.writing import write_whole
from ownstack.index.storage.folder import write_head
from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.data.kept_lines import KeptLines
from ownstack.locking import FileLock
from ownstack.memory import events
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.models.registry import ModelRegistry
from ownstack.models.speeds import MeasuredSpeed, SpeedRecord
from ownstack.paths import Home, private_folder, short_hash
from ownstack.usage.calls import Call, Caller
from ownstack.usage.log import UsageLog
from tests.support.gguf_models import make_gguf

SOURCE = "hf:owner/model-GGUF/tiny-q4.gguf"


def fill(home: Home, outside: Path, *, indexes: bool = False) -> None:
    """Leave in a home what work leaves there. `outside`: a folder for what is the user's.

    `indexes`: by the real thing, which takes seconds.
    """
    project = outside / "project"
    project.mkdir(parents=True)
    (project / "a.py").write_text("def start(port):\n    return port\n")
    if indexes:
        assert main(["index", str(project)]) == 0
    else:
        _index(home, project.resolve())
    _models(home, outside)
    _logs(home, project)
    SpeedRecord(home.speeds_file).put(project / "a.py", MeasuredSpeed(1.0, 1.0, 100))
    write_whole(home.cache / "probe" / f"{'a' * 32}.json", b"{}", is_private=True)
    echo = private_folder(home.cache / "echo" / short_hash(str(project)))
    (echo / f"{1:020d}-{'0' * 8}.echo").write_bytes(b"echo")
    for file in (home.log_file, home.log_file.with_name("daemon.log.1")):
        file.parent.mkdir(exist_ok=True)
        file.write_text("it ran\n")
    home.input_history_file.write_text("+a question\n")
    (home.config / "preferences.md").write_text("- I like short answers.\n")
    lock = FileLock.take(home.memory_lock_file(str(project)))
    assert lock is not None
    lock.release()
    _learning(home, project)
    Checkpoints(home.checkpoints_folder).save("session", {"a.py": Saved(b"before", "0" * 64)})


def _learning(home: Home, project: Path) -> None:
    made = project.with_name("adapter.gguf")
    made.write_bytes(b"GGUF")
    record = AdapterRecord(
        id="", scope="project", role="completion", base_key="0" * 16, base_name="coder",
        architecture="llama", rank=4, alpha=8.0, sha256="", created="2026-11-30T21:00:00Z",
        project=str(project), name=project.name, standing="fit",
    )  # fmt: skip
    store = AdapterStore(home)
    kept = store.add(record, made)
    store.use(kept.id)
    made.unlink()
    for name in ("progress.jsonl", "dataset.jsonl"):
        write_whole(store.folder(kept.id) / name, b"{}", is_private=True)
    write_whole(home.folded_adapters_folder / f"{'a' * 32}.gguf", b"GGUF", is_private=True)
    run = private_folder(private_folder(home.learning_folder) / ("a" * 16))
    for name in ("run.json", "plan.json", "dataset.jsonl", "checkpoint.pt", "stderr.log"):
        (run / name).write_bytes(b"{}")
    write_whole(home.learning_folder / f"report-{kept.id}.html", b"<html>", is_private=True)
    (home.learning_folder / "nightly.json").write_text("{}")
    (home.learning_folder / "nightly.log").write_text("it learned\n")
    for name in ("json", "lock", "pause"):
        write_whole(home.training_file.with_suffix(f".{name}"), b"{}", is_private=True)
    kept_lines = KeptLines(home.kept_lines_file)
    kept_lines.keep(str(project), "a.py", "    return port")
    kept_lines.close()


def _index(home: Home, project: Path) -> None:
    made = private_folder(home.cache / "index" / short_hash(str(project)))
    write_head(made, {"root": str(project)})
    for name in ("lock", "readers"):
        (made / name).touch()
    (made / "tables" / "files.lance" / "data").mkdir(parents=True)
    (made / "tables" / "files.lance" / "data" / "x.lance").write_bytes(b"rows")


def _models(home: Home, outside: Path) -> None:
    registry = ModelRegistry(home.models_file)
    registry.add(make_gguf(outside / "own.gguf"))
    fetched = home.models_folder / "owner--model-GGUF"
    fetched.mkdir(parents=True)
    registry.add(make_gguf(fetched / "tiny-q4.gguf"), source=SOURCE)
    (fetched / "tiny-q4.gguf.lock").touch()
    (fetched / f"other.gguf.{'0' * 12}.part").write_bytes(b"half")
    (fetched / f"other.gguf.{'0' * 12}.part.json").write_text("{}")


def _logs(home: Home, project: Path) -> None:
    usage = UsageLog(home.usage_file)
    usage.record(Call(Caller("chat", "llama", "coder"), "chat", "answered", prompt_tokens=1))
    usage.close()
    signals = SignalLog(home.signals_file)
    signals.event("none", "shown")
    signals.totals()
    signals.close()
    log = ConversationLog.open(home.conversations_file, home.recall_file, embedder=_Table)
    session = log.sessions.create(str(project))
    turn = session.begin_turn()
    session.append(events.user(session.stamp(turn), "a question"))
    log.recall.search("question", str(project))
    log.close()


class _Table:
    name, dim = "table", 2

    def embed(self, texts: list[str]) -> np.ndarray:
        return np.ones((len(texts), 2), np.float32) / np.sqrt(2)


def snapshot(folder: Path) -> dict[str, str]:
    """Return all below a folder: what each is, and holds. Links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "folder" if path.is_dir() else path.read_bytes().hex()
    return found
