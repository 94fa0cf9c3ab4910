from pathlib import Path

import pytest

from ownstack_release import licences
from ownstack_release.__main__ import main
from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import distributions
from tests.packaging import samples

BILL = """{"components": [
  {"name": "ring", "version": "0.1", "purl": "pkg:cargo/ring@0.1", "author": "A. N. Author",
   "licenses": [{"expression": "%s"}]},
  {"name": "cc", "version": "1", "purl": "pkg:cargo/cc@1", "scope": "excluded",
   "licenses": [{"license": {"id": "GPL-3.0-only"}}]}]}"""


def listed(folder: Path) -> licences.Listing:
    return licences.write(folder, folder / "LICENCES.txt")


def test_the_list_names_each_thing_once_with_its_texts_once(tmp_path: Path) -> None:
    samples.wheel(tmp_path, "One", tag="cp311-cp311-linux_x86_64")
    samples.wheel(tmp_path, "One", tag="cp312-cp312-linux_x86_64")
    samples.wheel(tmp_path, "two", licence=samples.MIT.replace("\n", "\r\n  "))
    listing = listed(tmp_path)
    assert listing.counts == {"MIT": 2}
    assert listing.text.count("Permission is hereby granted") == 1
    assert listing.text.count("One 1.0") == 1
    assert (tmp_path / "LICENCES.txt").read_text("utf-8") == listing.text
    assert (tmp_path / "LICENCES.txt").read_bytes().count(b"\r") == 0


def test_an_unknown_licence_fails_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples.wheel(tmp_path, "fine")
    samples.wheel(tmp_path, "secret", headers=["License: All rights reserved"])
    samples.wheel(tmp_path, "viral", headers=["License-Expression: AGPL-3.0-only"])
    to = tmp_path / "LICENCES.txt"
    assert main(["licences", "--wheelhouse", str(tmp_path), "--to", str(to)]) == 1
    said = capsys.readouterr().err
    assert "secret 1.0: no licence that is known; it says 'All rights reserved'" in said
    assert "viral 1.0: AGPL-3.0-only is not allowed" in said
    assert "fine" not in said
    assert not to.exists()


def test_a_library_that_nobody_named_fails(tmp_path: Path) -> None:
    samples.wheel(tmp_path, "a", files={"a.libs/libgomp-e985bcbb.so.1.0.0": b"\x7fELF"})
    assert listed(tmp_path).exceptions == (
        "libgomp 1.0.0: GPL-3.0-or-later WITH GCC-exception-3.1",
    )
    samples.wheel(tmp_path, "b", files={"b.libs/libmystery-0123abcd.so.2": b"\x7fELF"})
    with pytest.raises(ReleaseError, match=r"libmystery-0123abcd\.so\.2 is a library nobody named"):
        listed(tmp_path)


def test_crates_of_a_wheels_own_bill_are_listed_and_judged(tmp_path: Path) -> None:
    path = "rusty-1.0.dist-info/sboms/rusty.cdx.json"
    samples.wheel(tmp_path, "rusty", files={path: BILL % "ISC"})
    listing = listed(tmp_path)
    assert "ring 0.1" in listing.text
    assert "by A. N. Author" in listing.text
    assert "ISC License" in listing.text
    samples.wheel(tmp_path, "rusty", files={path: BILL % "SSPL-1.0"})
    with pytest.raises(ReleaseError, match=r"ring 0\.1: SSPL-1\.0 is not allowed"):
        listed(tmp_path)


def test_what_auditwheel_copied_is_judged_by_its_file(tmp_path: Path) -> None:
    """Its bill names the packages of the system that they come from, without a licence."""
    bill = '{"components": [{"name": "libgomp1", "version": "12", "purl": "pkg:deb/libgomp1@12"}]}'
    path = "a-1.0.dist-info/sboms/auditwheel.cdx.json"
    samples.wheel(tmp_path, "a", files={path: bill, "a.libs/libgomp-e985bcbb.so.1.0.0": b"\x7fELF"})
    listing = listed(tmp_path)
    assert listing.exceptions == ("libgomp 1.0.0: GPL-3.0-or-later WITH GCC-exception-3.1",)
    assert "libgomp1" not in listing.text


def test_llama_cpp_is_known_by_its_commit_or_refused(tmp_path: Path) -> None:
    files = {"llama_cpp/lib/libllama.so": b"\x7fELF"}
    samples.wheel(tmp_path, "llama_cpp_python", "0.3.36", files=files)
    assert "llama.cpp 0c1e57098bba43ac29e6e3b677cdceebdd22334f" in listed(tmp_path).text
    samples.wheel(tmp_path, "llama_cpp_python", "9.9.9", files=files)
    with pytest.raises(ReleaseError, match=r"the commit of llama\.cpp is not known"):
        listed(tmp_path)
    said = {**files, "lib/cmake/llama/llama-config.cmake": "set(LLAMA_BUILD_COMMIT abc1234)\n"}
    samples.wheel(tmp_path, "llama_cpp_python", "9.9.9", files=said)
    assert "llama.cpp abc1234" in listed(tmp_path).text


def test_a_library_within_another_has_not_that_ones_version(tmp_path: Path) -> None:
    files = {"llama_cpp/lib/libmtmd.so.0.5.0": b"", "llama_cpp/lib/libllama.so.0.5.0": b""}
    samples.wheel(tmp_path, "llama_cpp_python", "0.3.36", files=files)
    text = listed(tmp_path).text
    assert "stb_image\n" in text
    assert "0.5.0" not in text


def test_the_npm_packages_are_those_with_a_byte_in_the_bundle(tmp_path: Path) -> None:
    client, metafile = samples.client(tmp_path / "client")
    samples.wheel(tmp_path / "house")
    listing = licences.write(tmp_path / "house", tmp_path / "L.txt", metafile, client)
    assert "plain 2.0.0" in listing.text
    assert "@scope/part 1.2.3" in listing.text
    assert "shaken" not in listing.text


def test_a_text_of_megabytes_is_cut_and_said_to_be(tmp_path: Path) -> None:
    samples.wheel(tmp_path, licence=b"words \xe4 " * 400_000)
    text = listed(tmp_path).text
    assert len(text) < distributions.TEXT_AT_MOST_BYTES + 10_000
    assert "[It goes on: sample-1.0.dist-info/licenses/LICENSE in the package.]" in text


def test_no_more_texts_than_a_reader_can_bear(tmp_path: Path) -> None:
    files = {f"sample-1.0.dist-info/licenses/{number}": f"text {number}" for number in range(300)}
    file = samples.wheel(tmp_path, files=files)
    assert len(distributions.read(file).texts) == distributions.TEXTS_AT_MOST


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xef\xbb\xbfplain\r\nlines\r", "plain\nlines"),
        ("Bj\u00f6rn".encode(), "Bj\u00f6rn"),
        ("Bj\u00f6rn".encode("latin-1"), "Bj\u00f6rn"),
        ("Bj\u00f6rn".encode("utf-16"), "Bj\u00f6rn"),
        ("cut \u00f6".encode()[:-1], "cut"),
        (b"\x1b[2J\x00\x07bell\x9b", "[2Jbell"),
        ("turned \u202e back\u200b".encode(), "turned  back"),
        (b"\xff\xfe\x00", "\ufffd"),
    ],
)
def test_bytes_of_any_kind_become_text_without_control_characters(data: bytes, text: str) -> None:
    assert distributions.decoded(data) == text


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd", "outside"),
        ("a/../../b", "outside"),
        ("/etc/passwd", "absolute"),
        ("C:/windows", "absolute"),
        ("a\\..\\b", "Windows"),
        ("a\nb", "control"),
    ],
)
def test_a_member_that_leaves_the_folder_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    samples.wheel(tmp_path, files={name: "x"})
    with pytest.raises(ReleaseError, match=reason):
        listed(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"no archive at all"])
def test_what_is_no_wheel_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "sample-1.0-py3-none-any.whl").write_bytes(content)
    with pytest.raises(ReleaseError, match=r"sample-1\.0-py3-none-any\.whl"):
        listed(tmp_path)


def test_a_damaged_member_is_one_line_of_error(tmp_path: Path) -> None:
    file = samples.wheel(tmp_path, licence="word " * 5000)
    data = bytearray(file.read_bytes())
    at = data.rindex(b"licenses/LICENSE", 0, data.index(b"PK\x01\x02")) + 20
    data[at : at + 8] = b"\xff" * 8
    file.write_bytes(data)
    with pytest.raises(ReleaseError, match="LICENSE cannot be read"):
        listed(tmp_path)


def test_an_empty_house_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="no wheels"):
        listed(tmp_path)
