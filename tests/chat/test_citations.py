"""No place is shown that does not exist: a wrong one is mended by what was read, or dropped."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.chat.citations import citations
from ownstack.chat.retrieval import Project, Source
from tests.support.searchable import TOY, searchable


def sources(project: Project):  # type: ignore[no-untyped-def]
    return project.retrieve("@shop/bikes.py @shop/fish.py", 1_000, len).sources[:2]


SHOWN = [("shop/bikes.py:1-3", "shown"), ("shop/fish.py:1-3", "shown")]


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("It is in shop/bikes.py:1-2.", [("shop/bikes.py:1-2", "cited")]),
        ("It is in `bikes.py:2`.", [("shop/bikes.py:2", "cited")]),
        ("It is in shop/bikes.py#L1-L3", [("shop/bikes.py:1-3", "cited")]),
        ("See notes.txt:1 as well.", [("notes.txt:1", "cited")]),
        ("It is in shop/bikes.py:90.", [("shop/bikes.py:1-3", "mended")]),
        ("It is in shop/fish.py.", [("shop/fish.py:1-3", "named")]),
        ("It is in shop/none.py:3.", SHOWN),
        ("/etc/passwd.txt:1 ../../x.py:1", SHOWN),
    ],
)  # fmt: skip
def test_places(project: Project, answer: str, found: list[tuple[str, str]]) -> None:
    cited = citations(answer, sources(project), project)

    assert [(citation.place, citation.kind) for citation in cited] == found


def test_a_symbol_that_is_spoken_of_is_a_source(project: Project) -> None:
    known = project.retrieve("Where is the Pond for salmon?", 1_000, len).sources
    assert known[0].name.startswith("Pond")

    cited = citations(f"The `{known[0].name.rpartition('.')[2]}` does.", known, project)

    assert [(citation.path, citation.kind) for citation in cited] == [("shop/fish.py", "named")]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("To repair it, mend it.", "shown"),
        ("It is `repair`.", "named"),
        ("Call shop.repair with it.", "named"),
        ("Call repair(bike).", "named"),
    ],
)
def test_a_name_that_is_an_ordinary_word_has_to_stand_as_code(
    project: Project, answer: str, kind: str
) -> None:
    found = project.retrieve("Who can repair a bike?", 1_000, len).sources
    known = [source for source in found if source.name.endswith("repair")]

    [cited] = citations(answer, known, project)

    assert cited.kind == kind


@pytest.mark.parametrize(
    ("answer", "places"),
    [
        ("To repair a bike, mend the bicycle and return it.", ["shop/bikes.py:1-3"]),
        ("In a pond one may catch a salmon and weigh what one has got.", ["shop/fish.py:1-3"]),
    ],
)
def test_an_answer_without_names_rests_on_what_it_retells(
    project: Project, answer: str, places: list[str]
) -> None:
    cited = citations(answer, sources(project), project)

    assert [(citation.place, citation.kind) for citation in cited] == [
        (place, "named") for place in places
    ]


@pytest.mark.parametrize(
    "answer",
    ["I do not know.", "Whether anything here could explain this question cannot be said at all."],
)
def test_an_answer_that_retells_nothing_rests_on_nothing(project: Project, answer: str) -> None:
    assert {citation.kind for citation in citations(answer, sources(project), project)} == {"shown"}


@pytest.mark.parametrize("name", ["`catch`", "`catch()`", "`Pond.catch`"])
def test_a_name_that_is_set_as_code_leads_to_its_definition(project: Project, name: str) -> None:
    """In what was read for the answer, and nowhere else."""
    bikes, fish = sources(project)

    cited = citations(f"By {name}.", (bikes, fish), project)
    elsewhere = citations(f"By {name}.", (bikes,), project)

    assert [(citation.place, citation.name) for citation in cited] == [
        ("shop/fish.py:2-3", "Pond.catch")
    ]
    assert [citation.kind for citation in elsewhere] == ["shown"]


@pytest.mark.parametrize(("count", "places"), [(3, ["2", "4", "6"]), (4, ["1-8"])])
def test_a_name_that_few_define_leads_to_all_of_them(
    project: Project, count: int, places: list[str]
) -> None:
    """One that many define leads nowhere."""
    text = "".join(f"class Part{number}:\n    def mend(self): ...\n" for number in range(count))
    snapshot = searchable(project.root, {"parts.py": text})
    parts = Project(project.root, lambda: snapshot, TOY)
    read = parts.retrieve("@parts.py", 1_000, len).sources[:1]

    cited = citations("By `mend`.", read, parts)

    assert [citation.place for citation in cited] == [f"parts.py:{place}" for place in places]


def test_a_file_that_has_changed_is_asked_again(project: Project) -> None:
    known = sources(project)
    (project.root / "shop/bikes.py").unlink()

    assert citations("It is in shop/bikes.py:1.", known[:1], project) == ()


def test_without_sources_nothing_is_cited(project: Project) -> None:
    assert citations("I think so.", (), project) == ()


def test_overloads_are_one_definition(tmp_path: Path) -> None:
    overload = "@overload\ndef field(kind): ...\n\n\n"
    text = f"{4 * overload}def field(kind):\n    made = kind()\n    return made\n"
    snapshot = searchable(tmp_path, {"fields.py": text})
    read = Source("fields.py", 1, 2, "", overload)

    [cited] = citations("By `field`.", (read,), Project(tmp_path, lambda: snapshot, TOY))

    assert (cited.place, cited.name) == ("fields.py:17-19", "field")
