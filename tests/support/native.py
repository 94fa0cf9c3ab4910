"""What tests of native work share: small models, made once, and jobs that are driven by hand."""

from __future__ import annotations

import asyncio
import functools
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from ownstack.engine.adapters import AdapterChoice, no_adapters
from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.infill.slots import InfillSlot
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.scheduler import Job, NativeThread, Steps
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.requests import InfillRequest, Priority, ScoreRequest
from ownstack.engine.results import Generated, Speed
from ownstack.models.gguf import fim
from ownstack.models.roles import Role
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
def model(order: str = "psm") -> LlamaModel:
    """A loaded small model; never closed, since other tests use it too."""
    return LlamaModel(model_file(order))


def infill_slot(
    order: str = "psm",
    *,
    shift: SuffixShift = "auto",
    flag: AbortFlag | None = None,
    loaded: LlamaModel | None = None,
) -> InfillSlot:
    """An open slot of one thread, which may be driven from the test's own."""
    loaded = loaded or model(order)
    slot = InfillSlot(
        loaded,
        fim.detect(loaded),
        window=1024,
        threads=1,
        flag=flag if flag is not None else AbortFlag(),
        batch_sizer=BatchSizer(SpeedMeter(Speed(1000.0, 100.0))),
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


def answer(slot: InfillSlot, request: InfillRequest | ScoreRequest) -> Generated:
    """Run a request to its end on this thread."""
    results: list[Generated] = []
    exhaust(steps(slot, request, job(), results))
    return results[0]


def steps(
    slot: InfillSlot, request: InfillRequest | ScoreRequest, job: Job, results: list[Generated]
) -> Steps:
    """Return the steps of a request, which put their result into a list."""
    if isinstance(request, ScoreRequest):
        return slot.score(job, request, results.append)
    return slot.answer(job, request, lambda _text: None, results.append)


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
    adapters: AdapterChoice = no_adapters,
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
            adapters=adapters,
        )
        try:
            await engine.prepare(role)
            yield engine
        finally:
            await engine.close()
    finally:
        if native is None:
            await asyncio.to_thread(thread.close)
