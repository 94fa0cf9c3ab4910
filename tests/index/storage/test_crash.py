"""A process that indexes is killed at random moments; what is left opens and finishes.

`OWNSTACK_CRASH_RUNS` says how often (the suite does it a few times only).
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.indexing import found, open_index, shown, write

pytestmark = pytest.mark.process

RUNS = int(os.environ.get("OWNSTACK_CRASH_RUNS", "2"))
N_FILES = 60
SCRIPT = """
import sys
from pathlib import Path
from tests.support.indexing import open_index, write
root, cache = Path(sys.argv[1]), Path(sys.argv[2])
index = open_index(root, cache)
print("open", flush=True)
for turn in range(1_000_000):
    index.refresh()
    index.tidy(at_once=turn % 3 == 2)
    name = f"edited/{turn % 7}.py"
    write(root, {name: f"def edited_{turn}(): pass\\n" * (1 + turn % 5)})
    (root / f"edited/{(turn + 3) % 7}.py").unlink(missing_ok=True)
    index.update([name])
"""


def text_of(root: Path) -> str:
    """Return what an index of this folder must show: the files, in order of their paths."""
    files = sorted(path for path in root.rglob("*.py") if path.stat().st_size)
    return "".join("\n".join(path.read_text().split("\n")) for path in files)


@pytest.mark.parametrize("run", range(RUNS))
def test_killed_at_any_moment_it_opens_and_finishes(tmp_path: Path, run: int) -> None:
    """Killed several times in a row; then all that is on the disk is found, and nothing else."""
    root, cache = tmp_path / "project", tmp_path / "cache"
    write(
        root,
        {
            f"package{n % 9}/module{n}.py": f"def function_{n}():\n    return {n}\n"
            for n in range(N_FILES)
        },
    )
    clock = random.Random(run)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(root), str(cache)],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(clock.random() ** 2 * 1.5)
        process.kill()
        process.communicate()

    index = open_index(root, cache)
    assert index.status().message == ""
    index.refresh()
    words = set("".join(shown(index).split()).replace("def", "\ndef").split("\n"))
    expected = set("".join(text_of(root).split()).replace("def", "\ndef").split("\n"))
    live = {file.path for file in index.snapshot.files()}
    on_disk = {path.relative_to(root).as_posix() for path in root.rglob("*.py")}
    n_embedded, n_live = index.snapshot.embedded_count, int(index.snapshot.live.sum())
    found_one = found(index, "function_7")
    index.close()

    assert words == expected
    assert live == {path for path in on_disk if (root / path).stat().st_size}
    assert n_embedded == n_live
    assert "package7/module7.py" in found_one
    again = open_index(root, cache)
    assert again.refresh().read == ()
    again.close()
