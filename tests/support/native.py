"""What tests of native work share: small models, made once, and jobs that are driven by hand."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from ownstack.engine import fim
from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.lane import Pace
from ownstack.engine.llama import Model
from ownstack.engine.local import LlamaEngine
from ownstack.engine.protocol import Generated, InfillRequest, Priority, Role, Speed
from ownstack.engine.scheduler import Job, NativeThread, Steps
from ownstack.engine.slots import InfillSlot
from ownstack.engine.speed import SpeedMeter
from ownstack.settings import EngineSettings, SuffixShift
from tests.support import gguf_models

CODE = """import os
import sys


def read_lines(path):
    with open(path) as file:
        for line in file:
            yield line.rstrip()


def main(arguments):
    count = 0
    for path in arguments:
        for line in read_lines(path):
            count += len(line)
    return count
"""


@functools.cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="ownstack-models-"))


@functools.cache
def model_file(order: str = "psm", **options: object) -> Path:
    """A small random model, the same for the same options."""
    name = "-".join([order, *(f"{key}{value}" for key, value in sorted(options.items()))])
    path = _folder() / f"{abs(hash(name)):x}.gguf"
    return gguf_models.make_gguf(
        path,
        order=order,
        chat_template=gguf_models.CHAT_TEMPLATE,
        **options,  # type: ignore[arg-type]
    )


@functools.cache
def model(order: str = "psm") -> Model:
    """A loaded small model; never closed, since other tests use it too."""
    return Model(model_file(order))


def infill_slot(
    order: str = "psm",
    *,
    shift: SuffixShift = "auto",
    flag: AbortFlag | None = None,
    loaded: Model | None = None,
) -> InfillSlot:
    """An open slot of one thread, which may be driven from the test's own."""
    loaded = loaded or model(order)
    slot = InfillSlot(
        loaded,
        fim.detect(loaded),
        window=1024,
        threads=1,
        flag=flag if flag is not None else AbortFlag(),
        pace=Pace(SpeedMeter(Speed(1000.0, 100.0))),
        suffix_shift=shift,
    )
    slot.open()
    return slot


def job(priority: Priority = Priority.COMPLETION) -> Job:
    """A job that no scheduler knows."""

    def work(_job: Job) -> Steps:
        yield True

    def on_error(error: BaseException) -> None:
        raise error

    return Job(work, priority, on_error)


def answer(slot: InfillSlot, request: InfillRequest) -> Generated:
    """Run a request to its end on this thread."""
    results: list[Generated] = []
    exhaust(slot.answer(job(), request, lambda _text: None, results.append))
    return results[0]


def exhaust(steps: Iterator[bool]) -> int:
    """Run steps to their end; return how many there were."""
    return sum(1 for _ in steps)


@asynccontextmanager
async def opened(
    path: Path,
    cache: Path,
    *,
    native: NativeThread | None = None,
    role: Role = "completion",
    settings: EngineSettings | None = None,
) -> AsyncIterator[LlamaEngine]:
    """An engine on a native thread, its own unless one is given; both closed afterwards."""
    thread = native or NativeThread()
    try:
        engine = await LlamaEngine.open(
            path,
            name="tiny",
            native=thread,
            settings=settings or EngineSettings(threads=1),
            cache=cache,
            role=role,
        )
        try:
            yield engine
        finally:
            await engine.close()
    finally:
        if native is None:
            await asyncio.to_thread(thread.close)
