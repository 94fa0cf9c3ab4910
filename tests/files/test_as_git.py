"""What is ignored is what git ignores: random rules and folders, both asked."""

import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from ownstack.files.ignore import folder_rules
from ownstack.files.scan import scan

N_CASES = 250
"""Folders of one repository, each with rules of its own, so that git is asked once."""

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(shutil.which("git") is None, reason="there is no git"),
]

NAMES = (
    *("a.h", "b.py", "A.H", "ab", "a b", " a", "a ", "#c", "!d", "é.py", "日本", "a-b", "a]", "[a"),
    *("x^y", "x\\y", "a*b", "q?", "tab\t", "a.tar.gz", "aaaa", "abab", ".x", ".x.swp", "A1", "-"),
    *("\x0b", "~", "a~"),
)
FOLDERS = ("", "sub/", "sub/deep/", "other/", "other/sub/", "é/", "sub/deep/a/b/", ".d/", "a b/")
ATOMS = (
    *("*", "*", "**", "***", "?", "a", "b", "sub", "deep", "other", ".", ".h", ".py", "a.h"),
    *("[ab]", "[!a]", "[^a]", "[a-c]", "[c-a]", "[[:alpha:]]", "[[:upper:]]", "[[:digit:]x]"),
    *("[[:punct:]]", "[[:space:]]", "[[:nope:]]", "[]a]", "[!]a]", "[a", "[", "[]", "[a-]", "[-a]"),
    *("[\\]]", "[a\\-c]", "[[:alpha]", "[[:]", "[a/b]", "[!/]", "\\", "\\*", "\\a", "\\?", "\\\\"),
    *("\\#", "\\!", "\\ ", "\\/", "/", "/", "/", "//", "**/", "/**", "/**/", "!", "#", " ", "é"),
    *("\t", "~", "x", "y", "^", "-", "]", "A", "aa", "ab", "[!a-z]", "[[:alnum:]_]*", "日", "b.py"),
)
WHOLE = (
    *("*", "!*/", "!*.h", "*.py", "!*.py", "sub/", "!sub/", "sub/*", "!sub/*.h", "sub/**"),
    *("!sub/**/", "!sub/**/*.h", "!sub", "**/deep", "!**/deep/", "/a.h", "!/a.h", "/*", "!/sub"),
    *("sub/deep/*.py", "**/a.h", "a.h/", "**/sub/**", "**/deep/*", "*/", "/*/", "!.*", "", " "),
    *("# c", "\\#c", "\\!d", "a\\ ", "a  ", "a\\  ", "s**b/deep", "su**/a.h", "/**/a.h", "**"),
    *("sub/**/a/**/*", "**/*/a.h", "!**", "/", "//", "!", "!!d", "!#c", "sub//deep", "/sub/"),
)
LINE_ENDS = ("\n", "\n", "\n", "\r\n")


def rule(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return chance.choice(WHOLE)
    made = "".join(chance.choice(ATOMS) for _ in range(chance.randint(1, 5)))
    return chance.choice(("", "", "", "!", "!", "/", "\\")) + made


def rules(chance: random.Random) -> bytes:
    mark = b"\xef\xbb\xbf" if chance.random() < 0.1 else b""
    end = chance.choice(LINE_ENDS)
    last = chance.choice((end, end, ""))
    lines = [rule(chance) for _ in range(chance.randint(1, 5))]
    return mark + (end.join(lines) + last).encode()


def lay_out(repository: Path, chance: random.Random, n_cases: int) -> None:
    """Make the folders, and their rules; a few also in `info/exclude`, and in the user's file."""
    exclude, users = [], ["*.excluded"]
    for number in range(n_cases):
        case = f"case{number}"
        folders = ["", *chance.sample(FOLDERS[1:], 4)]
        for folder in folders:
            (repository / case / folder).mkdir(parents=True, exist_ok=True)
        for folder in folders:
            place = repository / case / folder
            for name in chance.sample(NAMES, 5):
                if not (place / name).exists():
                    (place / name).touch()
            if not folder or chance.random() < 0.2:
                (place / ".gitignore").write_bytes(rules(chance))
        for lines in (exclude, users):
            if chance.random() < 0.3:
                made = rule(chance)
                is_negative = made.startswith("!")
                lines.append("!" * is_negative + f"/{case}/" + made[is_negative:].lstrip("/"))
    (repository / ".git" / "info" / "exclude").write_bytes("\n".join(exclude).encode())
    (repository.parent / "users").write_bytes("\n".join(users).encode())


def git(*arguments: str, folder: Path) -> bytes:
    return subprocess.run(
        ["git", *arguments], cwd=folder, check=True, capture_output=True, timeout=600
    ).stdout


def differing(
    folder: Path, seed: int, n_cases: int, *, ignores_case: bool = False
) -> dict[str, list[str]]:
    """Return, by folder, the paths of which git says another thing than `scan`.

    `ignores_case`: git is to compare as on file systems that do; so must `scan`.
    """
    repository = folder / "repository"
    repository.mkdir()
    git("init", "-q", folder=repository)
    git("config", "core.excludesFile", str(folder / "users"), folder=repository)
    git("config", "core.ignoreCase", str(ignores_case).lower(), folder=repository)
    lay_out(repository, random.Random(seed), n_cases)
    said = git("ls-files", "-coz", "--exclude-standard", folder=repository).split(b"\0")
    expected = {os.fsdecode(path) for path in said if path}
    found = {entry.path for entry in scan(repository) if entry.path.rstrip("/") == entry.path}
    differences: dict[str, list[str]] = {}
    for path in sorted(expected ^ (found - {""})):
        sign = "git " if path in expected else "ours "
        differences.setdefault(path.split("/")[0], []).append(sign + path)
    return differences


@pytest.mark.parametrize(("seed", "ignores_case"), [(1, False), (2, True)])
def test_random_rules_ignore_what_git_ignores(
    tmp_path: Path, seed: int, ignores_case: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every path in every folder."""
    monkeypatch.setattr(folder_rules, "ignores_case", lambda folder: ignores_case)

    differences = differing(tmp_path, seed, N_CASES, ignores_case=ignores_case)

    shown = {
        case: [(tmp_path / "repository" / case / ".gitignore").read_bytes(), *paths[:5]]
        for case, paths in list(differences.items())[:3]
    }
    assert shown == {}
