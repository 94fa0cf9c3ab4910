"""A process that may not take all memory (`ulimit -v`): what is said, and that it goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.errors import ModelTooLargeError
from ownstack.models.gguf import inspection
from ownstack.models.hardware import memory_limit
from ownstack.models.hardware.memory_limit import Limit
from tests.support.gguf_models import make_gguf

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="The limit is Linux's."),
]

OPEN = """
import resource, sys, threading
from pathlib import Path
import psutil
from ownstack.models.hardware import memory_limit
from ownstack.engine.llama.native import bindings
from ownstack.engine.llama import loading
from ownstack.engine.llama.native.probe import Probe
from ownstack.errors import OwnstackError
from ownstack.settings import EngineSettings

model, cache, room, *unknown = sys.argv[1:]
bindings.build()
if unknown:
    memory_limit.process_limit = lambda: None
limit = psutil.Process().memory_info().vms + int(room)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    probe = Probe(Path(cache), ("/bin/false",))
    loading.load(Path(model), probe, EngineSettings(), 0, lambda _: None, threading.Event())
except OwnstackError as error:
    print(type(error).__name__, error)
else:
    print("loaded")
"""


def opened(model: Path, room: int, *more: str) -> str:
    """Open a model in a process that may take `room` bytes more than it has."""
    command = [sys.executable, "-c", OPEN, str(model), str(model.parent), str(room), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A sound model whose file takes 500 MB of address space, and none of the disk."""
    path = make_gguf(tmp_path / "large.gguf")
    with path.open("r+b") as file:
        file.truncate(500_000_000)
    return path


def test_a_limit_is_named_with_what_is_needed(large: Path) -> None:
    """Before anything is loaded: what the system refuses later may end the process."""
    said = opened(large, 300_000_000)

    assert said.startswith("ModelTooLargeError Memory is limited: this process may take ")
    assert "(ulimit -v), 300 MB of it are left, and large needs about 1.1 GB." in said
    assert "Raise the limit where the editor is started (ulimit -v unlimited)" in said


def test_a_file_that_cannot_be_mapped_is_not_called_broken(large: Path) -> None:
    """Whatever the limit is that nobody could know of beforehand."""
    said = opened(large, 300_000_000, "unknown")

    assert said.startswith("ModelTooLargeError Memory is limited: large needs about 501 MB, and ")
    assert "mmap failed: Cannot allocate memory" in said
    assert "anew" not in said


def test_room_enough(large: Path) -> None:
    """A limit that leaves enough keeps nothing from being loaded."""
    assert opened(large, 1_500_000_000) == "loaded\n"


def test_the_narrowest_limit_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is refused where there is none."""
    info = inspection.inspect(make_gguf(tmp_path / "tiny.gguf"))
    monkeypatch.setattr(memory_limit, "process_limit", lambda: None)
    inspection.check_memory(info)

    narrow = Limit("ulimit -d", 200_000_000, 100_000_000)
    monkeypatch.setattr(memory_limit, "process_limit", lambda: narrow)

    with pytest.raises(ModelTooLargeError, match="may take 200 MB \\(ulimit -d\\), 100 MB of it"):
        inspection.check_memory(info)
