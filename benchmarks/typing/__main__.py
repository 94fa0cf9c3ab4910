"""`python -m benchmarks.typing`: from keystroke to ghost text, beside the floor and a rival.

    python -m benchmarks.typing --model MODEL.gguf [FILE ...] [--json]

MODEL is any GGUF that can infill. FILES are the texts that are typed; by default modules of
the standard library that ran this. A random-weight model of 101 million parameters is made
for the figures that want that size. Everything runs in a home of its own, which is removed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

from benchmarks.bars import Figure, report


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.typing", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, help="texts to type")
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can infill")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keys", type=int, default=10_000, help="length of the long run")
    parser.add_argument("--pace", type=float, default=1.0, help="0.5 types twice as fast")
    parser.add_argument("--passages", type=int, default=6, help="passages typed per file")
    parser.add_argument("--only", choices=["engine", "window"], help="one half of it")
    arguments = parser.parse_args()
    files = arguments.files or default_files()
    missing = [str(path) for path in [arguments.model, *files] if not path.is_file()]
    if missing:
        parser.error(f"no such file: {', '.join(missing)}")
    home = Path(tempfile.mkdtemp(prefix="ownstack-bench-"))
    os.environ["OWNSTACK_HOME"] = str(home)
    try:
        figures = asyncio.run(measure(arguments, files, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    missed = report(figures, as_json=arguments.json, title=f"typing with {arguments.model.name}")
    return 1 if missed else 0


def default_files() -> list[Path]:
    stdlib = Path(sysconfig.get_paths()["stdlib"])
    return [stdlib / name for name in ("argparse.py", "tarfile.py", "http/client.py")]


async def measure(arguments: argparse.Namespace, files: list[Path], home: Path) -> list[Figure]:
    figures: list[Figure] = []
    if arguments.only != "window":
        figures += await engine_figures(arguments.model.resolve(), files, home)
    if arguments.only != "engine":
        figures += await window_figures(arguments, files)
    return figures


async def engine_figures(model: Path, files: list[Path], home: Path) -> list[Figure]:
    from benchmarks.typing import engine as bench
    from benchmarks.typing.models import make_101m
    from ownstack.engine.llama.scheduler import NativeThread
    from ownstack.settings import EngineSettings

    text = "\n".join(path.read_text("utf-8") for path in files)
    big = home / "random-101m.gguf"
    await asyncio.to_thread(make_101m, big, model)
    native = NativeThread()
    figures: list[Figure] = []
    say("the given model, alone")
    engine = await bench.open_engine(model, native, home)
    figures += await bench.overhead(engine, text)
    limit = 2.0 if engine.capabilities.infill_order == "spm" else 4.0
    figures.append(await bench.keystrokes(engine, text, limit))
    figures.append(await bench.loop_lag(engine, text))
    await engine.close()
    say("suffix shift against exact evaluation")
    figures += await bench.shift_agreement(model, text, native, home)
    say("a model of 101 million parameters")
    engine = await bench.open_engine(big, native, home, EngineSettings(infill_order="psm"))
    figures += [rename(f, "101M: ") for f in await bench.overhead(engine, text)]
    figures.append(rename(await bench.keystrokes(engine, text, 4.0), "101M: "))
    figures += [rename(f, "101M: ") for f in await bench.storms(engine, big, text)]
    figures += [rename(f, "101M: ") for f in await bench.cancels(engine, text)]
    figures += [rename(f, "101M: ") for f in await bench.preemption(engine, engine, text)]
    figures.append(rename(await bench.loop_lag(engine, text), "101M: "))
    await engine.close()
    native.close()
    return figures


async def window_figures(arguments: argparse.Namespace, files: list[Path]) -> list[Figure]:
    from benchmarks.editor import Window
    from benchmarks.typing import window as bench

    settings = {"models": {"completion": str(arguments.model.resolve())}}
    # The files are opened in a folder that holds nothing else.
    with tempfile.TemporaryDirectory(prefix="ownstack-typed-") as folder:
        copies = [Path(shutil.copy(path, folder)) for path in files]
        say("typing, through the relay and the daemon")
        window = await Window.open(copies[0], "", settings=settings)
        status = await window.until_ready()
        figures = await bench.typing(window, copies, arguments.passages, arguments.pace)
        figures.append(await bench.typed_through(window, copies[0]))
        say("a second window")
        figures += await bench.second_window(copies[1], settings, status.pid)
        say(f"{arguments.keys} keys in a row")
        figures += await bench.soak(window, copies[2 % len(copies)], arguments.keys, status.pid)
        await window.close()
    stop = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ownstack", "daemon", "stop"), stdout=asyncio.subprocess.DEVNULL
    )
    await stop.wait()
    return figures


def rename(figure: Figure, prefix: str) -> Figure:
    from dataclasses import replace

    return replace(figure, name=prefix + figure.name)


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
