"""Which adapters a window is told of, and why one does not serve."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ownstack.app.learning.adapter_status import UNTRUSTED, Subject, adapter_statuses
from tests.support.learned import record_of

SUBJECT = Subject("completion", "key", "tiny", ("/home/ada/shop",))


def record(name: str, **more: Any) -> Any:
    return record_of(name, **{"base_key": "key", **more})


def told(subject: Subject, records: Any, serving: Any = (), problems: Any = None) -> list[Any]:
    found = adapter_statuses(subject, records, serving, problems or {})
    return [(one.name, one.serves, one.reason) for one in found]


def test_what_serves_is_told() -> None:
    """The generic one first, then that of the folder."""
    infill, shop = record("infill"), record("shop", project="/home/ada/shop")

    assert told(SUBJECT, [shop, infill], [infill, shop]) == [
        ("infill", True, ""),
        ("shop", True, ""),
    ]


def test_what_serves_in_an_enclosing_folder_is_told() -> None:
    """And so is one that does not."""
    whole = record("whole", project="/home/ada", standing="new")

    assert told(SUBJECT, [whole]) == [("whole", False, "It was not judged yet.")]


def test_of_each_place_only_the_newest_is_told() -> None:
    """What served before it, and was judged before it, is history."""
    old = record("old", project="/home/ada/shop", standing="aside", reason="It was no better.")
    newer = record("newer", project="/home/ada/shop")

    assert told(SUBJECT, [old, newer], [newer]) == [("newer", True, "")]


def test_a_newer_one_that_does_not_serve_is_told_beside_the_one_that_does() -> None:
    """With the reason of the gate."""
    old = record("old", project="/home/ada/shop")
    newer = record("newer", project="/home/ada/shop", standing="aside", reason="Python got worse.")

    assert told(SUBJECT, [old, newer], [old]) == [
        ("old", True, ""),
        ("newer", False, "Python got worse."),
    ]


@pytest.mark.parametrize(
    ("changed", "problems", "reason"),
    [
        ({"standing": "new"}, {}, "It was not judged yet."),
        (
            {"standing": "aside"},
            {},
            "It was judged, and is not better than what served before it.",
        ),
        ({}, {}, "It was taken out of use; it can be used again."),
        (
            {"base_key": "other"},
            {},
            "It was trained for another file of tiny; learn again for this one.",
        ),
        ({}, {"id": "shop does not serve: it is missing."}, "shop does not serve: it is missing."),
    ],
)
def test_why_one_does_not_serve(changed: Any, problems: Any, reason: str) -> None:
    """A sentence each."""
    shop = replace(record("shop", project="/home/ada/shop"), **changed)

    found = told(SUBJECT, [shop], problems=dict.fromkeys([shop.id] if problems else [], reason))

    assert found == [("shop", False, reason)]


def test_others_are_none_of_a_window_s_business() -> None:
    """Those of other folders, roles and models."""
    others = [
        record("elsewhere", project="/home/ada/shopping"),
        record("talks", role="chat"),
        record("larger", base_key="larger", base_name="larger"),
    ]

    assert told(SUBJECT, others) == []


def test_what_was_learned_from_a_folder_that_is_not_trusted_does_not_serve() -> None:
    """The generic one does all the same."""
    subject = Subject("completion", "key", "tiny", (), ("/home/ada/shop",))
    infill, shop = record("infill"), record("shop", project="/home/ada/shop")

    assert told(subject, [infill, shop], [infill]) == [
        ("infill", True, ""),
        ("shop", False, UNTRUSTED),
    ]
