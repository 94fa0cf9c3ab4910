"""Wheels lose what the table says, stay whole otherwise, and come out the same every time."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import shutil
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from ownstack_release import elf
from ownstack_release.errors import ReleaseError
from ownstack_release.slim import Rule, Rules, Slimmer, contents, dropped

INFO = "one-1.dist-info"
NONE = Rules((), (), ())


def wheel(folder: Path, files: dict[str, bytes], name: str = "one-1-py3-none-any.whl") -> Path:
    """Write a wheel."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name_in, data in {**files, f"{INFO}/RECORD": b""}.items():
            archive.writestr(name_in, data)
    return path


def rule(*files: str, of: str = "*", but: tuple[str, ...] = ()) -> Rule:
    """Return a rule about some files."""
    return Rule(of, files, but)


def left(files: dict[str, bytes], *rules: Rule) -> list[str]:
    """Return which files of the distribution "one" stay."""
    going = dropped("one", files, rules)
    return [path for path in files if path not in going]


@pytest.mark.parametrize(
    ("rules", "stays"),
    [
        ([rule("*.pyi")], ["one/a.py", "one/tests/b.py", "one/LICENSE.pyi"]),
        ([rule("one/tests/*", of="one")], ["one/a.py", "one/a.pyi", "one/LICENSE.pyi"]),
        ([rule("one/*", of="two")], ["one/a.py", "one/a.pyi", "one/tests/b.py", "one/LICENSE.pyi"]),
        ([rule("one/*", but=("*.py",))], ["one/a.py", "one/tests/b.py", "one/LICENSE.pyi"]),
    ],
    ids=["everywhere", "of one", "of another", "but some"],
)
def test_what_goes(rules: list[Rule], stays: list[str]) -> None:
    """Patterns are of one distribution or of all; a licence never goes."""
    paths = ["one/a.py", "one/a.pyi", "one/tests/b.py", "one/LICENSE.pyi"]

    assert left(dict.fromkeys(paths, b""), *rules) == stays


def test_what_is_installed_with_a_package_stays() -> None:
    """Its name, its version, its licences: whatever the patterns say."""
    files = {f"{INFO}/METADATA": b"", f"{INFO}/sboms/a.json": b"", "one/a.py": b""}

    assert left(files, rule("*")) == [f"{INFO}/METADATA", f"{INFO}/sboms/a.json"]


def test_a_library_that_another_links_stays() -> None:
    """And what that one links, in turn, in whichever format a name is held."""
    files = {
        "one/ext.so": b"..libfirst.so.2\0..",
        "one/libfirst.so.2": b"..@rpath/libsecond.2.dylib\0..",
        "one/libsecond.2.dylib": b"..Third.DLL\0..",
        "one/third.dll": b"",
        "one/libalone.so.2": b"..libfirst.so.2\0..",
        "one/libfirst.so": b"",
    }

    assert left(files, rule("one/lib*", "one/*.dll")) == [
        "one/ext.so",
        "one/libfirst.so.2",
        "one/libsecond.2.dylib",
        "one/third.dll",
    ]


def test_record_follows_what_is_left(tmp_path: Path) -> None:
    """An installer refuses files that RECORD does not name, and checks their hashes."""
    whole = wheel(tmp_path, {"one/a.py": b"1\n", "one/a.pyi": b"2\n"})
    to = tmp_path / "slim"
    to.mkdir()
    Slimmer(Rules((rule("*.pyi"),), (), ())).slim(whole, to)

    files = contents(to / whole.name)
    digest = urlsafe_b64encode(hashlib.sha256(b"1\n").digest()).rstrip(b"=").decode()
    assert list(csv.reader(files[f"{INFO}/RECORD"].decode().splitlines())) == [
        ["one/a.py", f"sha256={digest}", "2"],
        [f"{INFO}/RECORD", "", ""],
    ]


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    """Whenever they were packed, in whichever order."""
    whole = wheel(tmp_path, {"b.py": b"b" * 9999, "a.py": b"a"})
    other = tmp_path / "other" / whole.name
    other.parent.mkdir()
    with zipfile.ZipFile(other, "w") as archive:
        for path in (f"{INFO}/RECORD", "a.py", "b.py"):
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 2, 3, 4, 6)), contents(whole)[path])
    made = []
    for one in (whole, other):
        to = one.parent / "slim"
        to.mkdir()
        Slimmer(NONE).slim(one, to)
        made.append((to / whole.name).read_bytes())

    assert made[0] == made[1]


def test_each_rule_says_why(tmp_path: Path) -> None:
    """What goes without a reason is missed one day."""
    table = tmp_path / "slim.toml"
    table.write_text('[[drop]]\nof = "one"\nfiles = ["*"]\n', "utf-8")

    with pytest.raises(ReleaseError, match="does not say why"):
        Rules.read(table)


def test_our_table() -> None:
    """Some of what it is for, and of what it must not touch."""
    rules = Rules.read().drop
    gone = ["libarrow_flight.so.2500", "_s3fs.pyd", "libarrow_python.so", "include/arrow/api.h"]
    stays = ["lib.cpython-312-x86_64-linux-gnu.so", "libarrow.so.2500", "_dataset.pyd", "fs.py"]
    stays += ["lib.cpython-312-darwin.so", "libarrow.2500.dylib", "lib.cp312-win_amd64.pyd"]
    files = {f"pyarrow/{name}": b"" for name in (*gone, *stays)}

    assert dropped("pyarrow", files, rules) == {f"pyarrow/{name}" for name in gone}


def built(folder: Path, text: str) -> Path:
    """Compile a small shared library whose answer is a number."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler, on Linux")
    source, library = folder / "answer.c", folder / "libanswer.so"
    source.write_text(text, "utf-8")
    command = [compiler, "-g", "-shared", "-fPIC", "-Wl,--build-id=sha1", "-o", library, source]
    subprocess.run(command, check=True)
    return library


ANSWER = 'const char *made(void) { return "%s"; }\nint answer(void) { return %s; }\n'
ASK = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).answer())"


@pytest.mark.process
def test_a_stripped_library_still_answers(tmp_path: Path) -> None:
    """The loader reads segments; sections and lines for debuggers are gone."""
    library = built(tmp_path, ANSWER % ("12:34:56", "42"))
    whole = library.read_bytes()
    slim = elf.stripped(whole)
    library.write_bytes(slim)
    asked = subprocess.run(
        [sys.executable, "-c", ASK, str(library)], capture_output=True, text=True, check=True
    )

    assert asked.stdout == "42\n"
    assert b".debug_info" in whole
    assert b".debug_info" not in slim
    assert elf.stripped(slim) == slim


@pytest.mark.process
def test_what_differs_only_in_stamps_is_shared(tmp_path: Path) -> None:
    """The build id and the clock are of the build, not of the library; code is not."""
    first, later, other = (
        built(tmp_path, ANSWER % stamp).read_bytes()
        for stamp in (("12:34:56", "42"), ("12:34:57", "42"), ("12:34:56", "43"))
    )
    rules = Rules((), (), (rule("one/lib*"),))
    slimmer, to = Slimmer(rules), tmp_path / "slim"
    to.mkdir()
    given = []
    for python, data in (("cp310", first), ("cp311", later), ("cp312", other)):
        name = f"one-1-{python}-{python}-linux_x86_64.whl"
        slimmer.slim(wheel(tmp_path, {"one/libanswer.so": data}, name), to)
        given.append(contents(to / name)["one/libanswer.so"])

    assert first != later
    assert given == [first, first, other]


def test_other_files_are_left_as_they_are() -> None:
    """A library of macOS is signed, and a text is no library."""
    for data in (b"", b"MZ\x90", b"\xcf\xfa\xed\xfe", b"text"):
        assert elf.stripped(data) == data
        assert elf.unstamped(data) == data


@pytest.mark.skipif(sys.platform != "linux", reason="reads extension modules of Linux")
def test_real_libraries_become_smaller() -> None:
    """What is left is the beginning, but for the header."""
    found = importlib.util.find_spec("psutil._psutil_linux")
    assert found is not None
    assert found.origin is not None
    whole = Path(found.origin).read_bytes()
    slim = elf.stripped(whole)

    assert len(slim) < len(whole)
    assert slim[64:] == whole[64 : len(slim)]


@pytest.mark.parametrize(
    "name", ["cut-1-py3-none-any.whl", "out-1-py3-none-any.whl", "bare-1-py3-none-any.whl"]
)
def test_a_wheel_that_is_damaged_is_named(name: str, tmp_path: Path) -> None:
    """Cut short, with a file outside of it, or without the list of what it holds."""
    if name.startswith("bare"):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("bare/__init__.py", b"")
    else:
        made = wheel(tmp_path, {"../out.py" if name.startswith("out") else "a.py": b"x"}, name)
        data = made.read_bytes()
        made.write_bytes(data[: len(data) // 2] if name.startswith("cut") else data)
    (tmp_path / "to").mkdir()

    with pytest.raises(ReleaseError, match=name):
        Slimmer(Rules((), (), ())).slim(tmp_path / name, tmp_path / "to")
