"""The systems, on a project small enough to know the answers."""

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.large import large_project
from benchmarks.infilling.networks import Network
from benchmarks.infilling.ngram import follows
from benchmarks.infilling.product import Product, _proposal
from benchmarks.infilling.sources import ProjectFiles, read_project
from benchmarks.infilling.systems import EchoSystem, System
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.suggestion import Answer, Suggestion, Trace
from ownstack.document import Document
from ownstack.engine.requests import Priority
from ownstack.engine.results import ScoredLine, Speed
from ownstack.engine.scripted import ScriptedEngine
from ownstack.text import Span

pytestmark = pytest.mark.native

LINE = "    return self.registry.resolve(name, default=None)"
SECRET = "only_here_and_nowhere_else(42)"


def project(root: Path) -> ProjectFiles:
    """One file repeats a line of the other; one line is unique."""
    texts = {
        "pkg/one.py": f"class A:\n  def find(self, name):\n{LINE}\n\nunique = {SECRET}\n",
        "pkg/two.py": f"class B:\n  def look(self, name):\n{LINE}\n",
    }
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return read_project("made", "python", root)


def case(made: ProjectFiles, path: str, line: str) -> Case:
    """Put the cursor at `$0` of a line; what follows it there is taken out of the file."""
    document = made.documents[path]
    head, _, truth = line.partition("$0")
    offset = document.text.index(head + truth) + len(head)
    left = document.text[:offset] + document.text[offset + len(truth) :]
    return Case("made", "python", replace(document, text=left), offset, truth)


async def answer(system: System, made: ProjectFiles, asked: Case) -> str:
    await system.enter(made)
    proposal = await system.propose(asked)
    await system.close()
    return proposal.text


async def test_echo_knows_the_other_files(tmp_path: Path) -> None:
    """The line stands in another file of the project."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", LINE.replace("resolve", "res$0olve"))

    assert await answer(EchoSystem(tmp_path / "cache"), made, asked) == asked.truth


@pytest.mark.process
async def test_nothing_sees_what_was_taken_out(tmp_path: Path) -> None:
    """The file on disk still has the line: who reads it there cheats."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", f"unique = {SECRET}".replace("only_", "only_$0"))
    assert SECRET in (tmp_path / "project/pkg/one.py").read_text()

    for system in (
        EchoSystem(tmp_path / "cache"),
        Product("product", lambda: None, tmp_path / "home"),
    ):
        assert await answer(system, made, asked) != asked.truth


async def test_one_large_project_knows_what_is_saved(tmp_path: Path) -> None:
    """Each saved line is found; nothing is left behind in the folder."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", LINE.replace("resolve", "res$0olve"))
    before = sorted(made.root.rglob("*"))

    figures = await large_project(made.root, [asked] * 3, tmp_path / "cache")

    assert figures[0].compared.endswith("n=3")
    assert figures[-1].compared == "10 of 10 saved lines were found"
    assert sorted(made.root.rglob("*")) == before


@pytest.mark.process
async def test_the_product_says_what_it_shows(tmp_path: Path) -> None:
    """Without a model echo answers; a proposal and a confidence come either way."""
    made = project(tmp_path / "project")
    product = Product("product", lambda: None, tmp_path / "home")
    await product.enter(made)

    sure = await product.propose(case(made, "pkg/one.py", LINE.replace("self.reg", "self.re$0g")))
    await product.close()

    assert sure.text == "gistry.resolve(name, default=None)"
    assert sure.shown == (sure.confidence >= THRESHOLDS["normal"])
    assert 0 < sure.confidence <= 1


@pytest.mark.parametrize(
    ("asked", "seen", "expected"),
    [
        (("abc(d)", 0.3), ("abc", 0.6), ("abc(d)", 0.3, True, "abc", 0.6)),
        (("abc(d)", 0.5), ("abc(d)", 0.5), ("abc(d)", 0.5, True, "", 0.0)),
        (("xyz", 0.5), ("abc", 0.6), ("abc", 0.6, True, "", 0.0)),
        (("abc(d)", 0.3), None, ("abc(d)", 0.3, False, "", 0.0)),
        (None, None, ("", 0.0, False, "", 0.0)),
    ],
)
def test_a_part_that_is_shown_is_told_from_the_line(
    asked: tuple[str, float] | None,
    seen: tuple[str, float] | None,
    expected: tuple[str, float, bool, str, float],
) -> None:
    """The line is what somebody is given who asks; what is shown may be less, or another one."""
    document = Document("file:///a.py", "a.py", "python", 1, "x = \n")
    where = Case("made", "python", document, 4, "abc(d)")

    def suggested(given: tuple[str, float] | None) -> Suggestion | None:
        return given and Suggestion("1", "x = " + given[0], Span(0, 4), "model", given[1])

    answer = Answer(suggested(asked), Trace(prompt_tokens=9))
    found = _proposal(answer, where, 1.0, suggested(seen))

    assert (found.text, found.confidence, found.shown, found.part, found.part_chance) == expected
    assert found.prompt_tokens == 9


@pytest.mark.process
async def test_what_is_seen_is_what_stands_when_the_model_has_written(tmp_path: Path) -> None:
    """A quick network answers the key; the model's better line takes its place."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", LINE.replace("resolve", "res$0olve"))
    written = asyncio.Event()
    engine = ScriptedEngine(speed=Speed(prefill=9e4, decode=1e3))
    engine.enqueue([asked.truth], gate=written, mean_logprob=-0.001)
    quick = ScriptedEngine(scores_lines=True)
    line = ScoredLine("olve()", math.log(0.9), 2, proposed=False, found=True)
    quick.enqueue("olve()", scored=[line])
    product = Product("product", lambda: engine, tmp_path / "home", quick=lambda: quick)
    await product.enter(made)

    asyncio.get_running_loop().call_later(0.5, written.set)
    proposal = await product.propose(asked)
    await product.close()

    assert proposal.text == asked.truth
    assert proposal.shown


@pytest.mark.process
async def test_who_is_settled_was_at_work_above_and_the_model_has_read_more(tmp_path: Path) -> None:
    """Then the cursor is asked for; who has just opened the file is shown less."""
    made = project(tmp_path / "project")
    head = "".join(f"value_{number} = compute({number})\n" for number in range(400))
    asked = case(made, "pkg/one.py", LINE.replace("resolve", "res$0olve"))
    text = head + asked.document.text
    asked = replace(
        asked, document=replace(asked.document, text=text), offset=asked.offset + len(head)
    )
    shown = {}
    for settled in (False, True):
        engine = ScriptedEngine(speed=Speed(prefill=150.0, decode=100.0))
        product = Product("product", lambda: engine, tmp_path / "home", settled=settled)  # noqa: B023
        await product.enter(made)
        await product.propose(asked)
        await product.close()
        shown[settled] = engine.infills

    assert {request.prefix[-3:] for request in shown[False]} == {"res"}
    last = max(n for n, request in enumerate(shown[True]) if not request.prefix.endswith("res"))
    before, after = shown[True][: last + 1], shown[True][last + 1 :]
    assert {request.prefix[-3:] for request in after} == {"res"}
    assert before[0].priority is Priority.COMPLETION
    read_ahead = [request for request in before if request.priority is Priority.BACKGROUND]
    assert max(len(request.prefix) for request in read_ahead) > 2 * len(before[0].prefix)


async def test_a_network_is_reached_by_typing(tmp_path: Path) -> None:
    """First the prompt up to the last key, for one token; then the key, whose answer counts."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", f"unique = {SECRET}".replace("only_", "only_$0"))
    engine = ScriptedEngine("x", "here_and_more()\nnext line")

    proposal = await Network(engine).propose(asked)

    first, second = engine.infills
    assert proposal.text == "here_and_more()"
    assert first.prefix + "_" == second.prefix
    assert (first.max_tokens, first.suffix) == (1, second.suffix)
    assert second.prefix.endswith("unique = only_")
    assert second.path == "pkg/one.py"
    assert not any(SECRET in request.prefix + request.suffix for request in engine.infills)


async def test_keys_are_typed_one_by_one(tmp_path: Path) -> None:
    """So that a suffix moves with each; at the beginning of a file there are fewer."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", f"unique = {SECRET}".replace("only_", "only_$0"))
    first = case(made, "pkg/one.py", "cl$0ass A:")

    for each, typed in ((asked, ["= onl", " only", "only_"]), (first, ["", "c", "cl"])):
        engine = ScriptedEngine()
        await Network(engine, keys=2).propose(each)
        assert [request.prefix[-5:] for request in engine.infills] == typed
        assert len({request.suffix for request in engine.infills}) == 1


async def test_no_suffix_means_none(tmp_path: Path) -> None:
    """The same prompt without what stands below."""
    made = project(tmp_path / "project")
    asked = case(made, "pkg/one.py", LINE.replace("resolve", "res$0olve"))
    engine = ScriptedEngine()

    await Network(engine, with_suffix=False).propose(asked)

    assert [request.suffix for request in engine.infills] == ["", ""]


def test_the_ngram_takes_the_most_frequent_then_the_nearest() -> None:
    """Three lexemes agree twice with one rest and once with another."""
    before = "call(a, 1)\ncall(a, 2)\nother\ncall(a, 2)\ncall(a,"

    assert follows(before, "\n")[0] == " 2)"
    assert follows("x = 1\nx = 2\nx = ", "\n")[0] == "2"


def test_the_ngram_does_not_see_its_own_place() -> None:
    """With nothing else in the file there is nothing to say."""
    assert follows("unheard = ", "") == ("", 0.0)
