"""Which adapters answer under which condition."""

from pathlib import Path

import pytest

from benchmarks.learning.conditions import Given, Serving, conditions_of, control_for, sha256


@pytest.fixture
def given(tmp_path: Path) -> Given:
    files = {}
    for name in ("generic", "one", "two", "three", "alone"):
        files[name] = tmp_path / f"{name}.gguf"
        files[name].write_text(name, "utf-8")
    own = {name: files[name] for name in ("one", "two", "three")}
    return Given(files["generic"], own, {"one": files["alone"]})


def names(project: str, given: Given) -> dict[str, list[str]]:
    return {
        item.name: [adapter.path.stem for adapter in item.adapters]
        for item in conditions_of(project, given)
    }


def test_a_project_with_an_adapter_has_all_conditions(given: Given) -> None:
    assert names("two", given) == {
        "plain": [],
        "generic": ["generic"],
        "project": ["two"],
        "both": ["generic", "two"],
        "control": ["generic", "one"],
    }


def test_one_that_was_trained_alone_is_the_one_that_is_asked_alone(given: Given) -> None:
    assert names("one", given)["project"] == ["alone"]
    assert names("one", given)["both"] == ["generic", "one"]


def test_a_project_without_an_adapter_is_asked_of_without(given: Given) -> None:
    assert list(names("other", given)) == ["plain", "generic"]
    assert list(names("other", Given())) == ["plain"]


def test_there_is_no_control_without_another_project(given: Given) -> None:
    assert "control" not in names("one", Given(given.generic, {"one": given.own["one"]}))


def test_each_project_is_the_control_of_another() -> None:
    projects = ("c", "a", "b")
    assert [control_for(name, projects) for name in "abc"] == ["b", "c", "a"]


def test_an_adapter_that_was_trained_anew_is_another_condition(given: Given) -> None:
    before = [item.id for item in conditions_of("one", given)]
    given.own["one"].write_text("trained longer", "utf-8")
    sha256.cache_clear()
    after = [item.id for item in conditions_of("one", given)]
    changed = [old != new for old, new in zip(before, after, strict=True)]
    # plain, generic, project (trained alone), both, control
    assert changed == [False, False, False, True, False]


def test_a_request_is_answered_by_the_adapters_of_its_condition(given: Given) -> None:
    serving = Serving()
    both = next(item for item in conditions_of("two", given) if item.name == "both")
    assert serving("completion", serving.place(both)) == both.adapters
    assert serving("completion", "") == ()
