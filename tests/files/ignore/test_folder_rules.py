"""Which rules hold where: of repositories, of their worktrees, of the user; the two ways to ask."""

import logging
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ownstack.files.ignore import folder_rules
from ownstack.files.scan import Judge, reason, scan, tells_of_others

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")


def tree(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"x = '{name}'\n")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def git(*arguments: str, folder: Path) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, *names: str) -> Path:
    """Make a repository with some files in its only commit."""
    tree(folder, *names)
    git("init", "-q", "-b", "main", folder=folder)
    git("add", "-f", ".", folder=folder)
    git("commit", "-qm", "x", folder=folder)
    return folder


def read(folder: Path) -> set[str]:
    """Return what is read of a folder; of each file that is there both ways to ask agree."""
    found = {entry.path for entry in scan(folder) if not entry.reason}
    judge = Judge(folder)
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert {path for path in files if not judge.reason(path)} == found
    return {path for path in found if path.rpartition("/")[2] not in (".gitignore", ".gitmodules")}


@pytest.mark.parametrize(
    "rules",
    ["*\n!*/\n!*.h\n", "*\n!sub/\n!/*.h\n!*.h\n!deep/\n", "\ufeff*.py\n"],
)
def test_the_last_rule_that_matches_decides_for_folders_too(tmp_path: Path, rules: str) -> None:
    """`*` ignores a folder, and a rule for folders takes that back."""
    tree(tmp_path, "a.h", "b.py", "sub/a.h", "sub/b.py", "sub/deep/c.h")
    write(tmp_path / ".gitignore", rules)

    assert read(tmp_path) == {"a.h", "sub/a.h", "sub/deep/c.h"}


def test_a_name_of_many_letters_and_a_pattern_of_many_stars(tmp_path: Path) -> None:
    """Are compared like any other."""
    write(tmp_path / ".gitignore", "*a" * 14 + "*b\n")
    tree(tmp_path, "a" * 120)

    assert read(tmp_path) == {"a" * 120}


def test_the_users_own_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all folders; a repository's own ones are stronger; it says which file ignores."""
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user/.config"))
    project = tmp_path / "project"
    tree(project, ".git/HEAD", "scratch/a.py", "kept/b.py", "c.tmp", "sub/c.tmp", "d.tmp")
    write(project / ".git/info/exclude", "!d.tmp\n")
    write(tmp_path / "user/.config/git/ignore", "scratch/\n*.tmp\n")

    assert read(project) == {"kept/b.py", "d.tmp"}
    assert reason(project, "c.tmp") == "It is ignored (~/.config/git/ignore)."
    assert reason(project, "scratch/a.py") == "It is ignored (~/.config/git/ignore)."

    write(tmp_path / "user/.gitconfig", "[core]\n\texcludesFile = ~/rules\n")
    write(tmp_path / "user/rules", "kept\n")
    assert read(project) == {"scratch/a.py", "c.tmp", "sub/c.tmp", "d.tmp"}


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/ptmx", "fifo", "rules", "huge", "."])
@pytest.mark.parametrize("place", [".gitignore", ".ownstackignore", ".git/info/exclude"])
def test_rules_that_are_no_regular_file_are_not_read(
    tmp_path: Path, place: str, target: str
) -> None:
    """A link in a folder is none for git either, and is named; that of git itself is followed."""
    project = tmp_path / "project"
    tree(project, "a.py", ".git/HEAD", ".git/info/x")
    os.mkfifo(tmp_path / "fifo")
    write(tmp_path / "rules", "a.py\n")
    with open(tmp_path / "huge", "wb") as file:
        file.truncate(2**31)
    (project / place).symlink_to(target if target.startswith("/") else tmp_path / target)

    is_read = target == "rules" and place.startswith(".git/")
    assert read(project) == (set() if is_read else {"a.py"})
    if not place.startswith(".git/"):
        assert reason(project, place) == "It is a link."


def test_rules_in_a_pipe_are_not_waited_for(tmp_path: Path) -> None:
    """And it is named."""
    tree(tmp_path, "a.py")
    os.mkfifo(tmp_path / ".gitignore")

    assert read(tmp_path) == {"a.py"}
    assert reason(tmp_path, ".gitignore") == "It is neither a file nor a folder."


def test_of_a_huge_file_of_rules_the_first_ones_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whole lines only, and it is said."""
    monkeypatch.setattr(folder_rules, "MAX_IGNORE_BYTES", 20)
    tree(tmp_path, "a.py", "b.py", "c.py")
    write(tmp_path / ".gitignore", "a.py\nnothing\nb.py\n*.py\n")

    with caplog.at_level(logging.WARNING):
        assert read(tmp_path) == {"c.py"}
    assert "too large" in caplog.text


@pytest.mark.parametrize(
    ("rules", "opened"),
    [
        ("build/\n", "build"),
        ("build/\n", "build/pkg"),
        ("/build/*\n!/build/.gitkeep\n", "build"),
        ("build/**\n", "build"),
        ("*\n", "build/pkg"),
        ("vendor\n", "vendor/checkout"),
    ],
)
def test_a_folder_that_is_opened_by_name_counts(tmp_path: Path, rules: str, opened: str) -> None:
    """Though a repository above it ignores it; its own rules hold, and nothing else does."""
    tree(tmp_path, ".git/HEAD", f"{opened}/a.py", f"{opened}/b.log", f"{opened}/c.tmp")
    write(tmp_path / ".gitignore", rules + "*.log\n")
    write(tmp_path / opened / ".gitignore", "*.tmp\n")

    assert read(tmp_path / opened) == {"a.py", "b.log"}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("*.log\n/other/\n", {"a.py", "sub/c.h"}),
        ("*\n!*/\n!*.h\n", {"sub/c.h"}),
        ("src/*\n!src/sub/\n", {"sub/b.log", "sub/c.h"}),
        ("src/sub/\n", {"a.py", "b.log"}),
    ],
)
def test_a_part_of_a_repository_has_the_rules_of_all_of_it(
    tmp_path: Path, rules: str, expected: set[str]
) -> None:
    """Unless they ignore that part as a whole."""
    tree(tmp_path, ".git/HEAD", "src/a.py", "src/b.log", "src/sub/b.log", "src/sub/c.h")
    write(tmp_path / ".gitignore", rules)

    assert read(tmp_path / "src") == expected


@pytest.mark.parametrize("rules", ["*\n", "*.py\n"])
def test_if_nothing_is_left_that_is_said(tmp_path: Path, rules: str) -> None:
    """So that nobody wonders why nothing is found; rules themselves are nothing to find."""
    tree(tmp_path, "a.py", "sub/b.py")
    write(tmp_path / ".gitignore", rules)

    said = list(scan(tmp_path))[-1]

    assert said.path == ""
    assert said.reason == "No file is left to be read: others are ignored (.gitignore)."


@pytest.mark.process
@needs_git
@pytest.mark.parametrize("opened", ["", "sub", ".worktrees/two"])
def test_a_project_with_worktrees_is_read_once(tmp_path: Path, opened: str) -> None:
    """Whichever of them is opened; the pointer is no text, and the shared `info/exclude` holds."""
    top = repository(tmp_path / "project", "a.py", "sub/b.py")
    for name in (".worktrees/one", ".worktrees/two", "sub/three", ".worktrees/two/four"):
        git("worktree", "add", "-q", str(top / name), folder=top)
        tree(top / name, "new.py", "excluded.py")
    write(top / ".git/info/exclude", "excluded.py\n")

    expected = {
        "": {"a.py", "sub/b.py"},
        "sub": {"b.py"},
        ".worktrees/two": {"a.py", "sub/b.py", "new.py"},
    }
    assert read(top / opened) == expected[opened]
    said = {entry.path: entry.reason for entry in scan(top)}
    assert "another worktree" in said["sub/three/"]
    assert "where the repository lies" in reason(top / ".worktrees/two", ".git")
    assert reason(top, "sub/three/new.py") == said["sub/three/"]


@pytest.mark.process
@needs_git
def test_a_worktree_that_git_forgot_is_still_one(tmp_path: Path) -> None:
    """Its files are there all the same."""
    top = repository(tmp_path / "project", "a.py")
    git("worktree", "add", "-q", str(top / "other"), folder=top)
    shutil.rmtree(top / ".git/worktrees")

    assert read(top) == {"a.py"}


@pytest.mark.process
@needs_git
def test_worktrees_beside_each_other(tmp_path: Path) -> None:
    """Of a folder that holds them all, the main one counts."""
    top = repository(tmp_path / "all/project", "a.py")
    git("worktree", "add", "-q", str(tmp_path / "all/feature"), folder=top)

    assert read(tmp_path / "all") == {"project/a.py"}
    assert read(tmp_path / "all/feature") == {"a.py"}


@pytest.mark.process
@needs_git
@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_folder_that_holds_nothing_but_worktrees(tmp_path: Path, is_ignored: bool) -> None:
    """One of them counts."""
    top = repository(tmp_path / "project", "a.py")
    for name in ("one", "two"):
        git("worktree", "add", "-q", str(top / "trees" / name), folder=top)
    write(top / ".git/info/exclude", "trees/\n" * is_ignored)

    assert read(top) == {"a.py"}
    assert read(top / "trees") == {"one/a.py"}


@pytest.mark.process
@needs_git
@pytest.mark.parametrize("has_pointer", [False, True])
def test_worktrees_of_a_bare_repository(tmp_path: Path, has_pointer: bool) -> None:
    """There is no main one: that of the repository's branch counts, else the first."""
    top = tmp_path / "all"
    top.mkdir()
    origin = repository(tmp_path / "origin", "a.py")
    git("clone", "-q", "--bare", str(origin), str(top / ".git-data"), folder=tmp_path)
    git("worktree", "add", "-q", str(top / "feature"), folder=top / ".git-data")
    if has_pointer:
        write(top / ".git", "gitdir: ./.git-data\n")

    assert {path for path in read(top) if path.endswith(".py")} == {"feature/a.py"}
    git("worktree", "add", "-q", str(top / "main"), "main", folder=top / ".git-data")
    assert {path for path in read(top) if path.endswith(".py")} == {"main/a.py"}


@pytest.mark.process
@needs_git
def test_a_repository_inside_has_rules_of_its_own(tmp_path: Path) -> None:
    """A submodule, and a clone of its own, belong to the project.

    Git's rules of the outer one do not reach inside, as in git; those for this program do.
    """
    library = repository(tmp_path / "library", "lib.py", "lib.log", "lib.gen")
    top = repository(tmp_path / "project", "a.py", "a.log", "a.gen")
    git("submodule", "add", "-q", str(library), "vendor/library", folder=top)
    git("clone", "-q", str(library), "clone", folder=top)
    write(top / ".gitignore", "*.log\n")
    write(top / ".ownstackignore", "*.gen\n")
    write(top / ".git/modules/vendor/library/info/exclude", "more.py\n")
    tree(top, "vendor/library/more.py", "clone/more.py")

    inside = {"clone/lib.py", "clone/lib.log", "clone/more.py"}
    submodule = {"vendor/library/lib.py", "vendor/library/lib.log"}
    assert read(top) == {"a.py", ".ownstackignore"} | inside | submodule
    assert read(top / "vendor/library") == {"lib.py", "lib.log", "lib.gen"}

    write(top / ".gitignore", "/clone/\n")
    assert not inside & read(top)


@pytest.mark.process
@needs_git
def test_a_bare_repository_inside_is_no_source(tmp_path: Path) -> None:
    """Its hooks and refs are git's own, under whatever name; opened by name they count."""
    tree(tmp_path, "a.py", "HEAD", "refs/b.py", "objects/c.py", "half/HEAD", "half/d.py")
    git("init", "-q", "--bare", "hub", folder=tmp_path)
    write(tmp_path / "hub/hooks/e.py", "e = 1\n")

    assert read(tmp_path) == {"a.py", "HEAD", "refs/b.py", "objects/c.py", "half/HEAD", "half/d.py"}
    assert reason(tmp_path, "hub/hooks/e.py") == "It is where git keeps a repository."
    assert "hooks/e.py" in read(tmp_path / "hub")


@pytest.mark.parametrize(
    "pointer",
    ["", "gitdir: ", "gitdir: ../none", "gitdir: /dev", "x" * 99_999, "gitdir: \0", "\xff\xfe"],
)
def test_a_pointer_that_leads_nowhere(tmp_path: Path, pointer: str) -> None:
    """Is not followed; the folder is one like others, and the rules around it hold."""
    tree(tmp_path, ".git/HEAD", "sub/a.py", "sub/b.log")
    write(tmp_path / ".gitignore", "*.log\n")
    write(tmp_path / "sub/.git", pointer)

    assert read(tmp_path) == {"sub/a.py"}


@pytest.mark.parametrize("target", ["/dev/zero", "fifo"])
def test_a_pointer_without_end(tmp_path: Path, target: str) -> None:
    """Neither is it read, nor what it should lead to."""
    os.mkfifo(tmp_path / "fifo")
    tree(tmp_path, "one/a.py", "two/a.py", "two/git/HEAD")
    (tmp_path / "one/.git").symlink_to(target if target[0] == "/" else tmp_path / target)
    write(tmp_path / "two/.git", "gitdir: git\n")
    (tmp_path / "two/git/commondir").symlink_to(target if target[0] == "/" else tmp_path / target)

    assert {path for path in read(tmp_path) if path.endswith(".py")} == {"one/a.py", "two/a.py"}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".gitignore", True),
        ("sub/.GITIGNORE", True),
        (".ownstackignore", True),
        (".git/info/exclude", True),
        ("sub/.git/info/exclude", True),
        ("sub/.git", True),
        (".git/index", False),
        ("info/exclude", False),
        ("node_modules/a/.gitignore", False),
        ("node_modules/a/.git/info/exclude", False),
    ],
)
def test_which_files_tell_of_others(path: str, expected: bool) -> None:
    """When they change, all must be looked at."""
    assert tells_of_others(path) == expected
