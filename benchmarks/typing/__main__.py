"""`python -m benchmarks.typing`: from keystroke to ghost text, beside the floor and a rival.

    python -m benchmarks.typing --model MODEL.gguf [FILE ...] [--json]

MODEL is any GGUF that can infill. FILES are the texts that are typed; by default modules of
the standard library that ran this. Everything runs in a home of its own, which is removed.

Four parts, one alone with `--only`: `pace` is how it keeps up with steady keys, alone and beside
a chat that reads, and how soon it answers after a jump; `pauses` is how soon who stops has text,
beside a client whose keys wait for the model; `engine` and `window` are about what is around a
model: overhead, storms of keys, a long run. For those a random-weight model of 101 million
parameters is made. A model that is too large to score lines is asked for pace and pauses alone.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.bars import Figure, report

PARTS = ("engine", "window", "pace", "pauses")
STDLIB = Path(sysconfig.get_paths()["stdlib"])
JUMPED_TO = (
    *("shutil.py", "zipfile.py", "configparser.py", "csv.py", "difflib.py", "inspect.py"),
    *("subprocess.py", "smtplib.py", "optparse.py", "ftplib.py", "mailbox.py", "plistlib.py"),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.typing",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", type=Path, help="texts to type")
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can infill")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keys", type=int, default=10_000, help="length of the long run")
    parser.add_argument("--pace", type=float, default=1.0, help="0.5 types twice as fast")
    parser.add_argument("--passages", type=int, default=6, help="passages typed per file")
    parser.add_argument("--only", choices=PARTS, help="one part of it")
    parser.add_argument("--chat-model", type=Path, help="who reads meanwhile; default: MODEL")
    arguments = parser.parse_args()
    files = arguments.files or default_files()
    wanted = [arguments.model, arguments.chat_model or arguments.model, *files]
    missing = [str(path) for path in wanted if not path.is_file()]
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
    return [STDLIB / name for name in ("argparse.py", "tarfile.py", "http/client.py")]


async def measure(arguments: argparse.Namespace, files: list[Path], home: Path) -> list[Figure]:
    parts = [arguments.only] if arguments.only else parts_for(arguments.model)
    figures: list[Figure] = []
    if "engine" in parts:
        figures += await engine_figures(arguments.model.resolve(), files, home)
    if "window" in parts:
        figures += await window_figures(arguments, files)
    if "pace" in parts:
        figures += await pace_figures(arguments, files, home)
    if "pauses" in parts:
        figures += await pause_figures(arguments, files)
    return figures


def parts_for(model: Path) -> Sequence[str]:
    """Return what is measured of a model: of a real one nothing that would take an hour."""
    from ownstack.engine.llama.infill.scoring import supported
    from ownstack.models.gguf.inspection import inspect

    # The vocabulary is read when a model is loaded; none is as large as this.
    return PARTS if supported(inspect(model).parameters or 0, 1) else ("pace", "pauses")


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
    await stop_daemon()
    return figures


async def pace_figures(
    arguments: argparse.Namespace, files: list[Path], home: Path
) -> list[Figure]:
    from benchmarks.editor import Window
    from benchmarks.typing import pace as bench

    model = arguments.model.resolve()
    chat = (arguments.chat_model or model).resolve()
    settings = {"models": {"completion": str(model), "chat": str(chat)}}
    text, rng = files[0].read_text("utf-8"), random.Random(1)
    with tempfile.TemporaryDirectory(prefix="ownstack-paced-") as folder:
        copies = [Path(shutil.copy(path, folder)) for path in files]
        known = [STDLIB / name for name in JUMPED_TO if (STDLIB / name).is_file()]
        others = [Path(shutil.copy(path, folder)) for path in known]
        window = await Window.open(copies[0], text, settings=settings)
        status = await window.until_ready()
        say(f"one key after another, {status.model}")
        warm = await bench.warm_keys(window, copies, status.model)
        say("jumps into other files")
        jumps = [await bench.jump(window, other, status.model, rng) for other in others]
        window.show(copies[-1], "")
        say("steady keys")
        figures = await bench.paced_figures(window, copies, status.model)
        say("steady keys, a chat reading")
        async with bench.chatting(window, text) as chats:
            more = ", a chat prefill running"
            figures += await bench.paced_figures(window, copies, status.model, more)
        figures.append(bench.chat_figure(chats))
        await window.close()
    await stop_daemon()
    say("the same tokens without anything around them")
    found, prefill_256_ms = await bench.beside(model, warm, text, home)
    return [*found, *bench.jump_figures(jumps, prefill_256_ms), *figures]


async def pause_figures(arguments: argparse.Namespace, files: list[Path]) -> list[Figure]:
    from benchmarks.editor import Window
    from benchmarks.typing import pauses as bench

    # What was turned down before is to change nothing between the clients.
    settings = {
        "models": {"completion": str(arguments.model.resolve())},
        "completion": {"learnFromOutcomes": False},
    }
    with tempfile.TemporaryDirectory(prefix="ownstack-paused-") as folder:
        copies = [Path(shutil.copy(path, folder)) for path in files]
        told, waiting = [
            await Window.open(copies[0], "", settings=settings, improvements=improvements)
            for improvements in (True, False)
        ]
        status = await told.until_ready()
        await waiting.until_ready()
        say(f"keys and pauses, {status.model}")
        figures = await bench.pause_figures(told, waiting, copies, status.model)
        await told.close()
        await waiting.close()
    await stop_daemon()
    return figures


async def stop_daemon() -> None:
    stop = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ownstack", "daemon", "stop"), stdout=asyncio.subprocess.DEVNULL
    )
    await stop.wait()


def rename(figure: Figure, prefix: str) -> Figure:
    from dataclasses import replace

    return replace(figure, name=prefix + figure.name)


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
