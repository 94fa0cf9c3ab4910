"""Solutions that recur are merged, counted, and offered when they fit."""

import pytest

from ownstack.memory import events, ids
from ownstack.memory.facts.patterns import fold, offered, sighting

SESSION = ids.session_id(ids.project_id("/p"), 1.0)
LOCKED = ("database is locked error in tests", "open SQLite with a busy timeout")


def seen(at: float, problem: str, solution: str, outcome: str = "seen") -> events.Event:
    return sighting(events.Stamp(SESSION, 1, at), problem, solution, outcome)  # type: ignore[arg-type]


def test_sightings_of_one_solution_are_one_pattern() -> None:
    logged = [
        seen(1.0, *LOCKED),
        seen(2.0, "tests: the database is locked", "Open SQLite with busy timeout"),
        seen(3.0, "import cycle between engine and models", "move the type down"),
        events.note(events.Stamp(SESSION, 1, 4.0), "other", "x"),
    ]
    first, second = fold(logged)
    assert (first.name, first.seen, first.last) == (logged[0].id, 2, 2.0)
    assert second.problem.startswith("import cycle")


def test_confidence_follows_what_came_of_it() -> None:
    logged = [seen(1.0, *LOCKED)]
    assert fold(logged)[0].confidence == 0.5
    logged += [seen(2.0, *LOCKED, "helped"), seen(3.0, *LOCKED, "helped")]
    (good,) = fold(logged)
    assert (good.confidence, good.uses) == (0.75, 2)
    logged += [seen(4.0 + n, *LOCKED, "failed") for n in range(4)]
    (bad,) = fold(logged)
    assert bad.confidence == pytest.approx(3 / 8)


def test_what_fits_is_offered_the_surest_first_and_what_fails_is_not() -> None:
    known = fold(
        [
            seen(1.0, *LOCKED),
            seen(2.0, "database is locked on Windows", "close the connection"),
            seen(3.0, "database is locked on Windows", "close the connection", "helped"),
            seen(4.0, "database is locked on a network share", "turn WAL off"),
            seen(5.0, "database is locked on a network share", "turn WAL off", "failed"),
            seen(6.0, "import cycle", "move the type down"),
        ]
    )
    found = [p.solution for p in offered("why is my database locked in the tests?", known)]
    assert found == ["close the connection", "open SQLite with a busy timeout"]
    assert offered("how do I draw a circle", known) == []
    assert offered("", known) == []


def test_an_outcome_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="seen, helped, failed"):
        seen(1.0, *LOCKED, "shrugged")
