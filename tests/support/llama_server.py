"""llama-cpp-python's own server, which speaks OpenAI's API nearly as OpenAI does."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("fastapi", "uvicorn", "sse_starlette", "starlette_context", "pydantic_settings")
_READY = "Uvicorn running on"
# Kernels for AMX read buffers of another layout, and crash with some quantisations.
_SERVE = """
import llama_cpp
from llama_cpp import llama_cpp as library

from ownstack.engine.llama.native.bindings import start_backend

start_backend()  # A portable build's code for this CPU, which the server does not load itself.
defaults = library.llama_model_default_params

def without_extra_buffers():
    values = defaults()
    values.use_extra_bufts = False
    return values

llama_cpp.llama_model_default_params = library.llama_model_default_params = without_extra_buffers
from llama_cpp.server.__main__ import main

main()
"""


def missing() -> list[str]:
    """Return the packages that the server needs and that are not there."""
    return [name for name in PACKAGES if find_spec(name) is None]


@contextmanager
def llama_server(folder: Path, models: Mapping[str, Path]) -> Iterator[str]:
    """Run it with models by their names, and give its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = {
        "host": "127.0.0.1",
        "port": port,
        "models": [
            {"model": str(path), "model_alias": name, "n_ctx": 1_024, "embedding": "embed" in name}
            for name, path in models.items()
        ],
    }
    file = folder / "server.json"
    file.write_text(json.dumps(config))
    command = [sys.executable, "-c", _SERVE, "--config_file", str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder
    ) as server:
        try:
            stderr = server.stderr
            assert stderr is not None
            said = []
            for line in stderr:
                said.append(line)
                if _READY in line:
                    break
            else:
                raise RuntimeError("The server did not start:\n" + "".join(said[-20:]))
            # It says much when it loads a model, and stands still while nobody hears it.
            hearing = threading.Thread(target=stderr.read, daemon=True)
            hearing.start()
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            server.kill()
        hearing.join()
