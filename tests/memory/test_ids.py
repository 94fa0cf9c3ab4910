"""Ids are UUIDv8, derived from their parents', and in the order of time."""

import uuid

import pytest

from ownstack.memory import ids

PROJECT = ids.project_id("/home/a/project")


def test_ids_are_uuids_of_version_8_and_of_the_variant_of_the_rfc():
    session = ids.session_id(PROJECT, 1_700_000_000.5)
    names = [PROJECT, session, ids.turn_id(session, 1), ids.event_id(session, 1, "user", 1.0, "{}")]
    for name in names:
        assert uuid.UUID(name).version == 8
        assert uuid.UUID(name).variant == uuid.RFC_4122
    assert len(set(names)) == 4


def test_the_same_facts_give_the_same_id():
    """Pinned: what is stored is named by it, on every machine and in every version."""
    assert ids.session_id(PROJECT, 1_700_000_000.5) == "018bcfe5-69f4-8b9e-a865-6b3132718e83"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("p", "ab", "c", 0.0), ("p", "a", "bc", 0.0)),
        (("p", "a", "b", 0.001), ("p", "a", "b", 0.002)),
        (("p", "a", "b", 0.0), ("q", "a", "b", 0.0)),
    ],
)
def test_other_facts_give_another_id(first, second):
    def name(parent, kind, label, at):
        return ids.derived(ids.derived(ids.BASE, "x", parent), kind, label, at)

    assert name(*first) != name(*second)


def test_sessions_sort_by_time():
    names = [ids.session_id(PROJECT, at) for at in (5.0, 1_600_000_000.0, 1_700_000_000.0, 4e9)]
    assert names == sorted(names)


def test_a_name_that_is_no_unicode_has_an_id():
    assert ids.project_id("/home/\udcff") != ids.project_id("/home/\udcfe")


@pytest.mark.parametrize(
    "text",
    ["", "x", str(uuid.UUID(int=5, version=4)), "{018bcfe5-69f4-8b9e-a865-6b3132718e83}"],
)
def test_what_is_no_id_of_ours_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        ids.parse(text)
