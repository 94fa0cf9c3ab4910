"""The command line, run in this process: what is printed, and the exit status."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack import __version__
from ownstack.cli import main
from ownstack.cli.output import human_bytes
from ownstack.daemon import lifecycle
from ownstack.learning.adapters.store import AdapterStore
from ownstack.paths import Home
from tests.support.gguf_models import make_gguf, truncated
from tests.support.learned import keep, record_of

COMMANDS = [
    ["ask"],
    ["chat"],
    ["complete"],
    ["lsp"],
    ["daemon"],
    ["daemon", "start"],
    ["daemon", "stop"],
    ["daemon", "status"],
    ["status"],
    ["doctor"],
    ["models"],
    ["models", "list"],
    ["models", "add"],
    ["models", "use"],
    ["models", "fallback"],
    ["engines"],
    ["engines", "list"],
    ["engines", "add"],
    ["engines", "allow"],
    ["engines", "key"],
    ["engines", "test"],
    ["engines", "remove"],
    ["index"],
    ["search"],
    ["symbols"],
    ["map"],
    ["usage"],
    ["serve"],
    ["serve", "keys"],
    ["serve", "keys", "add"],
    ["serve", "keys", "list"],
    ["serve", "keys", "remove"],
]

ECHOING = (
    "connection = open_connection(host, port)\n"
    "print(connection)\n"
    "connection = open_connection(host, port)\n"
    "print(connection)\n"
    "connection = open_con\n"
)
"""A text in which echo is sure of what follows its end."""


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model that always writes the same."""
    path = tmp_path_factory.mktemp("models") / "tiny.gguf"
    return make_gguf(path, order="spm", says=["(first", ", second", ")"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 0 and names itself."""
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])

    assert ended.value.code == 0
    assert f"usage: ownstack {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["bake"], ["models", "use", "x"], ["lsp", "--bad"]])
def test_what_is_not_understood_exits_with_two(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """And standard output stays empty."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "ownstack" in captured.err


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """As one line."""
    with pytest.raises(SystemExit):
        main(["--version"])

    assert capsys.readouterr().out == f"ownstack {__version__}\n"


@pytest.mark.parametrize(
    ("place", "status", "message"),
    [
        ("{file}", 2, "is not FILE:LINE:COL"),
        ("{file}:1", 2, "is not FILE:LINE:COL"),
        ("{file}:0:1", 2, "count from 1"),
        ("{file}:1:x", 2, "is not FILE:LINE:COL"),
        ("{file}:9:1", 2, "There is no line 9: the file has 2 lines."),
        ("{file}:1:12", 2, "line 1 has 10 characters, so COL is at most 11."),
        ("{folder}:1:1", 1, "is a folder, not a file."),
        ("{folder}/none.py:1:1", 1, "There is no file"),
        ("{folder}/binary:1:1", 1, "is a binary file."),
        ("{folder}/huge:1:1", 1, "is too large to complete in (50 MB)."),
        ("{folder}/long:1:1", 1, "The file is too large: 2,000,000 characters"),
        ("/dev/null:1:1", 1, "is not a regular file."),
    ],
)
def test_bad_places_are_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: str,
    status: int,
    message: str,
) -> None:
    """The reason on standard error, nothing on standard output, and no traceback."""
    (tmp_path / "file.py").write_text("x = '😀ab'\n")
    (tmp_path / "file.py").write_text("x = '😀abc'\n")
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "long").write_text("x" * 2_000_000)
    with open(tmp_path / "huge", "wb") as huge:
        huge.truncate(50_000_000)

    result = main(["complete", place.format(file=tmp_path / "file.py", folder=tmp_path)])

    captured = capsys.readouterr()
    assert (result, captured.out) == (status, "")
    assert message in captured.err
    assert captured.err.startswith("ownstack: ")
    assert captured.err.count("\n") == 1


def test_a_completion_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Echo answers from the file itself; only the text is printed."""
    file = tmp_path / "a.py"
    file.write_text(ECHOING)

    result = main(["complete", f"{file}:5:22"])

    assert (result, capsys.readouterr().out) == (0, "nection(host, port)\n")


def test_a_completion_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who answered, how long each stage took, and the place it replaces, counted from 1."""
    file = tmp_path / "a.py"
    file.write_text(ECHOING)

    result = main(["complete", f"{file}:5:22", "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert result == 0
    assert printed["text"] == "nection(host, port)"
    assert printed["source"] == "echo"
    assert printed["range"]["start"] == {"line": 5, "column": 22}
    assert printed["evaluatedTokens"] == 0
    assert printed["stagesMs"]


@pytest.mark.process
def test_a_completion_by_a_model(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real engine with a real file, and the tokens it took."""
    file = tmp_path / "a.py"
    file.write_text("def add(a, b):\n    return\n")

    result = main(["complete", f"{file}:2:11", "--model", str(model), "--json"])

    printed = json.loads(capsys.readouterr().out)
    assert result == 0
    assert printed["text"] == "(first, second)"
    assert (printed["tier"], printed["source"]) == ("model", "model")
    assert printed["evaluatedTokens"] > 0
    assert printed["generatedTokens"] > 0


def test_nothing_to_suggest_is_no_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason goes to standard error."""
    file = tmp_path / "a.py"
    file.write_text("\n")

    result = main(["complete", f"{file}:1:1"])

    captured = capsys.readouterr()
    assert (result, captured.out) == (0, "")
    assert captured.err.startswith("ownstack: no suggestion: ")


def test_a_file_that_is_not_utf8_is_read_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a line that says so where a byte of it means nothing."""
    file = tmp_path / "a.py"
    file.write_bytes("# café, Größe, Länge, ".encode() + b"caf\xe9\n" + ECHOING.encode())

    result = main(["complete", f"{file}:6:22"])

    captured = capsys.readouterr()
    assert (result, captured.out) == (0, "nection(host, port)\n")
    assert "is not wholly text" in captured.err


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.gguf", "none.gguf"), ("text.gguf", "GGUF"), ("cut.gguf", "cut.gguf"),
     ("chat.gguf", "infill")],
)  # fmt: skip
def test_a_model_that_cannot_be_used_is_one_line(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str], name: str, message: str
) -> None:
    """Missing, no model at all, truncated, or not trained to infill: exit status 1 and why."""
    (tmp_path / "text.gguf").write_text("hello")
    truncated(Path(shutil.copy(model, tmp_path / "cut.gguf")), -1_000)
    make_gguf(tmp_path / "chat.gguf", fim=None)
    (tmp_path / "a.py").write_text("value = \n")

    result = main(["complete", f"{tmp_path / 'a.py'}:1:9", "--model", str(tmp_path / name)])

    captured = capsys.readouterr()
    assert (result, captured.out) == (1, "")
    assert message.lower() in captured.err.lower()
    assert captured.err.count("\n") == 1


def test_models_are_added_chosen_and_listed(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole way from a file to a chosen model."""
    assert main(["models", "list"]) == 0
    assert "ownstack models add" in capsys.readouterr().out
    assert main(["models", "add", str(model), "--name", "small"]) == 0
    assert main(["models", "use", "small", "--for", "completion"]) == 0
    capsys.readouterr()

    assert main(["models", "list", "--json"]) == 0

    builtin, entry = json.loads(capsys.readouterr().out)["models"]
    assert (builtin["name"], builtin["builtIn"], builtin["chosenFor"]) == ("builtin", True, [])
    assert (entry["name"], entry["chosenFor"]) == ("small", ["completion"])
    assert main(["models", "list"]) == 0
    assert "small" in capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == "small"


@pytest.fixture
def builtin(model: Path) -> Path:
    """A model that works, in the place of the built-in one."""
    return Path(shutil.copy(model, os.environ["OWNSTACK_BUILTIN"]))


@pytest.mark.process
def test_the_built_in_completer_completes_when_nothing_was_chosen(
    tmp_path: Path, builtin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And every command says so; it can be given up, and taken again."""
    file = tmp_path / "a.py"
    file.write_text("def add(a, b):\n    return\n")

    def said(*command: str) -> str:
        assert main(list(command)) == 0
        return capsys.readouterr().out

    assert said("complete", f"{file}:2:11") == "(first, second)\n"
    assert "the built-in completer" in said("status")
    assert "The built-in completer completes" in said("doctor")
    assert "built in" in said("models", "list")
    assert "No model is used" in said("models", "use", "none", "--for", "completion")
    assert said("complete", f"{file}:2:11") == ""
    assert "No model is used, as you chose" in said("status")
    said("models", "use", "builtin", "--for", "completion")
    assert said("complete", f"{file}:2:11") == "(first, second)\n"
    assert said("complete", f"{file}:2:11", "--model", "none") == ""


def test_the_status_names_what_was_learned_here(
    tmp_path: Path,
    builtin: Path,
    home: Home,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What serves in this folder, and why something does not; of other folders nothing."""
    here, store = Path(os.path.realpath(tmp_path)) / "shop", AdapterStore(home)
    here.mkdir()
    monkeypatch.chdir(here)
    more = {"base": builtin, "base_name": "builtin"}
    keep(store, tmp_path, record_of("shop", project=str(here), **more))
    keep(store, tmp_path, record_of("bank", project=str(here.parent / "bank"), **more))
    keep(store, tmp_path, record_of("infill", standing="new", **more), serves=False)

    assert main(["status"]) == 0
    told = capsys.readouterr().out
    assert main(["status", "--json"]) == 0
    adapters = json.loads(capsys.readouterr().out)["adapters"]
    assert main(["status", "--explain"]) == 0
    explained = capsys.readouterr().out

    for said in (told, explained):
        assert f"Learned: shop ({here}) serves." in said
        assert "Not used: infill. It was not judged yet." in said
        assert "bank" not in said
    assert [(one["name"], one["serves"]) for one in adapters] == [
        ("infill", False),
        ("shop", True),
    ]


@pytest.mark.native
@pytest.mark.parametrize("kept_bytes", [None, 0, 1_000, -1_000])
def test_a_built_in_completer_that_cannot_be_used_leaves_echo(
    tmp_path: Path, builtin: Path, capsys: pytest.CaptureFixture[str], kept_bytes: int | None
) -> None:
    """Missing, empty, or cut off anywhere: no failure, and the status says why."""
    if kept_bytes is None:
        builtin.unlink()
    else:
        builtin.write_bytes(builtin.read_bytes()[:kept_bytes])
    file = tmp_path / "a.py"
    file.write_text(ECHOING)

    assert main(["complete", f"{file}:5:22"]) == 0

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("nection(host, port)\n", "")
    assert main(["doctor"]) == 0
    assert "The built-in completer cannot be used (" in " ".join(capsys.readouterr().out.split())


def test_models_of_other_programs_are_listed(
    tmp_path: Path,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With what they need, whether that is free, and how to use one."""
    monkeypatch.setenv("LLAMA_CACHE", str(tmp_path))
    there = Path(shutil.copy(model, tmp_path / "found.gguf"))

    assert main(["models", "list"]) == 0

    line = next(line for line in capsys.readouterr().out.splitlines() if str(there) in line)
    assert line.split()[0] == "found"
    assert " fits " in line
    assert "llama.cpp" in line
    assert main(["models", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["found"]
    assert [entry["program"] for entry in found if entry["path"] == str(there)] == ["llama.cpp"]


def test_a_damaged_model_is_not_added(
    tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Refused by its name, before anything is loaded."""
    cut = truncated(Path(shutil.copy(model, tmp_path / "cut.gguf")), -1_000)

    result = main(["models", "add", str(cut)])

    captured = capsys.readouterr()
    assert result == 1
    assert captured.err.startswith("ownstack: ")
    assert captured.err.count("\n") == 1


def test_using_an_unknown_model_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """And names what was asked for."""
    result = main(["models", "use", "nothing", "--for", "completion"])

    assert result == 1
    assert "nothing" in capsys.readouterr().err


@pytest.mark.process
def test_the_daemon_is_started_shown_and_stopped(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """By hand, with the exit status of `status` telling whether it runs."""
    assert main(["daemon", "status"]) == 1
    assert main(["daemon", "start"]) == 0
    capsys.readouterr()
    try:
        assert main(["daemon", "status", "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["running"] is True
        assert report["sessions"] == 0
        assert main(["status"]) == 0
        assert f"process {report['pid']}" in capsys.readouterr().out
    finally:
        assert main(["daemon", "stop"]) == 0
    assert "has left" in capsys.readouterr().out
    assert lifecycle.connect(home) is None


@pytest.mark.native
def test_the_doctor_is_content_with_a_good_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Every check has a name, a level and a finding; without errors the exit status is 0."""
    result = main(["doctor", "--json"])

    checks = json.loads(capsys.readouterr().out)["checks"]
    levels = {check["name"]: check["level"] for check in checks}
    assert result == 0
    assert levels["python"] == levels["engine"] == levels["index folder"] == "ok"
    assert levels["model"] == "warning"
    assert all(check["detail"] for check in checks)


@pytest.mark.native
def test_the_doctor_finds_a_home_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what to do, and the exit status is 1."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OWNSTACK_HOME", str(tmp_path / "file"))

    result = main(["doctor"])

    assert result == 1
    assert "set OWNSTACK_HOME" in capsys.readouterr().out


@pytest.mark.process
def test_a_reader_that_leaves_is_no_error() -> None:
    """`ownstack models list | head -0` makes no complaint."""
    program = (
        "import sys; from ownstack.cli import main; sys.exit(main(['models', 'list', '--json']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        complaint = stderr.read()

    assert (process.wait(), complaint) == (0, b"")


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0 B"), (999, "999 B"), (4_100_000_000, "4.1 GB")]
)
def test_sizes_are_readable(size: int, expected: str) -> None:
    """In the units that disks are sold in."""
    assert expected == human_bytes(size)


@pytest.mark.process
def test_the_relay_imports_nothing_heavy() -> None:
    """An editor waits for it: no asyncio, no pygls, no llama.cpp."""
    program = (
        "import sys, ownstack.cli, ownstack.daemon.lifecycle, ownstack.daemon.relay\n"
        "print(*sorted({'asyncio', 'pygls', 'lsprotocol', 'llama_cpp', 'numpy', 'psutil'}"
        " & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert done.stdout.split() == []


@pytest.mark.process
def test_a_window_is_served_without_what_only_some_ask_for() -> None:
    """Downloads, recommendations and templates of conversations come when they are asked for."""
    program = (
        "import sys, ownstack.daemon.service, ownstack.lsp.server, ownstack.engine.llama.engine\n"
        "print(*sorted({'httpx', 'huggingface_hub', 'jinja2', 'ownstack.models.fit'}"
        " & set(sys.modules)))"
    )

    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)

    assert done.stdout.split() == []


def test_a_line_can_be_retyped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rest of the line is hidden, so that a finished file can be asked too."""
    file = tmp_path / "a.py"
    file.write_text(ECHOING.rstrip("\n") + "nection(host, port)\n")
    place = f"{file}:5:22"

    hidden = main(["complete", place, "--retype"]), capsys.readouterr().out
    seen = main(["complete", place]), capsys.readouterr().out

    assert hidden == (0, "nection(host, port)\n")
    assert seen == (0, "")


def test_models_are_inspected_where_they_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One row a file: the infill format and its order, or why there is none."""
    infills = make_gguf(tmp_path / "infills.gguf", fim="starcoder2")
    chats = make_gguf(tmp_path / "chats.gguf", fim=None)

    result = main(["models", "inspect", str(infills), str(chats), "--json"])

    models = json.loads(capsys.readouterr().out)["models"]
    assert result == 0
    assert [(model["infill"], model["infillOrder"]) for model in models] == [
        ("starcoder2", "spm"),
        ("", ""),
    ]
    assert models[0]["infillProblem"] == ""
    assert "cannot fill in" in models[1]["infillProblem"]
    assert main(["models", "list", "--json"]) == 0
    assert [m["name"] for m in json.loads(capsys.readouterr().out)["models"]] == ["builtin"]


@pytest.mark.process
def test_what_libraries_log_is_not_printed() -> None:
    """It would come between the lines of a command: of a folder with many changes, for example."""
    noise = "logging.getLogger('watchdog').warning('queue overflowed')"
    code = f"import logging; from ownstack.cli import main; main(['models', 'list']); {noise}"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "overflowed" not in done.stderr
