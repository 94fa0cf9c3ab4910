"""How llama-cpp-python is built for each platform, and what is taken for it."""

from __future__ import annotations

import argparse
import hashlib
import tarfile
import zipfile
from pathlib import Path

import pytest

from ownstack_release import llama, llama_options
from ownstack_release.errors import ReleaseError
from ownstack_release.project import pinned
from ownstack_release.targets import TARGETS, here

VERSION = pinned(llama.NAME)
SDIST = f"llama_cpp_python-{VERSION}.tar.gz"


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_every_platform_gets_the_code_for_all_of_its_cpus(target) -> None:
    """As loadable libraries, none of it for the CPU of the machine that compiles."""
    defined = llama_options.definitions(target)

    assert defined["GGML_NATIVE"] == "OFF"
    assert defined["GGML_BACKEND_DL"] == defined["GGML_CPU_ALL_VARIANTS"] == "ON"
    assert defined["BUILD_SHARED_LIBS"] == "ON"
    assert defined["GGML_VULKAN"] == "OFF"
    assert llama_options.definitions(target, vulkan=True) == {**defined, "GGML_VULKAN": "ON"}


@pytest.mark.parametrize(
    ("target", "openmp", "metal"),
    [
        ("linux-x64", "ON", None),
        ("linux-arm64", "ON", None),
        ("darwin-arm64", "OFF", "ON"),
        ("darwin-x64", "OFF", "OFF"),
        ("win32-x64", "OFF", None),
    ],
)
def test_what_differs_by_platform(target: str, openmp: str, metal: str | None) -> None:
    """OpenMP where it can be carried along, Metal on Apple's own processors."""
    assert llama_options.definitions(TARGETS[target])["GGML_OPENMP"] == openmp
    assert llama_options.inner(TARGETS[target]).get("GGML_METAL") == metal


def test_a_mac_s_oldest_system_is_that_of_its_tags() -> None:
    """The compiler and the wheel's name are told the same."""
    target = TARGETS["darwin-arm64"]
    system = llama_options.macos(target)

    assert llama_options.definitions(target)["CMAKE_OSX_DEPLOYMENT_TARGET"] == system
    assert llama_options.environment(target, Path("/s"), 0)["MACOSX_DEPLOYMENT_TARGET"] == system
    assert target.pip_platforms == (f"macosx_{system.replace('.', '_')}_arm64",)


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_no_path_and_no_time_gets_into_what_is_compiled(target) -> None:
    """Two builds in two folders are to be the same bytes."""
    environment = llama_options.environment(target, Path("/some/where"), 1_767_225_600)

    assert environment["SOURCE_DATE_EPOCH"] == "1767225600"
    for flags in (environment["CFLAGS"], environment["CXXFLAGS"]):
        assert flags == f"-ffile-prefix-map={Path('/some/where')}=."


def test_variables_are_what_cmake_reads() -> None:
    """Whatever stands in them: a dollar and quotes are themselves."""
    assert llama_options.injected({"A": "$ORIGIN", "B": 'x "y"'}) == (
        'set(A [==[$ORIGIN]==])\nset(B [==[x "y"]==])\n'
    )


def test_the_pinned_source_is_taken(tmp_path: Path) -> None:
    """By its name, where no lock names a hash."""
    (tmp_path / SDIST).write_bytes(b"source")
    llama.check(tmp_path / SDIST, tmp_path / "no lock")

    with pytest.raises(ReleaseError, match=f"not the source of llama-cpp-python {VERSION}"):
        llama.check(tmp_path / "llama_cpp_python-0.3.1.tar.gz", tmp_path / "no lock")


@pytest.mark.parametrize(("content", "fits"), [(b"source", True), (b"other", False)])
def test_the_source_is_the_file_that_the_lock_names(
    tmp_path: Path, content: bytes, fits: bool
) -> None:
    """One of its hashes; those of other distributions do not count."""
    (tmp_path / SDIST).write_bytes(content)
    ours, other = (hashlib.sha256(text).hexdigest() for text in (b"source", b"other"))
    lock = tmp_path / "lock.txt"
    lock.write_text(
        f"httpx==1 \\\n    --hash=sha256:{other}\n"
        f"llama-cpp-python=={VERSION} ; python_version > '3' \\\n"
        f"    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{ours}\n    # via ownstack\n"
        f"numpy==2 \\\n    --hash=sha256:{other}\n",
        "utf-8",
    )

    if fits:
        llama.check(tmp_path / SDIST, lock)
    else:
        with pytest.raises(ReleaseError, match="hash"):
            llama.check(tmp_path / SDIST, lock)


@pytest.mark.parametrize(
    ("name", "vulkan"),
    [
        (f"llama_cpp_python-{VERSION}-py3-none-manylinux_2_28_x86_64.whl", False),
        (f"llama_cpp_python-{VERSION}-py3-none-win_amd64.whl", False),
        (f"llama_cpp_python-{VERSION}-1vulkan-py3-none-manylinux_2_28_x86_64.whl", True),
    ],
)
def test_the_wheel_s_name(name: str, vulkan: bool) -> None:
    """Its platform is what the tool that looked into it says."""
    assert llama.wheel_name(name, vulkan=vulkan) == name
    with pytest.raises(ReleaseError):
        llama.wheel_name(name, vulkan=not vulkan)


@pytest.mark.parametrize(
    "name",
    [
        f"llama_cpp_python-{VERSION}-cp311-cp311-linux_x86_64.whl",
        "llama_cpp_python-0.3.1-py3-none-linux_x86_64.whl",
    ],
)
def test_a_wheel_for_one_python_or_another_version_is_refused(name: str) -> None:
    """One wheel serves all Pythons; the bindings fit one version."""
    with pytest.raises(ReleaseError):
        llama.wheel_name(name)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("llama_cpp/llama_cpp.py", True),
        ("llama_cpp/lib/libggml-cpu-zen4.so", True),
        ("llama_cpp/lib/ggml.dll", True),
        ("llama_cpp_python.libs/libgomp-1a2b.so.1", True),
        ("llama_cpp/lib/ggml.lib", False),
        ("llama_cpp/lib/cmake/ggml/ggml-config.cmake", False),
        ("include/ggml.h", False),
        ("lib/libllama.so", False),
    ],
)
def test_only_what_a_program_loads_is_in_the_wheel(name: str, kept: bool) -> None:
    """No headers, nothing for compilers, no library twice."""
    assert (llama._UNNEEDED.match(name) is None) == kept


def test_the_source_is_unpacked_once(tmp_path: Path) -> None:
    """What was compiled from it in an earlier run stays usable."""
    (tmp_path / "llama_cpp_python-1").mkdir()
    (tmp_path / "llama_cpp_python-1" / "pyproject.toml").write_text("", "utf-8")
    with tarfile.open(tmp_path / SDIST, "w:gz") as archive:
        archive.add(tmp_path / "llama_cpp_python-1", "llama_cpp_python-1")
    source = llama.unpacked(tmp_path / SDIST, tmp_path / "source")
    (source / "kept").touch()

    assert llama.unpacked(tmp_path / SDIST, tmp_path / "source") == source
    assert sorted(path.name for path in source.iterdir()) == ["kept", "pyproject.toml"]


def test_a_wheel_is_built_on_its_platform(tmp_path: Path) -> None:
    """Before anything is fetched."""
    other = next(target for target in TARGETS.values() if target != here())

    with pytest.raises(ReleaseError, match=f"must be built on {other.name}"):
        llama.run(argparse.Namespace(target=other, to=tmp_path))


def test_microsoft_s_libraries_are_asked_for_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a Developer Command Prompt, where they are is not known."""
    monkeypatch.delenv("VCTOOLSREDISTDIR", raising=False)

    with pytest.raises(ReleaseError, match=r"vcruntime140\.dll.*Developer Command Prompt"):
        llama.add_runtime(tmp_path / "a.whl")


def test_microsoft_s_libraries_are_put_beside_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a Developer Command Prompt says that they are; all of them, or it is an error."""
    folder = tmp_path / "x64" / "Microsoft.VC143.CRT"
    folder.mkdir(parents=True)
    monkeypatch.setenv("VCTOOLSREDISTDIR", str(tmp_path))
    wheel = tmp_path / "a.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("a-1.dist-info/RECORD", "")
    for name in ("msvcp140.dll", "vcruntime140.dll"):
        (folder / name).write_bytes(name.encode())
    with pytest.raises(ReleaseError, match=r"^vcruntime140_1\.dll not found"):
        llama.add_runtime(wheel)
    (folder / "vcruntime140_1.dll").write_bytes(b"")
    llama.add_runtime(wheel)

    with zipfile.ZipFile(wheel) as made:
        assert made.read("llama_cpp/lib/msvcp140.dll") == b"msvcp140.dll"
        assert "llama_cpp/lib/vcruntime140_1.dll" in made.namelist()
