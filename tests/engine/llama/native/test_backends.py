"""What computes: linked in, or loaded from the library's folder, and which code for this CPU."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ownstack
from ownstack.engine.llama.native.backends import GPU, Backends
from ownstack.errors import EngineError
from tests.support import native

PORTABLE = os.environ.get("OWNSTACK_PORTABLE_LLAMA", "")
"""A folder with a portable wheel of llama-cpp-python, unpacked."""


def ggml(linked: tuple[str, ...] = (), loadable: tuple[str, ...] = ()) -> tuple[Any, list[bytes]]:
    """Return a library with ggml's functions, and the folders it is told to load from."""
    devices, folders = list(linked), []

    def load_all(folder: bytes) -> None:
        folders.append(folder)
        devices.extend(loadable)

    def memory(device: int, free: Any, total: Any) -> None:
        free._obj.value, total._obj.value = 1, 24_000_000_000

    functions = {
        "reg_count": lambda: len(set(devices)),
        "load_all_from_path": load_all,
        "dev_count": lambda: len(devices),
        "dev_get": lambda index: index,
        "dev_name": lambda index: devices[index].encode(),
        "dev_type": lambda index: 0 if devices[index] == "CPU" else GPU,
        "dev_description": lambda index: f"A {devices[index]}".encode(),
        "dev_memory": memory,
    }
    made = {f"ggml_backend_{name}": function for name, function in functions.items()}
    return SimpleNamespace(**made), folders


def test_a_build_for_one_machine_loads_nothing() -> None:
    """What it was linked with computes, whatever lies in its folder."""
    library, folders = ggml(linked=("CPU",), loadable=("Other",))
    backends = Backends(library)
    backends.load(Path("/somewhere"))

    assert (folders, backends.names(), backends.cpu_build) == ([], ("CPU",), "")


def test_a_portable_build_is_loaded_from_the_library_s_folder(tmp_path: Path) -> None:
    """From there alone: never from the working directory, which is whoever's project is open."""
    library, folders = ggml(loadable=("Vulkan0", "CPU"))
    backends = Backends(library)
    backends.load(tmp_path / "é")

    assert folders == [os.fsencode(tmp_path / "é")]
    assert backends.names() == ("Vulkan0", "CPU")
    assert backends.graphics_memory() == (("A Vulkan0", 24_000_000_000),)


@pytest.mark.parametrize("loadable", [(), ("Vulkan0",)])
def test_nothing_for_this_cpu_is_said(loadable: tuple[str, ...]) -> None:
    """Models would not load, for no reason that llama.cpp gives."""
    library, _folders = ggml(loadable=loadable)

    with pytest.raises(EngineError, match="computes on this CPU"):
        Backends(library).load(Path("/somewhere"))


def test_functions_may_be_in_several_libraries() -> None:
    """As on Windows, where each library is asked for its own alone."""
    library, _folders = ggml(linked=("CPU",))
    list_only = SimpleNamespace(
        ggml_backend_reg_count=library.ggml_backend_reg_count,
        ggml_backend_dev_count=library.ggml_backend_dev_count,
        ggml_backend_dev_get=library.ggml_backend_dev_get,
    )
    base = SimpleNamespace(ggml_backend_dev_name=library.ggml_backend_dev_name)

    assert Backends(list_only, base).names() == ("CPU",)


@pytest.mark.parametrize(
    ("line", "build"),
    [
        ("load_backend: loaded CPU backend from /a b/lib/libggml-cpu-zen4.so", "zen4"),
        ("load_backend: loaded CPU backend from /lib/libggml-cpu-armv8.2_1.so", "armv8.2_1"),
        ("load_backend: loaded CPU backend from /lib/ggml-cpu-haswell.dll", "haswell"),
        ("load_backend: loaded CPU backend from /lib/libggml-cpu.so", ""),
        ("load_backend: loaded Vulkan backend from /lib/libggml-vulkan.so", ""),
        ("llama_model_loader: loaded meta data with 30 key-value pairs", ""),
    ],
)
def test_the_cpu_s_code_is_named_by_its_file(line: str, build: str) -> None:
    """As llama.cpp logs it: it has no function that says which file it took."""
    backends = Backends()
    backends.heard(line)

    assert backends.cpu_build == build


_ASK = """
import json, sys
from pathlib import Path
from ownstack.engine.llama.native import bindings
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.context import ABORTED, Context

model = bindings.LlamaModel(Path(sys.argv[1]))
flag = AbortFlag()
context = Context(model, n_ctx=64, threads=2, flag=flag)
done = context.decode([5, 6, 7], 0)
flag.set()
json.dump({
    "folder": str(Path(bindings.C._lib._name).parent),
    "devices": bindings.devices(),
    "cpu": bindings.cpu_build(),
    "file": str(bindings._backends.cpu_file),
    "done": done,
    "aborted": context.decode([8], 3) == ABORTED,
    "offloads": bindings.offloads(),
    "build": bindings.build(),
}, sys.stdout)
"""


@pytest.mark.native
@pytest.mark.process
@pytest.mark.skipif(not PORTABLE, reason="OWNSTACK_PORTABLE_LLAMA names no unpacked portable wheel")
def test_a_portable_wheel(tmp_path: Path) -> None:
    """It computes, stops when told, and names the code it took; what lies around is not loaded."""
    (tmp_path / "libggml-cpu-zzz.so").write_bytes(b"Whoever's project is open.")
    asked = subprocess.run(
        [sys.executable, "-c", _ASK, str(native.model_file())],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((PORTABLE, str(Path(ownstack.__file__).parents[1]))),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    said = json.loads(asked.stdout)

    assert said["folder"] == str(Path(PORTABLE) / "llama_cpp" / "lib")
    assert (said["done"], said["aborted"], said["offloads"]) == (0, True, False)
    assert (said["devices"], bool(said["cpu"])) == (["CPU"], True)
    assert Path(said["file"]).parent == Path(said["folder"])
    assert str(Path(said["file"]).stat().st_size) in said["build"]
