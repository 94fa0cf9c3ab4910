"""Solutions that recur are merged, counted, and offered when they fit."""

from ownstack.memory import events, ids
from ownstack.memory.facts.patterns import fold, offered, sighting

SESSION = ids.session_id(ids.project_id("/p"), 1.0)
LOCKED = ("database is locked error in tests", "open SQLite with a busy timeout")


def seen(at: float, problem: str, solution: str) -> events.Event:
    return sighting(events.Stamp(SESSION, 1, at), problem, solution)


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


def test_confidence_grows_with_each_time_that_it_helps() -> None:
    assert fold([seen(1.0, *LOCKED)])[0].confidence == 0.5
    (good,) = fold([seen(float(at), *LOCKED) for at in range(3)])
    assert (good.seen, good.confidence) == (3, 0.75)


def test_what_fits_is_offered_the_surest_first() -> None:
    known = fold(
        [
            seen(1.0, *LOCKED),
            seen(2.0, "database is locked on Windows", "close the connection"),
            seen(3.0, "database is locked on Windows", "close the connection"),
            seen(6.0, "import cycle", "move the type down"),
        ]
    )
    found = [p.solution for p in offered("why is my database locked in the tests?", known)]
    assert found == ["close the connection", "open SQLite with a busy timeout"]
    assert offered("how do I draw a circle", known) == []
    assert offered("", known) == []
