"""From answers to figures."""

import gzip
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.infilling import __main__ as program
from benchmarks.infilling import humaneval, plots
from benchmarks.infilling.bare import BARE
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.evaluation import (
    ECHO,
    MIXTURE,
    NETWORK,
    ORACLE,
    Results,
    add_oracle,
    better,
)
from benchmarks.infilling.networks import SHIFTED, UNSHIFTED
from benchmarks.infilling.product import PRODUCT, SETTLED
from benchmarks.infilling.projects import Project
from benchmarks.infilling.report import as_data, figures_of, print_tables, records, rows_of
from benchmarks.infilling.summary import MEAN, gain, indices_of, shown_from
from benchmarks.infilling.systems import Ngram, Proposal
from ownstack.document import Document

pytestmark = pytest.mark.native


def case(language: str, truth: str, *, twin: bool = False) -> Case:
    document = Document("file:///a", "a", language, 1, "before\nafter")
    return Case("made", language, document, 6, truth, twin)


def results() -> Results:
    """Two languages: echo is right at 2 of 2 and 1 of 4, the network at 0 of 2 and 2 of 4."""
    made = Results(
        [
            *(case("python", truth) for truth in ("abc", "defgh")),
            *(case("go", truth) for truth in ("abc", "def", "ghi", "x" * 30)),
            case("go", "twin", twin=True),
        ]
    )
    made.proposals[ECHO] = [
        Proposal("abc", 0.9, 1.0),
        Proposal("defgh", 0.8, 2.0),
        Proposal("abc", 0.7, 3.0),
        Proposal("", 0.0, 4.0),
        Proposal("gxx", 0.2, 5.0),
        Proposal("y", 0.1, 6.0),
        Proposal("twin", 1.0, 7.0),
    ]
    made.proposals[NETWORK] = [
        Proposal(text, 0.5, 1.0, 9.0) for text in ("", "d", "abc", "def", "", "", "")
    ]
    return made


def test_languages_count_the_same_and_twins_do_not_count() -> None:
    """Echo: 100 % and 25 % are 62.5 % on average."""
    made = results()

    table = {(row.system, row.language): row for row in rows_of(made)}

    assert table[ECHO, "python"].exact == 1.0
    assert (table[ECHO, "go"].exact, table[ECHO, "go"].n) == (0.25, 4)
    assert (table[ECHO, MEAN].exact, table[ECHO, MEAN].n) == (0.625, 6)
    assert table[ECHO, "go"].proposed == 0.75
    assert table[ECHO, "go"].by_left == {
        "1-5": 1 / 3, "6-10": pytest.approx(math.nan, nan_ok=True),
        "11-20": pytest.approx(math.nan, nan_ok=True), "21+": 0.0,
    }  # fmt: skip
    assert (table[ECHO, "go"].ms_p50, table[ECHO, "go"].ms_p95) == (4.0, 6.0)
    assert table[NETWORK, "python"].jump_ms_p50 == 9.0
    (twin,) = (row for row in rows_of(made, twins=True) if row.system == ECHO)
    assert (twin.language, twin.n, twin.exact) == ("go", 1, 1.0)


def test_a_part_is_right_as_far_as_it_goes() -> None:
    """Among what is shown, and nowhere else: the line that it is of is wrong."""
    made = results()
    made.proposals[ECHO][3:5] = [
        Proposal("dex", 0.3, 1.0, part="de"), Proposal("ghx", 0.3, 1.0, part="gx")
    ]  # fmt: skip

    table = {(row.system, row.language): row for row in rows_of(made)}

    go = table[ECHO, "go"]
    assert (go.exact, go.shown, go.in_part, go.shown_exact) == (0.25, 1.0, 0.5, 0.5)
    assert table[ECHO, MEAN].in_part == 0.25


def test_the_oracle_takes_the_better_one() -> None:
    """In Go it has both of the network's and none but those; it says nothing of confidence."""
    made = results()
    add_oracle(made)

    table = {(row.system, row.language): row for row in rows_of(made)}

    assert table[ORACLE, "go"].exact == 0.5
    assert math.isnan(table[ORACLE, "go"].calibration_error)
    assert better("abcd", "xyz", "abce") == "abcd"
    assert better("xyz", "abcd", "abce") == "abcd"


def test_a_gain_is_counted_in_pairs() -> None:
    """The oracle over echo: nothing in Python, a quarter in Go, 12.5 points on average."""
    made = results()
    add_oracle(made)
    strata = [indices_of(made, "python"), indices_of(made, "go")]

    found = gain(made, ORACLE, ECHO, strata)

    assert found.points == 12.5
    assert found.low <= 12.5 <= found.high
    assert found.low >= 0


def test_bars_are_those_of_the_languages_that_are_there() -> None:
    """Python has its own; no Rust or TypeScript, so Go stands for the applications."""
    made = results()
    made.proposals[Ngram.name] = made.proposals[NETWORK]

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    assert bars["echo: exact rest of the line, Python"].measured == 100.0
    assert bars["echo: exact rest of the line, Python"].passed is True
    assert bars["echo: exact rest of the line, mean of go"].measured == 25.0
    assert bars["echo: exact rest of the line, mean of go"].passed is False
    assert bars["network over the n-gram, exact"].measured == 1.0


def test_a_mixture_is_held_to_its_bars() -> None:
    """It must add two points to echo, and take none away in any language."""
    made = results()
    better_at = {2: "def", 3: "def"}  # Go's first is lost, its second won.
    made.proposals[MIXTURE] = [
        Proposal(better_at.get(i, proposal.text), proposal.confidence, 1.0)
        for i, proposal in enumerate(made.proposals[ECHO])
    ]

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    assert bars["mixture over echo, exact"].measured == 0.0
    assert bars["mixture over echo, exact"].passed is False
    assert bars["mixture over echo in its worst language"].passed is True


def test_what_a_shifted_suffix_loses() -> None:
    """One of four in Go; of all seven answers six are the same."""
    made = results()
    made.proposals[UNSHIFTED] = made.proposals[ECHO]
    made.proposals[SHIFTED] = [
        replace(answer, text="z") if number == 2 else answer
        for number, answer in enumerate(made.proposals[ECHO])
    ]

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    lost = bars["suffix shift: exact match lost"]
    assert (lost.measured, lost.passed) == (12.5, False)
    assert bars["suffix shift: the same answers"].measured == pytest.approx(600 / 7)


def test_what_is_shown_from_a_confidence_on() -> None:
    """Languages count the same for what is shown; what is right counts by what is shown."""
    made = results()
    strata = [indices_of(made, "python"), indices_of(made, "go")]

    assert shown_from(made, ECHO, 0.7, strata) == (0.625, 1.0)
    assert shown_from(made, ECHO, 0.15, strata) == (0.75, pytest.approx(1.25 / 1.5))
    assert shown_from(made, ECHO, 0.95, strata)[0] == 0.0


def test_everything_can_be_said_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Without NaN, which is none; and the tables print."""
    made = results()
    made.skipped["mixture"] = "not [there]"
    rows = rows_of(made)

    text = json.dumps(as_data(made, rows, [], figures_of(made, rows), {}), allow_nan=False)
    print_tables(made, rows, rows_of(made, twins=True))

    assert json.loads(text)["skipped"] == {"mixture": "not [there]"}
    assert "skipped: mixture: not [there]" in capsys.readouterr().out
    assert [record["answers"][ECHO]["exact"] for record in records(made)].count(True) == 4


def write_items(path: Path, *items: dict[str, str]) -> Path:
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(item) + "\n" for item in items)
    return path


def item(number: int = 0) -> dict[str, str]:
    """A function that doubles, with its first line missing."""
    return {
        "task_id": f"T/{number}", "prompt": "def f(y):\n", "suffix": "    return x\n",
        "canonical_solution": "    x = 2 * y\n", "entry_point": "f",
        "test": "def check(candidate):\n    assert candidate(3) == 6\n",
    }  # fmt: skip


def test_humaneval_is_asked_as_it_is_given(tmp_path: Path) -> None:
    """The cursor is at the start of the line; its indentation is part of the answer."""
    (loaded,) = humaneval.load_items(write_items(tmp_path / "items.gz", item()), 5, seed=1)

    case = loaded.case
    assert (case.before, case.after) == ("def f(y):\n", "\n    return x\n")
    assert case.truth == "    x = 2 * y"


@pytest.mark.process
def test_humaneval_runs_the_tests_of_what_is_written(tmp_path: Path) -> None:
    """Another line may pass; one that fails, does not parse or leaves before them does not.

    The product passes at one item more than bare llama.cpp does.
    """
    path = write_items(tmp_path / "items.gz", *(item(number) for number in range(4)))
    items = humaneval.load_items(path, 4, seed=1)
    made = Results([each.case for each in items])
    texts = ["    x = 2 * y", "    x = y + y", "    x = y", "    x = ("]
    made.proposals[PRODUCT] = [Proposal(text) for text in texts]
    made.proposals[BARE] = [Proposal(text) for text in (texts[0], *texts[2:], "    exit()")]

    passed = humaneval.judged(items, made)
    figures = {figure.name: figure for figure in humaneval.figures(made, passed)}

    assert passed[PRODUCT] == [True, True, False, False]
    assert figures["HumanEval single-line: product, tests passed"].measured == 50.0
    assert figures["HumanEval single-line: product, tests passed"].detail["exact"] == 1
    over = figures["HumanEval: product over bare llama.cpp, passed"]
    assert (over.measured, over.passed) == (25.0, True)


def large() -> Results:
    """Python: the product finds 3 of 4, bare llama.cpp 1, the model alone 2; Go: 1, 1 and none."""
    made = Results([case(name, "abc") for name in ("python",) * 4 + ("go",) * 4])
    made.skipped[MIXTURE] = "too large"

    def say(*found: int) -> list[Proposal]:
        return [Proposal("abc" if i in found else "x", 0.9, 1.0, shown=i != 7) for i in range(8)]

    made.proposals[NETWORK] = say(0, 1)
    made.proposals[BARE] = say(3, 4)
    made.proposals[PRODUCT] = say(0, 4)
    made.proposals[SETTLED] = say(0, 1, 2, 4)
    return made


def test_a_large_model_is_held_to_the_best_of_the_others_in_each_language() -> None:
    """In Python the best other one is the model alone, in Go bare llama.cpp."""
    made = large()

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    over = bars["product, settled: exact over the best of the others, worst in go"]
    assert (over.measured, over.passed) == (0.0, False)
    assert "python +25.0" in over.compared
    assert "over network; go +0.0" in over.compared
    assert over.compared.endswith("over bare llama.cpp")
    assert bars["product: exact over the best of the others, worst in python"].passed is None
    first = bars["product, settled: exact over the first second in a file, worst in go"]
    assert (first.measured, first.passed) == (0.0, None)


def test_a_large_model_is_held_to_its_thresholds_in_each_language() -> None:
    """It is as sure of everything, shows all but one, and 1 of 3 shown in Go is right."""
    made = large()

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    assert bars["product, settled: shown when normal, worst"].measured == 75.0
    shown_exact = bars["product, settled: exact of shown when normal, worst"]
    assert shown_exact.measured == pytest.approx(100 / 3)
    assert bars["product, settled: exact of shown when shy, worst"].measured == 25.0
    error = bars["product, settled: calibration error, worst"]
    assert (error.measured, error.passed) == (pytest.approx(0.9 - 1 / 4), False)


def test_a_language_in_which_nothing_is_sure_does_not_count_for_the_sure_ones() -> None:
    """There is no precision of nothing."""
    made = large()
    unsure = [replace(answer, confidence=0.5) for answer in made.proposals[SETTLED][4:]]
    made.proposals[SETTLED][4:] = unsure

    bars = {figure.name: figure for figure in figures_of(made, rows_of(made))}

    assert bars["product, settled: exact of shown when shy, worst"].measured == 75.0


@pytest.mark.process
def test_plots_are_drawn(tmp_path: Path) -> None:
    """Two pictures that are not empty."""
    pytest.importorskip("matplotlib", reason=plots.missing())

    paths = plots.draw(results(), tmp_path, "made")

    assert [path.name for path in paths] == ["coverage.png", "calibration.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.process
def test_the_whole_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From a list of projects, one of which cannot be had, to figures for a program."""
    body = "    first = prepare(value)\n    second = compute(first)\n    return second\n"
    text = "\n".join(f"def name_{n}(value):\n{body}" for n in range(60))
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.py").write_text(text)

    def project(name: str) -> Project:
        return Project(name, "pypi", "1", "MIT", "dev", "python", "a.whl", "0")

    def fetched(project: Project, cache: Path) -> Path:
        if project.name == "gone":
            raise program.ProjectError("gone 1 was not fetched: no network")
        return tmp_path / "files"

    monkeypatch.setattr(program, "load_projects", lambda: [project("here"), project("gone")])
    monkeypatch.setattr(program, "fetched", fetched)
    saved = tmp_path / "records.jsonl"

    program.main(["--positions", "12", "--json", "--records", str(saved)])

    value = json.loads(capsys.readouterr().out)
    assert value["skipped"]["gone"] == "gone 1 was not fetched: no network"
    assert value["skipped"]["network"] == "no --model was given"
    assert [project["name"] for project in value["about"]["projects"]] == ["here"]
    table = {row["system"]: row for row in value["rows"]}
    assert table.keys() == {Ngram.name, ECHO, "product"}
    assert {row["n"] for row in table.values()} == {12}
    assert table[ECHO]["exact"] > 0.5
    assert len(saved.read_text().splitlines()) == 12


@pytest.mark.process
def test_humaneval_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No project is needed for it, and what was answered is gone on with."""
    monkeypatch.setattr(program, "load_projects", list)
    data, log = write_items(tmp_path / "items.gz", item()), tmp_path / "log.jsonl"
    asked = ["--data", str(data), "--systems", "ngram,product", "--log", str(log), "--json"]

    for _ in range(2):
        assert program.main(asked) == 0

    value, lines = json.loads(capsys.readouterr().out.split("\n}\n")[1] + "\n}"), log.read_text()
    names = [figure["name"] for figure in value["figures"]]
    assert names == [
        "HumanEval single-line: n-gram, same file, tests passed",
        "HumanEval single-line: product, tests passed",
    ]
    assert value["humaneval"]["rows"][0]["n"] == 1
    assert len(lines.splitlines()) == 1 + 2
