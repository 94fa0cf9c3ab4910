"""The first decode with a model on this machine, tried in a child process.

Native builds can die there, and an instruction that the CPU refuses cannot be caught: on CPUs with
AMX, llama.cpp's default build dies in the first decode of Q8_0 and Q4_0 weights unless its extra
buffer types are off. So each new combination of library, CPU and model is tried once in a child,
with them on and, if the child dies, off (on AMX CPUs the other way round: what is known to be safe
comes first). The verdict is kept, so that this costs nothing from the second start on. Both dead
means that the model is set aside.

Run as `python -m ownstack.engine.llama.native.probe MODEL EXTRA_BUFTS GPU_LAYERS` it is the child;
it is spawned, never forked: a forked child of a process that has used OpenMP hangs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
import platform
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from pathlib import Path

import ownstack
from ownstack.engine.llama.native import bindings, verdicts
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.native.verdicts import Verdict
from ownstack.engine.results import Speed
from ownstack.errors import EngineError, ModelSetAsideError, OwnstackError

log = logging.getLogger(__name__)

TIMEOUT_S = 60.0
_BYTES_PER_S = 50e6
"""A slow disk; a child may take this much longer for a large file."""
_REFUSED = 3
_FATAL = {
    getattr(signal, name, 0)
    for name in ("SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV", "SIGSYS")
} - {0}
_FIRST_NTSTATUS = 0x80000000
_SAMPLE_BYTES = 65_536


class Outcome(Enum):
    """What became of a child."""

    ALIVE = "alive"
    DIED = "died"
    UNKNOWN = "unknown"
    """It ended by itself with an error, or could not be started: the file or the system is at
    fault, which loading it here will say."""


class Probe:
    """Verdicts, kept as one JSON file each below `folder`."""

    def __init__(
        self,
        folder: Path,
        command: Sequence[str] = (sys.executable, "-m", "ownstack.engine.llama.native.probe"),
        timeout_s: float = TIMEOUT_S,
        amx: Callable[[], bool] = lambda: "amx_tile" in cpu(),
    ) -> None:
        self._folder = verdicts.folder(folder)
        self._command = tuple(command)
        self._timeout_s = timeout_s
        self._amx = amx

    def verdict(self, model: Path, gpu_layers: int = 0) -> Verdict:
        """Return how to load `model`, trying it in a child if that is not known; blocks.

        Raises:
            ModelSetAsideError: every way of loading it kills the process.
        """
        file = self._file(model, gpu_layers)
        verdict = verdicts.read(file)
        if verdict is None:
            verdict = self._tried(model, gpu_layers)
            if verdict is None:
                return Verdict(extra_bufts=not self._amx())
            verdicts.write(file, verdict)
        if not verdict.usable:
            named = shlex.quote(str(model))
            raise ModelSetAsideError(
                f"{model.name} crashes llama.cpp on this machine and was set aside.",
                "Choose another model. "
                f"To try it again: ownstack models use {named} --for completion "
                "(or for the role that it plays)",
            )
        return verdict

    def remember_speed(self, model: Path, gpu_layers: int, speed: Speed) -> None:
        """Keep measured speeds with the verdict, for the next start."""
        file = self._file(model, gpu_layers)
        verdict = verdicts.read(file)
        if verdict is not None:
            verdicts.write(file, dataclasses.replace(verdict, speed=speed))

    def _tried(self, model: Path, gpu_layers: int) -> Verdict | None:
        first = not self._amx()
        for extra_bufts in (first, not first):
            outcome = self._try(model, extra_bufts, gpu_layers)
            if outcome is Outcome.UNKNOWN:
                return None
            if outcome is Outcome.ALIVE:
                return Verdict(extra_bufts)
            log.warning("%s killed a probe (extra buffer types: %s).", model.name, extra_bufts)
        return Verdict(usable=False)

    def _try(self, model: Path, extra_bufts: bool, gpu_layers: int) -> Outcome:
        command = [*self._command, str(model), str(int(extra_bufts)), str(gpu_layers)]
        package = str(Path(ownstack.__file__).parents[1])
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            child = subprocess.run(
                command,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=self._timeout_s + model.stat().st_size / _BYTES_PER_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome.DIED
        except OSError as error:
            log.warning("The probe of %s could not be started: %s", model.name, error)
            return Outcome.UNKNOWN
        if child.returncode == 0:
            return Outcome.ALIVE
        said = child.stderr.decode("utf-8", "replace").strip()[-500:]
        log.info("A probe of %s ended with %d: %s", model.name, child.returncode, said)
        return Outcome.DIED if _crashed(child.returncode) else Outcome.UNKNOWN

    def _file(self, model: Path, gpu_layers: int) -> Path:
        identity = f"{bindings.build()}\n{cpu()}\n{_identity(model)}\n{gpu_layers}"
        return self._folder / f"{hashlib.sha256(identity.encode()).hexdigest()[:32]}.json"


def _crashed(status: int) -> bool:
    """Tell whether the child did this to itself: killing or interrupting it is done by others."""
    if status >= _FIRST_NTSTATUS:
        return True
    # A signal is a negative status here, and 128 + n through a shell.
    return -status in _FATAL or status - 128 in _FATAL


def _identity(model: Path) -> str:
    """Name a file by its size and samples of it: gigabytes are not hashed at each start."""
    size = model.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with model.open("rb") as file:
        for offset in (0, size // 2, max(0, size - _SAMPLE_BYTES)):
            file.seek(offset)
            digest.update(file.read(_SAMPLE_BYTES))
    return digest.hexdigest()


def cpu() -> str:
    """Return the CPU's model name and flags."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").split("\n\n", 1)[0]
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    return "\n".join(line for line in lines.splitlines() if line.startswith(wanted))


def _decode(context: Context) -> None:
    """Go through the code for a batch, which is not that for a single token, and for one."""
    token = context.model.bos or 0
    for batch, position in (([token] * 64, 0), ([token], 64)):
        if context.decode(batch, position):
            raise EngineError("The first decode did not finish.")


def _encode(context: Context) -> None:
    token = context.model.bos or 0
    for batch in ([token] * 64, [token]):
        context.encode(batch)


def main(arguments: Sequence[str]) -> int:
    """Load a model and decode once; the exit status of the child."""
    path, extra_bufts, gpu_layers = arguments
    try:
        model = bindings.LlamaModel(
            Path(path), gpu_layers=int(gpu_layers), extra_bufts=extra_bufts == "1"
        )
        context = Context(model, n_ctx=128, threads=1)
        if context.remembers:
            _decode(context)
        else:  # It only embeds.
            context.close()
            context = Context(model, n_ctx=128, threads=1, embeddings=True)
            _encode(context)
        context.close()
        model.close()
    except (OwnstackError, OSError) as error:
        print(error, file=sys.stderr)
        return _REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
