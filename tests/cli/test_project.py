"""Indexing and searching in the terminal: what is printed, for people and for programs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ownstack.cli import main
from ownstack.cli.project import root_and_part
from ownstack.errors import FileError
from ownstack.index import project as project_index
from ownstack.locking import FileLock
from ownstack.paths import Home, short_hash
from tests.support.embedding_models import make_encoder
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf, truncated

pytestmark = pytest.mark.process

CLIENT = '''\
class ShopClient:
    """Sends orders."""

    def send_order(self, order, retries=3):
        """Send an order, again and again if need be."""
        return order, retries
'''
MAIN = "from client import ShopClient\n\n\ndef buy():\n    return ShopClient().send_order(1)\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small project, in no repository."""
    folder = tmp_path / "shop"
    (folder / "web").mkdir(parents=True)
    (folder / "client.py").write_text(CLIENT)
    (folder / "web" / "main.py").write_text(MAIN)
    (folder / "logo.py").write_bytes(b"\x89PNG\0\0")
    return folder


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs a command that must succeed, and returns what it printed."""

    def run(*arguments: object) -> str:
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert status == 0, captured.err
        return captured.out

    return run


def test_the_summary(run: Any, shop: Path) -> None:
    """Counts, time, size, and what was left out and why; the same as JSON."""
    text = run("index", shop)
    found = json.loads(run("index", shop, "--json"))

    assert f"{shop}" in text
    assert "files    2 (" in text
    assert "1  It is binary." in text
    assert (found["files"], found["leftOut"]) == (2, {"It is binary.": 1})
    assert found["symbols"] >= 3
    assert found["sizeBytes"] > 0
    assert found["seconds"] >= 0


def test_search_as_json(run: Any, shop: Path) -> None:
    """An array of results with the fields that are promised, lines from 1, paths from the root."""
    hits = json.loads(run("search", "who sends orders again", "--path", shop, "--json"))

    assert list(hits[0]) == [
        *("path", "start_line", "end_line", "kind", "name", "score", "text"),
    ]
    assert hits[0]["path"] == "client.py"
    lines = CLIENT.split("\n")[hits[0]["start_line"] - 1 : hits[0]["end_line"]]
    assert hits[0]["text"].strip("\n") == "\n".join(lines).strip("\n")
    explained = json.loads(
        run("search", "orders", "--path", shop, "--json", "--explain", "--limit", 1)
    )
    assert len(explained) == 1
    assert explained[0]["parts"]["text"] > 0


def test_search_as_text(run: Any, shop: Path) -> None:
    """The place, then numbered lines; a program that reads them meets no colours."""
    text = run("search", "send_order", "--path", shop, "--explain")

    assert "client.py:1-" in text
    assert "     4      def send_order(self, order, retries=3):" in text
    assert "\x1b" not in text


def test_nothing_found_is_no_failure(run: Any, shop: Path) -> None:
    """And as JSON it is an empty array."""
    assert json.loads(run("search", "zzqqxx", "--path", shop, "--json")) == []


def test_search_is_never_stale(run: Any, shop: Path) -> None:
    """What changed since the last call is read before the answer."""
    run("index", shop)
    (shop / "client.py").write_text("def replaced_function(): pass\n")
    (shop / "web" / "main.py").unlink()

    hits = json.loads(run("search", "replaced_function", "--path", shop, "--json"))

    assert [hit["path"] for hit in hits] == ["client.py"]
    assert "ShopClient" not in run("search", "ShopClient", "--path", shop)


def test_a_part_of_an_indexed_project(run: Any, shop: Path) -> None:
    """Its paths stay those of the project."""
    run("index", shop)

    hits = json.loads(run("search", "ShopClient", "--path", shop / "web", "--json"))

    assert [hit["path"] for hit in hits] == ["web/main.py"]


def test_symbols(run: Any, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By part of a name, by file, and the most central ones if nothing is asked for."""
    run("index", shop)
    monkeypatch.chdir(shop)

    [found] = json.loads(run("symbols", "sendord", "--json"))
    of_file = run("symbols", "client.py").splitlines()

    assert (found["name"], found["path"], found["start_line"]) == (
        *("ShopClient.send_order", "client.py", 4),
    )
    assert [line.split()[-1] for line in of_file] == ["LINE", "1", "4"]
    assert "ShopClient" in run("symbols", "--limit", 1)
    assert run("symbols", "zzqqxx") == ""


def test_map(run: Any, shop: Path) -> None:
    """What is used comes first; a part of a project has a map, too."""
    text = run("map", shop)

    assert text.startswith("client.py:\n  class ShopClient\n")
    assert run("map", shop / "web").startswith("web/main.py:\n")
    assert json.loads(run("map", shop, "--json"))[0]["path"] == "client.py"
    assert run("map", shop, "--tokens", 1) == ""


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        (["index", "{shop}/none"], 1, "There is no folder"),
        (["index", "{shop}/client.py"], 1, "There is no folder"),
        (["search", "x", "--path", "{shop}/none"], 1, "There is no file or folder"),
        (["search", "  ", "--path", "{shop}"], 2, "QUERY is empty."),
        (["search", "x", "--limit", "0"], 2, "--limit must be between 1 and 1000, not 0."),
        (["symbols", "x", "--limit", "-1"], 2, "--limit must be at least 1"),
        (["map", "{shop}", "--tokens", "0"], 2, "--tokens must be between 1"),
        (["index", "{shop}", "--compare-embedders", "default", "none.npz"], 2, "too little code"),
    ],
)
def test_bad_arguments_are_one_line(
    shop: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    status: int,
    message: str,
) -> None:
    """The reason on standard error, and nothing on standard output."""
    found = main([argument.format(shop=shop) for argument in command])

    captured = capsys.readouterr()
    assert (found, captured.out) == (status, "")
    assert message in captured.err


def test_the_home_folder_is_not_read_by_accident(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only with --force."""
    monkeypatch.setenv("HOME", str(shop))

    assert main(["index", str(shop)]) == 1
    assert "--force" in capsys.readouterr().err
    assert main(["index", str(shop), "--force"]) == 0


def test_clear(run: Any, shop: Path, home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """The index is removed, unless somebody else keeps it."""
    run("index", shop)
    folder = home.cache / "index" / short_hash(str(shop))
    lock = FileLock.take(folder / "lock")
    assert lock is not None

    assert main(["index", str(shop), "--clear"]) == 2
    assert "Another process keeps this index" in capsys.readouterr().err
    assert (folder / "index.json").exists()
    lock.release()
    run("index", shop, "--clear")
    assert not (folder / "index.json").exists()


def test_an_index_that_another_process_keeps_is_read(run: Any, shop: Path, home: Home) -> None:
    """One writes, many read: an editor window may have the folder open."""
    run("index", shop)
    lock = FileLock.take(home.cache / "index" / short_hash(str(shop)) / "lock")
    assert lock is not None

    hits = json.loads(run("search", "send_order", "--path", shop, "--json"))

    assert {hit["path"] for hit in hits} == {"client.py", "web/main.py"}
    assert "Another process keeps this index" in run("index", shop)
    lock.release()


def test_which_folder_answers(
    run: Any, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that is named; its project's index, if there is one; a file's repository."""
    monkeypatch.chdir(shop / "web")
    assert root_and_part(shop / "web") == (shop / "web", "")
    assert root_and_part(None) == (shop / "web", "")
    (tmp_path / ".git").mkdir()
    assert root_and_part(None) == (tmp_path, "shop/web")
    assert root_and_part(shop / "client.py") == (tmp_path, "shop/client.py")
    run("index", shop)
    assert root_and_part(shop / "web") == (shop, "web")
    with pytest.raises(FileError):
        root_and_part(shop / "none")


def test_a_worktree_inside_a_project_answers_for_itself(
    run: Any, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As does what the project ignores; the project's index holds nothing of either."""
    data, tree = shop / ".git/worktrees/tree", shop / ".worktrees/tree"
    for folder in (data, tree / "part", shop / "build/part"):
        folder.mkdir(parents=True)
    (shop / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (data / "HEAD").write_text("ref: refs/heads/tree\n")
    (data / "commondir").write_text("../..\n")
    (tree / ".git").write_text(f"gitdir: {data}\n")
    (shop / ".gitignore").write_text("/build/\n")
    for folder in (tree / "part", shop / "build"):
        (folder / "found_here.py").write_text("def found_here(): pass\n")
    run("index", shop)

    monkeypatch.chdir(tree / "part")
    assert root_and_part(None) == (tree, "part")
    assert root_and_part(tree / "part/found_here.py") == (tree, "part/found_here.py")
    assert root_and_part(tree / "part") == (tree / "part", "")
    assert [hit["path"] for hit in json.loads(run("search", "found_here", "--json"))] == [
        "part/found_here.py"
    ]
    monkeypatch.chdir(shop / "build/part")
    assert root_and_part(None) == (shop / "build/part", "")
    monkeypatch.chdir(shop / "build")
    assert json.loads(run("search", "found_here", "--json"))[0]["path"] == "found_here.py"
    assert root_and_part(shop / "build/found_here.py") == (shop / "build", "found_here.py")
    monkeypatch.chdir(shop / "web")
    assert root_and_part(None) == (shop, "web")


def test_an_ignored_file_is_asked_of_the_project(run: Any, shop: Path) -> None:
    """Its index says why the file is not in it."""
    (shop / "build").mkdir()
    (shop / "build/made.py").write_text("x = 1\n")
    (shop / ".gitignore").write_text("/build/\n")
    run("index", shop)

    assert root_and_part(shop / "build/made.py") == (shop, "build/made.py")


def test_a_folder_of_which_all_is_ignored(
    run: Any, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is found, and the reason is said."""
    (shop / ".gitignore").write_text("*\n")
    reason = "No file is left to be read: others are ignored (.gitignore)."

    assert reason in run("index", shop)
    assert json.loads(run("index", shop, "--json"))["message"] == reason
    assert main(["search", "ShopClient", "--path", str(shop)]) == 0
    assert reason in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="There are no such signals.")
def test_an_interrupted_index_goes_on(run: Any, shop: Path, home: Home) -> None:
    """Ctrl-C ends with the usual status and no traceback; the next call has everything."""
    for number in range(2_000):
        (shop / f"part_{number}.py").write_text(f"def part_{number}(): return {number}\n" * 20)
    process = subprocess.Popen(
        [sys.executable, "-m", "ownstack", "index", str(shop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
        # A test run in a shell's background ignores the signal, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    lock = home.cache / "index" / short_hash(str(shop)) / "lock"
    while not lock.exists():
        assert process.poll() is None

    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Traceback" not in complaint
    assert json.loads(run("index", shop, "--json"))["files"] == 2_002


def test_embedders_are_compared(run: Any, shop: Path) -> None:
    """One with itself, in words and as JSON."""
    for number in range(9):
        (shop / f"part_{number}.py").write_text(f"def send_part_{number}(): return {number}\n")

    text = run("index", shop, "--compare-embedders", "default", "default")
    found = json.loads(run("index", shop, "--compare-embedders", "default", "default", "--json"))

    assert "(Jaccard); they may be swapped." in text
    assert found["overlap"] == 1.0
    assert found["chunks"] >= 9
    for embedder in found["embedders"]:
        assert set(embedder) == {"name", "dim", "chunksPerSecond", "queryMs", "sizeBytes"}
        assert embedder["sizeBytes"] == 2 * embedder["dim"] * found["chunks"]


@pytest.mark.parametrize("kind", ["chat", "encoder"])
def test_a_model_that_cannot_infill_embeds(run: Any, shop: Path, tmp_path: Path, kind: str) -> None:
    """A chat model and one that does nothing else are embedders as good as any."""
    path = tmp_path / f"{kind}.gguf"
    if kind == "chat":
        make_gguf(path, fim=None, chat_template=CHAT_TEMPLATE)
    else:
        make_encoder(path)
    for number in range(9):
        (shop / f"part_{number}.py").write_text(f"def send_part_{number}(): return {number}\n")

    found = json.loads(run("index", shop, "--compare-embedders", "default", path, "--json"))

    assert found["embedders"][1]["name"] == f"model-{kind}-{64 if kind == 'chat' else 32}"
    assert 0.0 < found["overlap"] <= 1.0


def test_an_embedder_that_is_no_model(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line that says what is wrong with the file."""
    for number in range(9):
        (shop / f"part_{number}.py").write_text(f"def send_part_{number}(): return {number}\n")
    path = truncated(make_encoder(tmp_path / "cut.gguf"), 70_000)

    status = main(["index", str(shop), "--compare-embedders", "default", str(path)])

    assert status == 1
    assert "cut.gguf" in capsys.readouterr().err


def test_too_broad_folders_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Home, and whatever holds it."""
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    (tmp_path / "me").mkdir()

    assert project_index.too_broad((tmp_path / "me").resolve()) != ""
    assert project_index.too_broad(tmp_path.resolve()) != ""
    assert project_index.too_broad((tmp_path / "me" / "shop").resolve()) == ""


OBEYED = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_nothing_that_is_printed_is_obeyed(run: Any, shop: Path) -> None:
    """Names and lines with escape sequences, line breaks and marks that turn the order round."""
    name = "shop\x1b]52;c;aGk=\x07\n\x1b[2J\u202egnp.py"
    (shop / name).write_text("def steal_orders(): return '\x1b[2J\x9b2J\u202e stolen orders'\n")
    printed = [
        run("search", "steal stolen orders", "--path", shop, "--explain"),
        run("symbols", "steal", "--path", shop),
        run("map", shop),
        run("index", shop),
    ]

    for text in printed:
        assert [mark for mark in OBEYED if mark in text] == []
    for text in printed[:3]:
        assert r"shop\x1b]52;c;aGk=\x07\n\x1b[2J\u202egnp.py" in text
    assert r"return '\x1b[2J\x9b2J\u202e stolen orders'" in printed[0]
    hits = json.loads(run("search", "steal_orders", "--path", shop, "--json"))
    assert hits[0]["path"] == name


@pytest.mark.skipif(sys.platform != "linux", reason="only there names are bytes")
def test_a_name_that_is_no_utf_8_can_be_printed(run: Any, shop: Path) -> None:
    """As the bytes that it is; also as JSON."""
    (shop / os.fsdecode(b"odd\xff.py")).write_text("def odd_named_function(): pass\n")

    assert r"odd\xff.py:1" in run("search", "odd_named_function", "--path", shop)
    [hit] = json.loads(run("search", "odd_named_function", "--path", shop, "--json"))[:1]
    assert os.fsencode(hit["path"]) == b"odd\xff.py"


def test_a_query_that_is_no_name(run: Any, shop: Path) -> None:
    """It may be longer than any file's name, and than any symbol's."""
    assert json.loads(run("symbols", "x" * 100_000, "--json", "--path", shop)) == []
    assert json.loads(run("symbols", "é" * 3_000, "--json")) == []
