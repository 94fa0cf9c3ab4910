"""How long hostile files keep the other windows waiting: `python -m benchmarks.hostile`.

Each case has a process of its own, in which one window opens it, and a clock looks how long the
event loop does not turn: so long every other window waits. NAME: only cases whose names hold it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.completion.suggestion import Trigger
from ownstack.paths import Home
from tests.support.hostile import BUFFERS, HOSTILE

PATIENCE_S = 120.0
BAR_MS = 20.0
TICK_S = 0.001


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        # What is removed at the end may be a thousand folders deep.
        sys.setrecursionlimit(10_000)
        print(json.dumps(asyncio.run(_child(arguments.child))), flush=True)
        return 0
    cases = [*HOSTILE, *(f"buffer of {language}" for language in BUFFERS)]
    wanted = [
        case for case in cases if not arguments.names or any(n in case for n in arguments.names)
    ]
    print(f"{'CASE':40} {'STATE':10} {'TOOK':>8} {'LONGEST BLOCK':>14}")
    worst = 0
    for case in wanted:
        found = _measured(case)
        worst += found["state"] == "hangs" or found["block_ms"] > BAR_MS
        print(
            f"{case:40} {found['state']:10} {found['took_s']:6.1f} s {found['block_ms']:11.1f} ms",
            flush=True,
        )
    print(f"{worst} of {len(wanted)} hang, or block for more than {BAR_MS:.0f} ms")
    return int(worst > 0)


def _measured(case: str) -> dict[str, float]:
    """Run one case in a process that is ended if it hangs."""
    command = [sys.executable, "-m", "benchmarks.hostile", "--child", case]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        printed, _ = child.communicate(timeout=PATIENCE_S)
        return json.loads(printed.splitlines()[-1])
    except (subprocess.TimeoutExpired, IndexError):
        child.kill()
        child.communicate()
        return {"state": "hangs", "took_s": PATIENCE_S, "block_ms": 1_000 * PATIENCE_S}


async def _child(case: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "project"
        folder.mkdir()
        (folder / "healthy.py").write_text("def healthy_function(): pass\n")
        host = Host(Home.below(Path(temporary) / "home"), mode="inProcess")
        session = Session(host)
        # The libraries are loaded, and the index is at rest, before anything hostile comes.
        session.use_folders([folder.as_uri()])
        session.start()
        await _until_ready(session)
        clock = _Clock()
        ticking = asyncio.ensure_future(clock.run())
        started = time.monotonic()
        if case in HOSTILE:
            HOSTILE[case](folder)
            clock.worst_s, clock.last = 0.0, time.perf_counter()
            await asyncio.wrap_future(_looked(session, folder))
            await session.indexes.search("healthy function", 10, "", False)
            await session.read_folders(PATIENCE_S)
        else:
            await _typed(session, folder, case.removeprefix("buffer of "), clock)
        took_s = time.monotonic() - started
        ticking.cancel()
        [status] = session.indexes.status()
        with contextlib.suppress(asyncio.CancelledError):
            await ticking
        await session.close()
        await host.close()
        return {"state": status.state, "took_s": took_s, "block_ms": 1_000 * clock.worst_s}


def _looked(session: Session, folder: Path) -> Future[None]:
    """Compare all of the folder with its index, by the index's own thread."""
    held = session.indexes._held[folder]
    assert held._index is not None
    return held._do(held._index.refresh)


async def _typed(session: Session, folder: Path, language: str, clock: _Clock) -> None:
    uri, text = (folder / f"buffer.{language}").as_uri(), "x\n" + BUFFERS[language]
    clock.worst_s, clock.last = 0.0, time.perf_counter()
    session.open(uri, language, 1, text)
    for version, letter in enumerate("abcdef", 2):
        session.edit(uri, version, [letter + text[1:]])
        await session.complete(uri, 1, Trigger.INVOKED)
        await asyncio.sleep(0.05)
    # What waits until nobody types is done now.
    await asyncio.sleep(2.0)


async def _until_ready(session: Session) -> None:
    while [status.state for status in session.indexes.status()] != ["ready"]:
        await asyncio.sleep(0.02)


class _Clock:
    """Looks how late it is called, without the time that the processor was another's."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self.last = time.perf_counter()

    async def run(self) -> None:
        while True:
            waited_s, self.last = _waited_s(), time.perf_counter()
            await asyncio.sleep(TICK_S)
            late_s = time.perf_counter() - self.last - TICK_S
            self.worst_s = max(self.worst_s, late_s - (_waited_s() - waited_s))


def _waited_s() -> float:
    """Return how long this process' threads were ready to work, and none of them was let to.

    Of two that wait at once both count, so that less is measured then than there is; 0 where the
    system does not tell.
    """
    total_ns = 0
    for thread in threading.enumerate():
        with contextlib.suppress(OSError):
            text = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text("ascii")
            total_ns += int(text.split()[1])
    return total_ns / 1e9


if __name__ == "__main__":
    raise SystemExit(main())
