from pathlib import Path

import pytest

from ownstack_release.__main__ import main
from tests.packaging import samples

LATER = (2026, 5, 6, 7, 8, 10)


def compared(capsys: pytest.CaptureFixture[str], first: Path, second: Path) -> tuple[int, str]:
    status = main(["compare", str(first), str(second)])
    said = capsys.readouterr()
    return status, said.out + said.err


def test_the_same_bytes_are_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = samples.archive(tmp_path / "a.vsix", {"x": "1"})
    second = samples.archive(tmp_path / "b.vsix", {"x": "1"})
    status, said = compared(capsys, first, second)
    assert status == 0
    assert said.startswith("the same bytes: SHA-256 ")


def test_times_are_stamps_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheels = [
        samples.archive(tmp_path / name, {"m.py": "1"}, time)
        for name, time in (("a.whl", samples.TIME), ("b.whl", LATER))
    ]
    packages = [
        samples.archive(tmp_path / f"{each.stem}.vsix", {"w.whl": each.read_bytes()}, time)
        for each, time in zip(wheels, (samples.TIME, LATER), strict=True)
    ]
    assert compared(capsys, *packages) == (0, "the same but for stamps: the times of members\n")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({"x": "1", "y": "3"}, "y: 1 and 1 bytes, first at byte 0"),
        ({"x": "1"}, "y: in the first alone"),
        ({"x": "1", "y": "2", "z": ""}, "z: in the second alone"),
        ({"y": "2", "x": "1"}, "x stands where y does in the second"),
        ({"x": "1", "y": "22"}, "y: 1 and 2 bytes, first at byte 1"),
    ],
)
def test_what_differs_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], second: dict[str, str], said: str
) -> None:
    first = samples.archive(tmp_path / "a.vsix", {"x": "1", "y": "2"})
    status, output = compared(capsys, first, samples.archive(tmp_path / "b.vsix", second))
    assert status == 1
    assert said in output


def test_permissions_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = samples.archive(tmp_path / "a.vsix", {"x": "1"})
    second = samples.archive(tmp_path / "b.vsix", {"x": "1"}, mode=0o100755)
    status, said = compared(capsys, first, second)
    assert status == 1
    assert "x: permissions (0o100644 and 0o100755)" in said


def test_a_wheel_inside_is_compared_member_by_member(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = []
    for name, text in (("a", "same"), ("b", "sane")):
        wheel = samples.wheel(tmp_path / name, licence=text)
        packages.append(samples.vsix(tmp_path / f"{name}.vsix", [wheel]))
    status, said = compared(capsys, *packages)
    assert status == 1
    assert said == (
        "extension/bundled/sample-1.0-py3-none-any.whl > "
        "sample-1.0.dist-info/licenses/LICENSE: 4 and 4 bytes, first at byte 2\n"
    )


def test_an_unsafe_or_missing_archive_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = samples.archive(tmp_path / "a.vsix", {"x": "1"})
    unsafe = samples.archive(tmp_path / "b.vsix", {"../x": "1"})
    status, said = compared(capsys, fine, unsafe)
    assert status == 1
    assert "outside" in said
    status, said = compared(capsys, fine, tmp_path / "none.vsix")
    assert status == 1
    assert "none.vsix cannot be read" in said


def test_many_differences_are_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = samples.archive(tmp_path / "a.vsix", {f"{at}": "1" for at in range(500)})
    second = samples.archive(tmp_path / "b.vsix", {f"{at}": "2" for at in range(500)})
    status, said = compared(capsys, first, second)
    assert status == 1
    assert len(said.splitlines()) == 41
