"""Which projects are evaluated on, and that nothing of them was trained on."""

import hashlib
import zipfile
from pathlib import Path

import pytest

from benchmarks.infilling import projects as module
from benchmarks.infilling.clients import ClientError, run
from benchmarks.infilling.contamination import overlaps
from benchmarks.infilling.projects import (
    Project,
    ProjectError,
    fetched,
    load_projects,
    trained_on,
)
from benchmarks.infilling.sources import decoded, read_project
from benchmarks.packages.documents import Document
from benchmarks.packages.sources import Source
from training.work import save_documents


def made(archive: str = "made.whl", sha256: str = "", **fields: tuple[str, ...]) -> Project:
    return Project("made", "pypi", "1", "MIT", "dev", "python", archive, sha256, **fields)  # type: ignore[arg-type]


def test_no_project_is_trained_on() -> None:
    """The lists in the repository, as they are now."""
    assert trained_on(load_projects()) == []


def test_both_splits_have_four_languages() -> None:
    """And no project is in both."""
    everything = load_projects()

    for split in ("dev", "test"):
        mine = [project for project in everything if project.split == split]
        assert {project.language for project in mine} == {"python", "typescript", "rust", "go"}
    assert len({project.name for project in everything}) == len(everything)


def test_training_under_another_version_or_registry_is_found() -> None:
    """A name says it; what is held out of training may be evaluated on."""
    mine = [made()]

    def source(name: str, registry: str, held_out: bool = False) -> Source:
        return Source(name, registry, "9", "MIT", held_out=held_out)

    assert trained_on(mine, [source("Made", "pypi")]) == ["pypi:made"]
    assert trained_on(mine, [source("rust-made", "debian")]) == ["pypi:made"]
    assert trained_on(mine, [source("made", "pypi", held_out=True)]) == []
    assert trained_on(mine, [source("other", "pypi")]) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [("src/a.py", True), ("src/made/b.py", False), ("srcs/a.py", False), ("a.py", False)],
)
def test_a_project_is_what_its_developer_has(path: str, expected: bool) -> None:
    """Whole folders are included or not; a prefix of a name is no folder."""
    assert made(include=("src",), exclude=("src/made",)).wants(path) == expected


def give(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> list[Path]:
    """Let the client bring an archive with `files`; returns where it was asked to."""
    asked: list[Path] = []

    def download(
        registry: str, name: str, version: str, suite: str, folder: Path, cache: Path
    ) -> None:
        asked.append(folder)
        with zipfile.ZipFile(folder / "made.whl", "w") as archive:
            for path, text in files.items():
                archive.writestr(zipfile.ZipInfo(path), text)

    monkeypatch.setattr(module, "download", download)
    return asked


def test_a_project_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time it is there; paths that lead out of the folder are left out."""
    asked = give(monkeypatch, {"made/a.py": "x = 1\n", "../out.py": "", "docs/b.py": ""})
    with pytest.raises(ProjectError, match="SHA-256") as wrong:
        fetched(made(sha256="0" * 64), tmp_path)
    project = made(sha256=str(wrong.value).split()[3].rstrip(","), include=("made", ".."))

    files = fetched(project, tmp_path)
    again = fetched(project, tmp_path)

    assert files == again
    assert [path.relative_to(files).as_posix() for path in files.rglob("*.*")] == ["made/a.py"]
    assert len(asked) == 2
    assert not list(tmp_path.rglob("out.py"))
    assert hashlib.sha256(b"").hexdigest() not in project.sha256


def test_a_project_that_cannot_be_reached_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the next run tries again."""

    def download(*_: object) -> None:
        raise ClientError("no network")

    monkeypatch.setattr(module, "download", download)

    for _ in range(2):
        with pytest.raises(ProjectError, match="pypi:made 1 was not fetched: no network"):
            fetched(made(), tmp_path)


@pytest.mark.process
def test_a_client_that_is_not_installed_is_named(tmp_path: Path) -> None:
    """So is what a failing one said."""
    with pytest.raises(ClientError, match="no-such-client is not installed"):
        run(["no-such-client"], tmp_path)
    with pytest.raises(ClientError, match="E: no such package"):
        run(["sh", "-c", "echo reading; echo 'E: no such package' >&2; exit 1"], tmp_path)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        (b"\xef\xbb\xbfx", "x"),
        (b"\xff\xfe", None),
        (b"a\0b", None),
    ],
)
def test_only_text_is_read(content: bytes, expected: str | None) -> None:
    r"""UTF-8, line ends as `\n`."""
    assert decoded(content) == expected


def test_copies_in_the_training_texts_are_found(tmp_path: Path) -> None:
    """Half of a project stands in a package that is trained on, under another name."""
    first = "".join(f"first_value_{n} = compute_the_value({n})\n" for n in range(54))
    second = "".join(f"second_value_{n} = compute_the_value({n})\n" for n in range(54))
    root = tmp_path / "made"
    root.mkdir()
    (root / "one.py").write_text(first)
    (root / "two.py").write_text(second)
    corpus = tmp_path / "train.jsonl"
    save_documents(corpus, [Document("pypi:other", "python", "copied.py", first)])

    (found,) = overlaps([read_project("made", "python", root)], corpus)

    assert (found.project, found.runs, found.share) == ("made", 100, 0.5)
