"""Answers of a scripted engine about a small package: what is asked, kept, judged and counted."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.bars import wilson
from benchmarks.grounding.__main__ import of_arm
from benchmarks.grounding.arms import Bench, answered, best_by_bm25
from benchmarks.grounding.judging import Files, Place, cited_files, exists, holds, written
from benchmarks.grounding.questions import Asked, drawn
from benchmarks.grounding.records import Record, Records
from benchmarks.grounding.summary import bars, judged, paired, resampled, table
from benchmarks.retrieval.packages import Question, Target
from benchmarks.retrieval.subjects import Subject
from ownstack.chat.chat import Chat
from ownstack.chat.citations import Citation
from ownstack.chat.retrieval import Project
from ownstack.engine.results import Usage
from ownstack.engine.scripted import ScriptedEngine
from ownstack.memory.log.conversation_log import ConversationLog
from tests.support.searchable import TOY, searchable

FILES = {
    "shop/bikes.py": "def repair(bike):\n    '''Mend a bicycle.'''\n    return bike.mend()\n",
    "shop/fish.py": "class Pond:\n    def catch(self, salmon):\n        return salmon.weigh()\n",
    "shop/old/fish.py": "WEIGHT = 3\n",
}
ASKED = Asked("shop", "How is a bicycle mended?", frozenset({"shop/bikes.py"}))
SETTINGS = {"window": 4_096, "answer_tokens": 40}
RECORD = Record(
    "toy", "bm25", "shop", ASKED.text, SETTINGS, "By `repair` in bikes.py:1-3.", "end", 2.0, 4.0,
    Usage(100, 90, 10, prefill_ms=1_900.0),
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "package"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    return root


@pytest.fixture
def files(root: Path) -> Files:
    return Files(root)


@pytest.fixture
def bench(root: Path, tmp_path: Path) -> Iterator[Bench]:
    snapshot = searchable(root, FILES)
    log = ConversationLog.open(
        tmp_path / "log" / "log.sqlite", tmp_path / "recall.sqlite", embedder=lambda: TOY
    )
    with contextlib.closing(log):
        project = Project(root, lambda: snapshot, TOY)
        yield Bench(
            ScriptedEngine(name="toy"), log, tmp_path, project, "shop 1.0", SETTINGS, is_guided=True
        )


def scripted(bench: Bench) -> ScriptedEngine:
    assert isinstance(bench.engine, ScriptedEngine)
    return bench.engine


def subject(name: str, *questions: Question) -> Subject:
    return Subject(name, "1.0", "python", Path(), 0.9, questions)


def test_packages_take_turns_and_bare_names_are_not_asked() -> None:
    target = (Target("a.py"),)
    one = subject("one", *(Question(f"how {n}", "semantic", target) for n in range(3)))
    two = subject("two", Question("Name", "symbol", target), Question("why", "semantic", target))

    asked = drawn([one, two], 3, seed=1)

    assert [question.package for question in asked] == ["one", "two", "one"]
    assert asked[1] == Asked("two", "Why?", frozenset({"a.py"}))
    assert asked == drawn([one, two], 3, seed=1)
    assert len(drawn([one, two], 60, seed=1)) == 4


async def test_the_product_answers_with_what_it_found(bench: Bench) -> None:
    scripted(bench).enqueue(["By `repair` ", "in shop/bikes.py:1-3."], evaluated_tokens=30)

    record = await answered(bench, "retrieve", ASKED)

    [request] = scripted(bench).chats
    assert not request.tools
    assert "Mend a bicycle" in request.messages[-1].text
    assert record.text == "By `repair` in shop/bikes.py:1-3."
    assert [(cited.place, cited.kind) for cited in record.checked] == [
        ("shop/bikes.py:1-3", "cited")
    ]
    assert record.read[0].startswith("shop/bikes.py:")
    assert record.usage.evaluated_tokens == 30
    assert 0 < record.first_s <= record.end_s


@pytest.mark.parametrize(("pieces", "stops"), [(39, 0), (100, 1)])
async def test_the_product_is_stopped_when_an_answer_is_too_long(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, pieces: int, stops: int
) -> None:
    """A scripted engine has written all before it hears of it, so it is seen who is told."""
    scripted(bench).enqueue([f"{number} " for number in range(pieces)])
    stopped: list[bool] = []
    monkeypatch.setattr(Chat, "cancel", lambda chat: stopped.append(chat.is_busy))

    await answered(bench, "retrieve", ASKED)

    at_the_end = 1
    assert len(stopped) - at_the_end == stops


async def test_with_tools_nothing_is_found_beforehand(bench: Bench) -> None:
    scripted(bench).enqueue("In bikes.py.")

    record = await answered(bench, "tools", ASKED)

    [request] = scripted(bench).chats
    assert request.tools
    assert "bicycle." not in request.messages[-1].text
    assert (record.arm, record.read) == ("tools", ())


@pytest.mark.parametrize(("arm", "sees_code"), [("bm25", True), ("bare", False)])
async def test_a_plain_prompt_is_code_and_question(bench: Bench, arm: str, sees_code: bool) -> None:
    scripted(bench).enqueue("In shop/bikes.py.")

    record = await answered(bench, arm, ASKED)

    system, user = scripted(bench).chats[0].messages
    assert user.text.endswith(ASKED.text)
    assert ("Mend a bicycle" in user.text) is sees_code
    assert ("shop 1.0" in system.text) is not sees_code
    assert (record.text, record.arm) == ("In shop/bikes.py.", arm)


def test_the_plain_prompt_ranks_by_words(bench: Bench) -> None:
    snapshot = bench.project.snapshot()
    assert snapshot is not None

    found = best_by_bm25(snapshot, "Which pond has salmon to catch?")

    assert found[0].path == "shop/fish.py"
    assert all(source.path != "shop/bikes.py" for source in found)


def test_an_answer_is_kept_until_it_is_asked_in_another_way(tmp_path: Path) -> None:
    file = tmp_path / "results" / "answers.jsonl"
    record = replace(RECORD, checked=(Citation("shop/bikes.py", 1, 3, "cited", "repair"),))
    Records(file).add(record)
    with file.open("a", encoding="utf-8") as cut:
        cut.write('{"model": "toy", "arm"')

    known = Records(file).known

    assert list(known.values()) == [record]
    assert replace(record, settings={"window": 1}).key not in known
    assert replace(record, arm="bare").key not in known


def test_answers_after_a_line_that_was_cut_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text('{"model": "toy", "arm"', "utf-8")

    Records(file).add(RECORD)

    assert list(Records(file).known.values()) == [RECORD]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("See shop/bikes.py:1-3.", [Place("shop/bikes.py", 1, 3)]),
        ("See `bikes.py`, line 2, …", [Place("bikes.py")]),
        ("bikes.py#L2, fish.py lines 1-2", [Place("bikes.py", 2, 2), Place("fish.py", 1, 2)]),
        ("Call bike.mend() or response.json.", []),
    ],
)  # fmt: skip
def test_places_in_a_text(text: str, places: list[Place], files: Files) -> None:
    assert written(text, files) == places


@pytest.mark.parametrize(
    ("place", "there"),
    [
        (Place("shop/bikes.py", 1, 3), True),
        (Place("./bikes.py", 3, 3), True),
        (Place("bikes.py"), True),
        (Place("shop/bikes.py", 1, 4), False),
        (Place("shop/bikes.py", 3, 1), False),
        (Place("none.py"), False),
        (Place("fish.py", 1, 1), False),
    ],
    ids=str,
)
def test_a_place_exists_if_its_file_is_clear_and_has_its_lines(
    place: Place, there: bool, files: Files
) -> None:
    assert exists(place, files) is there


@pytest.mark.parametrize(
    ("place", "text", "held"),
    [
        (Place("shop/bikes.py", 1, 3, "repair"), "", True),
        (Place("shop/fish.py", 1, 1, "Pond.catch"), "", False),
        (Place("shop/fish.py", 2, 3, "Pond.catch"), "", True),
        (Place("shop/bikes.py", 1, 3), "It calls `bike.mend()`.", True),
        (Place("shop/bikes.py", 1, 2), "It calls `bike.mend()`.", False),
        (Place("shop/bikes.py", 1, 3), "It mends.", None),
        (Place("none.py"), "By `repair`.", False),
    ],
    ids=str,
)
def test_a_place_holds_what_is_said_of_it(
    place: Place, text: str, held: bool | None, files: Files
) -> None:
    assert holds(place, text, files) is held


def test_citations_count_for_the_product_only_and_what_was_merely_read_never(files: Files) -> None:
    named = Citation("shop/bikes.py", 1, 3, "named", "repair")
    own = replace(RECORD, arm="retrieve", text="By repair.", checked=(named,))

    assert cited_files(own, files) == {"shop/bikes.py"}
    assert cited_files(replace(own, arm="bm25"), files) == set()
    assert cited_files(replace(own, checked=(replace(named, kind="shown"),)), files) == set()
    assert judged(ASKED, replace(own, arm="bm25"), files).checked


def test_what_the_answers_come_to(files: Files) -> None:
    named = Citation("shop/bikes.py", 1, 3, "named", "repair")
    own = [replace(RECORD, arm="retrieve", question=f"{n}", checked=(named,)) for n in range(4)]
    plain = [replace(RECORD, question=f"{n}", text="" if n else RECORD.text) for n in range(4)]
    ways = {
        "retrieve": [judged(ASKED, record, files) for record in own],
        "bm25": [judged(ASKED, record, files) for record in plain],
    }

    figures = {figure.name: figure for figure in bars(ways)}

    assert figures["answers that cite a relevant file"].measured == 100.0
    assert figures["shown citations that exist"].measured == 100.0
    assert figures["first token over prefill"].measured == pytest.approx(2.0 / 1.9)
    assert figures["over the plain prompt's share"].measured == 4.0
    assert all(figure.passed for figure in figures.values())
    assert paired(ways["retrieve"], ways["bm25"][:1]) == [(True, True)]
    assert "| bm25 | 4 | 25.0 % [5, 70] of 4 |" in table("toy", ways)
    assert bars({"bm25": ways["bm25"]}) == []


def test_intervals_are_those_of_the_books() -> None:
    """Wilson: 8 of 10 lie in 0.490 to 0.943 (Newcombe 1998, method 3)."""
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = resampled([(True, True), (True, False)] * 30)
    assert 1.5 < low < 2.0 < high < 3.0


def test_only_answers_of_this_model_in_this_way_are_judged(tmp_path: Path, files: Files) -> None:
    records = Records(tmp_path / "answers.jsonl")
    records.add(RECORD)

    def count(model: str, arm: str, settings: dict[str, int]) -> int:
        return len(of_arm(records, {"shop": files}, [ASKED], (model, arm), settings))

    assert count("toy", "bm25", SETTINGS) == 1
    assert count("toy", "bare", SETTINGS) == 0
    assert count("other", "bm25", SETTINGS) == 0
    assert count("toy", "bm25", {"window": 1, "answer_tokens": 1}) == 0
