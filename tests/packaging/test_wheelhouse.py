"""A wheelhouse names what is in it by hashes, and lacks nothing that one of its Pythons needs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ownstack_release import wheelhouse
from ownstack_release.__main__ import main
from ownstack_release.errors import ReleaseError
from ownstack_release.pins import Pin, parse
from ownstack_release.project import pinned
from ownstack_release.targets import TARGETS
from ownstack_release.wheelhouse import requirements

LINUX = TARGETS["linux-x64"]
LOCK = """\
a-b==1 --hash=sha256:sdist
native==2 ; python_full_version < '3.12'
native==3 ; python_full_version >= '3.12'
colorama==4 ; sys_platform == 'win32'
"""
MANY = "manylinux_2_17_x86_64"
WHOLE = (
    "A_B-1-py3-none-any.whl",
    f"native-2-cp311-cp311-{MANY}.whl",
    f"native-3-cp312-cp312-{MANY}.whl",
    f"native-3-cp313-cp313-{MANY}.whl",
)
PYTHONS = ("3.11", "3.12", "3.13")


def pins() -> list[Pin]:
    """Return what LOCK pins."""
    return list(parse(LOCK))


def house(folder: Path, *names: str) -> Path:
    """Write files that differ by their names."""
    for name in names:
        (folder / name).write_text(name, "utf-8")
    return folder


def sha256(name: str) -> str:
    """Return the hash of a file of `house`."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def test_each_distribution_is_named_with_the_hashes_of_its_wheels(tmp_path: Path) -> None:
    """Not those of the index: the wheels here are slimmed. What is for another system is left."""
    lines = requirements(pins(), house(tmp_path, *WHOLE), LINUX, PYTHONS)

    first, second, third, fourth = (f" --hash={sha256(name)}" for name in WHOLE)
    assert lines == [
        f"a-b==1{first}",
        f'native==2; python_full_version < "3.12"{second}',
        f'native==3; python_full_version >= "3.12"{third}{fourth}',
    ]


@pytest.mark.parametrize(
    ("lost", "said"),
    [
        (0, "No wheel of a-b 1 for linux-x64, Python 3.11"),
        (1, "No wheel of native 2 for linux-x64, Python 3.11"),
        (3, "No wheel of native 3 for linux-x64, Python 3.13"),
    ],
)
def test_what_is_missing_is_an_error(tmp_path: Path, lost: int, said: str) -> None:
    """Found where it is made, not where it is installed."""
    names = [name for index, name in enumerate(WHOLE) if index != lost]

    with pytest.raises(ReleaseError, match=said):
        requirements(pins(), house(tmp_path, *names), LINUX, PYTHONS)


def test_pythons_that_are_not_asked_for_are_not_missed(tmp_path: Path) -> None:
    """A wheelhouse for one Python is small."""
    lines = requirements(pins(), house(tmp_path, WHOLE[0], WHOLE[2]), LINUX, ["3.12"])

    assert [line.split(" --hash")[0] for line in lines] == [
        "a-b==1",
        'native==3; python_full_version >= "3.12"',
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "{full}"], "is not empty"),
        (["--to", "{full}/something"], "is not a folder"),
        (["--to", "{new}", "--pythons", "3.11,2.7"], "Python 2.7 is not supported"),
        (["--to", "{new}", "--llama", "{new}.whl"], "There is no wheel"),
        (["--to", "{new}", "--llama", "{full}/something"], "is no wheel"),
    ],
)
def test_what_cannot_be_made_is_said_at_once(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is downloaded."""
    house(tmp_path, "something")
    places = {"full": str(tmp_path), "new": str(tmp_path / "new")}
    given = [argument.format_map(places) for argument in arguments]

    assert main(["wheelhouse", "--target", "linux-x64", *given]) == 1
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("llama_cpp_python-0.0.1-py3-none-linux_x86_64.whl", "pyproject pins"),
        (f"llama_cpp_python-{pinned('llama-cpp-python')}-py3-none-win_amd64.whl", "is not for"),
    ],
)
def test_a_native_wheel_of_another_kind_is_refused(name: str, said: str, tmp_path: Path) -> None:
    """It would be found out only where it is installed."""
    with pytest.raises(ReleaseError, match=said):
        wheelhouse.native(LINUX, house(tmp_path, name) / name, tmp_path)


@pytest.mark.parametrize("platform", ["manylinux_2_28", "linux", "manylinux_2_34"])
def test_the_native_wheel_of_this_target_is_taken(platform: str, tmp_path: Path) -> None:
    """Also one that was built here and is for no other machine, or for newer ones only."""
    name = f"llama_cpp_python-{pinned('llama-cpp-python')}-py3-none-{platform}_x86_64.whl"
    (tmp_path / "to").mkdir()

    wheelhouse.native(LINUX, house(tmp_path, name) / name, tmp_path / "to")

    assert (tmp_path / "to" / name).read_text("utf-8") == name


def test_what_fails_half_way_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The next attempt finds the folder as it was: empty."""

    def broken(_arguments: object, what: str, _env: object = None) -> None:
        (tmp_path / "new" / "build" / "half.whl").touch()
        raise ReleaseError(f"pip could not get {what}")

    monkeypatch.setattr(wheelhouse, "_pip", broken)

    for _ in range(2):
        with pytest.raises(ReleaseError, match="pip could not get"):
            wheelhouse.make(LINUX, tmp_path / "new", ["3.12"])
        assert list((tmp_path / "new").iterdir()) == []
