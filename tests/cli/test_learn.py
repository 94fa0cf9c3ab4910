"""`ownstack learn`: what is typed, what is printed, and the exit status."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ownstack
from ownstack.cli import main, parser
from ownstack.cli.learn import learning
from ownstack.cli.learn.progress import Lines, figures, headline
from ownstack.learning import needs
from ownstack.learning.adapters.store import AdapterStore
from ownstack.learning.run_parts import Parts, Told
from ownstack.learning.turn import Turn
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home
from tests.support import scripted_learning
from tests.support.gguf_models import make_gguf

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name == "nt", reason="signals"),
]
Learn = Callable[..., tuple[int, str, str]]
FILES = sorted((Path(ownstack.__file__).parent / "files").glob("*.py"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    for file in FILES:
        (folder / file.name).write_text(file.read_text("utf-8"), "utf-8")
    return folder


@pytest.fixture
def base(home: Home, tmp_path: Path) -> str:
    """A model that is chosen for completion."""
    registry = ModelRegistry(home.models_file)
    registry.add(scripted_learning.make_base(tmp_path / "models"), "small")
    registry.choose("small", "completion")
    return "small"


@pytest.fixture
def learn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Learn:
    """Run the command with a scripted trainer; return its status, and what it printed to whom."""

    def run(*arguments: str, parts: Parts | None = None) -> tuple[int, str, str]:
        made = parts or scripted_learning.parts()
        usual = learning.run
        monkeypatch.setattr(learning, "run", lambda parsed: usual(parsed, made))
        capsys.readouterr()
        status = main(["learn", *arguments])
        printed = capsys.readouterr()
        monkeypatch.setattr(learning, "run", usual)
        return status, printed.out, printed.err

    return run


def test_from_nothing_to_a_served_adapter(
    learn: Learn, home: Home, base: str, project: Path
) -> None:
    """What it does, how far it is, and what to do with what came of it."""
    status, out, err = learn(str(project), "--minutes", "1")

    (record,) = AdapterStore(home).all()
    assert status == 0
    assert out.splitlines() == [
        f"Learning from {project} with small for completion, for 1 min of training.",
        f"The adapter {record.id} serves from now on. It is better.",
        f"To take it back: ownstack learn rollback {project}",
        f"Curves and figures: ownstack learn report {record.id}",
    ]
    assert err.startswith("Reading the project\n300 lines of 1 files to learn from")
    assert re.search(r"Comparing on lines it has not seen: \d of 8 lines", err)


def test_in_json(learn: Learn, base: str, project: Path) -> None:
    """One object, and nothing else on standard output."""
    status, out, _ = learn(str(project), "--minutes", "1", "--json")
    told = json.loads(out)

    assert status == 0
    assert (told["serves"], told["stopped"]) == (True, "")
    assert told["adapter"]["project"] == str(project)


def test_ctrl_c(learn: Learn, base: str, project: Path) -> None:
    """What was learned is kept; it is said how to go on, and the next time it does."""
    trained = Interrupted()
    status, out, _ = learn(
        str(project), "--minutes", "1", parts=scripted_learning.parts(sleep=trained)
    )
    assert status == 130
    assert out.splitlines()[-1] == (
        f"It was stopped. What was learned is kept. Go on with: ownstack learn {project}"
    )
    assert "Begun: " in learn("status")[1]
    # So long as it was begun.
    status, _, err = learn(str(project), "--resume")
    assert status == 0
    assert err.startswith("Going on with what was begun before.")
    assert " of 1 min" in err


class Interrupted:
    """Presses Ctrl-C after a few looks."""

    def __init__(self) -> None:
        self.left = 20

    def __call__(self, _seconds: float) -> None:
        import time

        time.sleep(0.005)
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def test_aside(learn: Learn, base: str, project: Path) -> None:
    """The reason, and how to have it serve all the same."""
    parts = scripted_learning.parts(judge=scripted_learning.aside)
    status, out, _ = learn(str(project), "--minutes", "1", parts=parts)

    assert status == 0
    assert "is kept aside. It is no better than the plain model." in out
    assert "ownstack learn use " in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/there/is/none"], "There is no folder /there/is/none. Name the folder"),
        ([str(Path.home())], "is your home folder. Name a project's folder, or say --force"),
        (["--base", "nobody", "."], "No model is called “nobody”."),
        (["--base", "plain", "."], "plain cannot complete code"),
        (["--role", "chat", "."], "No model is chosen for chat. Choose a model on this machine"),
    ],
)
def test_what_cannot_be_learned(
    learn: Learn, home: Home, tmp_path: Path, base: str, arguments: list[str], said: str
) -> None:
    """One line, with what to do."""
    ModelRegistry(home.models_file).add(make_gguf(tmp_path / "p.gguf", fim=None), "plain")
    status, _, err = learn(*arguments)

    assert status == 1
    assert said in err
    assert err.count("\n") == 1


def test_torch_is_missing(learn: Learn, project: Path) -> None:
    """It is what is said first, whatever else is wrong."""
    parts = scripted_learning.parts(check_needs=lambda: needs.check(("torch",)))
    status, out, err = learn(str(project), parts=parts)

    assert (status, out) == (1, "")
    assert err.startswith("ownstack: To learn, torch must be installed. Install it with: ")


def test_somebody_else_learns(learn: Learn, home: Home, base: str, project: Path) -> None:
    """Who, and since when."""
    with Turn.take(home, "/other"):
        status, _, err = learn(str(project))
        assert "/other is being learned from since" in learn("status")[1]
    assert status == 1
    assert "/other is being learned from since" in err


def test_a_folder_that_is_called_like_a_verb() -> None:
    """It is named by ./; a verb is a verb, whatever comes after it."""
    read = parser().parse_args
    assert read(["learn", "./status"]).folder == Path("status")
    assert read(["learn", "--minutes", "5", "here"]).folder == Path("here")
    assert read(["learn", "here", "--minutes", "5"]).minutes == 5
    assert read(["learn"]).folder is None
    assert "folder" not in vars(read(["learn", "status"]))


@pytest.mark.parametrize(
    "arguments", [["--minutes", "0"], ["--rank", "1000"], ["use"], ["--fresh", "--resume"]]
)
def test_what_is_not_understood(arguments: list[str]) -> None:
    """Exit status 2."""
    with pytest.raises(SystemExit) as caught:
        main(["learn", *arguments])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "verb", [[], *([verb] for verb in ("data", "status", "use", "rollback", "report", "remove"))]
)
def test_help(verb: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Each verb has its own."""
    with pytest.raises(SystemExit) as caught:
        main(["learn", *verb, "--help"])
    assert caught.value.code == 0
    assert f"ownstack learn{''.join(f' {each}' for each in verb)}" in capsys.readouterr().out


def test_data(learn: Learn, project: Path, tmp_path: Path) -> None:
    """Counted, with what was left out and why; the file is what the trainer reads."""
    (project / "secret.pem").write_text("-----BEGIN PRIVATE KEY-----\nabc\n")
    file = tmp_path / "data.jsonl"
    status, out, _ = learn("data", str(project), "--export", str(file))

    assert status == 0
    assert "LANGUAGE" in out
    assert "Left out:" in out
    assert json.loads(file.read_text().splitlines()[0])["kind"] == "dataset"
    status, out, _ = learn("data", str(project), "--json")
    assert json.loads(out)["project"] == str(project)
    status, _, err = learn("data", str(project), "--export", str(tmp_path))
    assert status == 1
    assert "is no regular file. Give another name" in err


def learned(learn: Learn, home: Home, project: Path, *more: str) -> Any:
    """Learn, and return the newest record."""
    before = {record.id for record in AdapterStore(home).all()}
    assert learn(str(project), "--minutes", "1", *more)[0] == 0
    (record,) = [each for each in AdapterStore(home).all() if each.id not in before]
    return record


def test_what_serves_is_the_owners_to_say(
    learn: Learn, home: Home, base: str, project: Path
) -> None:
    """It is used, rolled back, used again, and removed."""
    first = learned(learn, home, project)
    second = learned(learn, home, project, "--rank", "8")

    assert learn("rollback", str(project))[1] == f"project ({first.id}) serves again.\n"
    assert learn("rollback", str(project))[1] == f"No adapter serves in {project} any more.\n"
    _, out, _ = learn("use", second.id[:8], "--scale", "0.5")
    assert out == f"project ({second.id}) serves in {project}, with small.\n"
    told = {each["id"]: each for each in json.loads(learn("status", "--json")[1])["adapters"]}
    assert [told[each.id]["serves"] for each in (first, second)] == [False, True]
    assert told[second.id]["scale"] == 0.5
    assert "fit, another one serves" in learn("status")[1]
    assert learn("remove", second.id)[0] == 2
    assert learn("remove", second.id, "--yes")[1] == "project is removed.\n"
    assert len(json.loads(learn("compare", "--json")[1])["adapters"]) == 1
    assert first.id in learn("compare")[1]


def test_a_report(learn: Learn, home: Home, base: str, project: Path, tmp_path: Path) -> None:
    """A page of its own, with the curve that training left."""
    record = learned(learn, home, project)
    file = tmp_path / "report.html"

    assert learn("report", "--html", str(file))[1] == f"The report is in {file}.\n"
    assert "<svg" in file.read_text()
    told = json.loads(learn("report", record.id, "--json")[1])
    assert Path(told["html"]).is_file()


def test_nothing_was_learned(learn: Learn) -> None:
    """Each verb says what to do."""
    begin = "Begin with: ownstack learn FOLDER"
    assert begin in learn("status")[1]
    assert begin in learn("compare")[1]
    assert begin in learn("report")[2]
    assert "There is no adapter 'x'." in learn("use", "x")[2]
    assert "There is no adapter 'x'." in learn("remove", "x", "--yes")[2]


def test_lines() -> None:
    """A line at each tenth, and when it begins or ceases to wait."""
    said: list[str] = []
    tell = Lines(said.append)
    for done in range(61):
        tell(Told("training", 60.0 * done, 3_600.0, figures={"loss": 1.5, "rate": 150.4}))
    tell(Told("training", 3_600.0, 3_600.0, waits="somebody types"))
    tell(Told("judging", 3, 8))

    assert len(said) == 13
    assert said[1] == "Training: 6.0 of 60 min, loss 1.50, 150 tokens/s"
    assert said[-2].startswith("Training (waiting: somebody types): 60.0 of 60 min")
    assert said[-1] == "Comparing on lines it has not seen: 3 of 8 lines"


@pytest.mark.parametrize("value", [None, "x", float("nan"), []])
def test_figures_of_anything(value: object) -> None:
    """What a trainer tells that is no number is not shown."""
    told = Told("training", 60.0, 120.0, figures={"loss": value, "rate": value, "state": value})
    assert (headline(told), figures(told)) == ("Training", "1.0 of 2 min")


def test_a_damaged_adapter_is_named_once_and_in_plain_words(learn: Learn, home: Home) -> None:
    """What is wrong is a sentence of its own already, and no parser's jargon is in it."""
    folder = home.adapters_folder / ("a" * 16)
    folder.mkdir(parents=True)
    (folder / "record.json").write_text("{")

    _, out, _ = learn("status")

    assert f"{folder.name} is damaged: it is not JSON.\n" in out


def test_a_file_is_no_folder_to_learn_from(learn: Learn, project: Path) -> None:
    file = project / FILES[0].name

    status, _, err = learn(str(file))

    assert (status, err) == (1, f"ownstack: {file} is no folder. Name the folder of a project.\n")
