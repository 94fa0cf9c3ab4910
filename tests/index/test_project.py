"""An index says what the disk says, whatever happens to either."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.errors import IndexingError
from ownstack.extract.classify import FLAG_PLAIN
from ownstack.files import scan as scanning
from ownstack.files.scan import too_broad
from ownstack.index.project import ProjectIndex
from ownstack.index.status import Progress
from ownstack.index.update import workers
from ownstack.index.update.jobs import ReadFiles
from tests.support.indexing import (
    FILES,
    LengthEmbedder,
    found,
    open_again,
    open_index,
    shown,
    write,
)

pytestmark = pytest.mark.process


def test_everything_is_found_after_a_refresh(index: ProjectIndex) -> None:
    """Text, symbols, references, vectors, and what kind of file it is."""
    snapshot = index.snapshot
    symbols = {snapshot.symbol(row).name for row in range(snapshot.symbol_count)}

    assert found(index, "bind_socket") >= {"app/net.py", "app/server.py"}
    assert {"start_server", "bind_socket", "test_bind"} <= symbols
    assert {use.path for use in snapshot.references("bind_socket")} >= {"app/server.py"}
    assert [file.path for file in snapshot.files() if file.is_test] == ["test/test_net.py"]
    assert snapshot.embedded_count == snapshot.chunk_count > 0
    assert snapshot.vectors().min(axis=0)[1] >= 2
    assert "Sockets are bound once." in shown(index)


def test_a_reopened_index_is_the_same_and_reads_nothing(
    root: Path, cache: Path, index: ProjectIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was stored is all there is to know; unless a file has changed."""
    before, symbols = shown(index), index.snapshot.symbol_count
    for path in root.rglob("*.*"):
        os.utime(path, (1, 1))
    index.refresh()
    index.close()

    with open_again(root, cache) as again:
        assert shown(again) == before
        plan = again.refresh()

        assert plan.read == plan.gone == ()
        assert shown(again) == before
        assert again.snapshot.symbol_count == symbols
        assert again.snapshot.embedded_count == again.snapshot.chunk_count
        assert again.snapshot.vectors().min(axis=0)[1] >= 2


def test_what_changed_and_what_went(root: Path, index: ProjectIndex) -> None:
    """One look brings all of it."""
    write(root, {"app/net.py": "def listen(port):\n    pass\n", "new.py": "def fresh(): pass\n"})
    shutil.rmtree(root / "test")

    plan = index.refresh()

    assert (set(plan.read), set(plan.gone)) >= ({"app/net.py", "new.py"}, {"test/test_net.py"})
    assert found(index, "listen") == {"app/net.py"}
    assert found(index, "fresh") == {"new.py"}
    assert {file.path for file in index.snapshot.files()} == {
        *("app/net.py", "app/server.py", "new.py", "notes.md"),
    }


def test_single_files_are_looked_at_alone(root: Path, index: ProjectIndex) -> None:
    """A file that changed, is new, or went; a folder or ignore file wants a look at all."""
    write(root, {"app/net.py": "def listen(port):\n    pass\n", "new.py": "def fresh(): pass\n"})
    (root / "notes.md").unlink()

    assert index.update(["app/net.py", "new.py", "notes.md", "never.py"])
    assert found(index, "listen", "fresh", "once") == {"app/net.py", "new.py"}
    assert index.snapshot.embedded_count == int(index.snapshot.live.sum())
    assert not index.update(["app"])
    assert not index.update(["app/.gitignore"])
    shutil.rmtree(root / "app")
    assert not index.update(["app"])


def test_what_is_ignored_now_goes(root: Path, index: ProjectIndex) -> None:
    """And comes back when it is not."""
    (root / ".gitignore").write_text("app/\n")
    index.refresh()
    assert found(index, "port") == set()
    assert index.reason("app/net.py") == "It is ignored (.gitignore)."

    (root / ".gitignore").unlink()
    index.refresh()
    assert found(index, "port") == {"app/net.py", "app/server.py"}


def test_a_branch_switch_extracts_and_embeds_nothing_twice(
    root: Path, cache: Path, index: ProjectIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was read once is found again by its content, also after a restart."""
    write(root, {"app/net.py": "def other_branch(port):\n    pass\n"})
    index.refresh()
    index.close()
    with open_again(root, cache) as again:
        jobs: list[ReadFiles] = []
        answers = []
        real = again._pool.do

        def spy(work):  # type: ignore[no-untyped-def]
            for job, answer in real(work):
                jobs.append(job)
                answers.append(answer)
                yield job, answer

        monkeypatch.setattr(again._pool, "do", spy)
        write(root, {"app/net.py": FILES["app/net.py"]})
        again.refresh()

        assert [answer.batch.documents for answer in answers] == [()] * len(answers)
        assert found(again, "other", "branch") == set()
        assert "bind_socket(port):" in shown(again)
        assert again.snapshot.embedded_count == int(again.snapshot.live.sum())


def test_an_unsaved_text_hides_its_file_until_it_is_given_up(
    root: Path, index: ProjectIndex
) -> None:
    """Also while the file changes on disk."""
    index.overlay("app/net.py", "def unsaved_thought(port):\n    pass\n")
    assert found(index, "unsaved") == {"app/net.py"}
    write(root, {"app/net.py": "def saved_by_others(port):\n    pass\n"})
    index.refresh()
    assert index.update(["app/net.py"])
    assert found(index, "unsaved", "saved") == {"app/net.py"}
    assert "saved_by_others" not in shown(index)

    index.overlay("app/net.py", None)
    assert "unsaved_thought" not in shown(index)
    assert "saved_by_others" in shown(index)


def test_an_overlay_that_is_given_up_unchanged(
    root: Path, cache: Path, index: ProjectIndex
) -> None:
    """The file is there again as it was; a buffer without a file leaves nothing behind."""
    before = shown(index)
    index.overlay("app/net.py", "x = 1\n")
    index.overlay("never_saved.py", "def draft(): pass\n")
    assert found(index, "draft") == {"never_saved.py"}
    index.overlay("app/net.py", None)
    index.overlay("never_saved.py", None)

    assert shown(index) == before
    index.close()
    with open_again(root, cache) as again:
        assert shown(again) == before


def test_names_that_would_break_a_filter(root: Path, index: ProjectIndex, cache: Path) -> None:
    """Quotes, newlines, what SQL is made of: names are only names."""
    names = ["a'b.py", 'q".py', "new\nline.py", "') OR (true.py", "A.py", "a.py", "\udcff.py"]
    for number, name in enumerate(names):
        with open(os.fsencode(root) + b"/" + os.fsencode(name), "w") as file:
            file.write(f"def odd_{number}(): pass\n")
    index.refresh()
    index.close()

    with open_again(root, cache) as again:
        again.refresh()
        assert found(again, "odd") == set(names)
        os.unlink(os.fsencode(root) + b"/" + os.fsencode(names[3]))
        again.refresh()
        assert found(again, "odd", "port") == set(names) - {names[3]} | {
            *("app/net.py", "app/server.py"),
        }


def test_a_file_that_cannot_be_read_now(root: Path, index: ProjectIndex) -> None:
    """Is not in it, and the reason is told; also when it was in it before."""
    write(root, {"app/net.py": "binary\0now"})
    index.refresh()

    assert index.reason("app/net.py") == "It is binary."
    assert index.reason("none.py") == "There is no such file."
    assert index.reason("app/server.py") == ""
    assert found(index, "bind") == {"app/server.py", "test/test_net.py"}
    assert index.status().left_out["It is binary."] == 1


def test_source_code_about_secrets_is_found(root: Path, index: ProjectIndex) -> None:
    """Unless it holds some, which an unsaved text may, too."""
    text = "def make_token(): pass\n"
    write(root, {"secrets.py": text, "app/secrets.py": text + "API_KEY = 'abcdef123'\n"})
    index.refresh()

    assert found(index, "token") == {"secrets.py"}
    assert index.reason("app/secrets.py") == "It holds secrets, by its name and by what it says."
    index.overlay("secrets.py", text + "API_KEY = 'abcdef123'\n")
    assert found(index, "token", "abcdef123") == set()
    index.overlay("secrets.py", None)
    assert found(index, "token") == {"secrets.py"}


def test_a_file_that_kills_its_parser_is_held_as_plain_text(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And harms no other; here a real worker is told to die of a name."""
    monkeypatch.setenv("OWNSTACK_TEST_DEADLY", "deadly.py")
    monkeypatch.setattr(
        workers,
        "_MAIN",
        "import os\n"
        "from ownstack.index.update import tasks\n"
        "real = tasks._extracted\n"
        "def extracted(file, *rest, **more):\n"
        "    if file.path == os.environ['OWNSTACK_TEST_DEADLY'] and not file.plain:\n"
        "        os._exit(139)\n"
        "    return real(file, *rest, **more)\n"
        "tasks._extracted = extracted\n" + workers._MAIN,
    )
    write(root, {"deadly.py": "def deadly_function(): pass\n"})
    index = open_index(root, cache)
    index.refresh()

    assert found(index, "deadly") == {"deadly.py"}
    assert "bind_socket(port):" in shown(index)
    flags = {document.path: document.flags & FLAG_PLAIN for document in index.snapshot.documents}
    assert [path for path, flag in flags.items() if flag] == ["deadly.py"]
    index.close()


def test_many_files(
    root: Path, cache: Path, index: ProjectIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder with too many entries is read to the limit, and the status says so."""
    write(root, {f"many/{n}.txt": f"text {n}\n" for n in range(60)})
    monkeypatch.setattr(scanning, "MAX_ENTRIES", 30)
    index.refresh()

    assert index.status().n_files <= 30
    assert any("more than 30 entries" in reason for reason in index.status().left_out)


def test_progress_and_status(root: Path, cache: Path) -> None:
    """Counts, sizes and age are those of what can be found."""
    index = open_index(root, cache)
    told: list[Progress] = []
    assert index.status().phase == "new"
    index.refresh(told.append)
    status = index.status()
    index.close()

    assert [(progress.phase, progress.n_done, progress.n_all) for progress in told] == [
        ("reading", 4, 4),
        ("embedding", 4, 4),
    ]
    assert (status.n_files, status.phase, status.message) == (4, "ready", "")
    assert status.n_chunks == status.n_embedded >= 4
    assert status.n_lines == sum(text.count("\n") for text in FILES.values())
    assert status.size_bytes > 0
    assert status.refreshed is not None


def test_the_home_folder_is_asked_for(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So is what holds it; with `force` it is what the user means."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    assert "holds your home" in too_broad(tmp_path)
    assert too_broad(tmp_path / "home" / "code") == ""
    with pytest.raises(IndexingError, match="home folder"):
        open_index(tmp_path / "home", cache)
    open_index(tmp_path / "home", cache, force=True).close()


def test_a_folder_that_is_none(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(IndexingError, match="not a folder"):
        open_index(tmp_path / "none", cache)


def test_nothing_is_written_into_the_project(root: Path, index: ProjectIndex) -> None:
    """Only what was there is there."""
    assert {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()} == set(
        FILES
    )


def test_an_embedder_of_the_package_works_in_the_workers(root: Path, cache: Path) -> None:
    """With the very same vectors as here."""
    from ownstack.index.embedding.embedder import default_embedder

    index = ProjectIndex.open(root, cache, default_embedder(), n_workers=1)
    index.refresh()
    row = index.snapshot.rows_of("app/net.py")[0]
    chunk = index.snapshot.chunk(row)
    assert chunk is not None
    expected = default_embedder().embed([f"{chunk.header}\n{chunk.text}"])[0]

    assert index.snapshot.embedded_count == index.snapshot.chunk_count
    assert index.snapshot.vectors()[row] == pytest.approx(expected, abs=1e-3)
    index.close()


def test_another_embedder_makes_vectors_anew(root: Path, cache: Path, index: ProjectIndex) -> None:
    """Nothing else is read again."""
    index.close()

    class Other(LengthEmbedder):
        name = "other"

    other = ProjectIndex.open(root, cache, Other(), n_workers=1)
    assert other.snapshot.chunk_count > 0
    assert other.snapshot.embedded_count == 0
    other.refresh()
    assert other.snapshot.embedded_count == other.snapshot.chunk_count
    other.close()


def test_a_second_process_reads_while_the_first_one_writes(
    root: Path, cache: Path, index: ProjectIndex
) -> None:
    """It sees what was written, writes nothing, and takes over when the first one is gone."""
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.support.indexing import found, open_index\n"
        "second = open_index(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "for line in sys.stdin:\n"
        "    second.refresh()\n"
        "    print(second.status().is_reader, sorted(found(second, 'port', 'later')), flush=True)\n"
    )
    second = subprocess.Popen(
        [sys.executable, "-c", script, str(root), str(cache)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    def ask() -> str:
        assert second.stdin is not None
        assert second.stdout is not None
        second.stdin.write("\n")
        second.stdin.flush()
        return second.stdout.readline().strip()

    assert ask() == "True ['app/net.py', 'app/server.py']"
    write(root, {"later.py": "def later(): pass\n"})
    index.refresh()
    assert ask() == "True ['app/net.py', 'app/server.py', 'later.py']"
    index.close()
    assert ask() == "False ['app/net.py', 'app/server.py', 'later.py']"
    second.communicate()
    assert second.returncode == 0
