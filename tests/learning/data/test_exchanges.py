"""What is learned from conversations: what was accepted, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

from ownstack.chat.proposal_log import CHECKPOINT, RESTORED
from ownstack.chat.proposals import CLOSED, proposal
from ownstack.learning.data import exchanges
from ownstack.learning.data.exchanges import Learned, action_note, learned
from ownstack.learning.data.filters import Counts
from ownstack.learning.data.passages import Exchange
from ownstack.memory import events
from ownstack.memory.events import Event
from ownstack.memory.facts import patterns
from tests.support.conversations import SESSION, Log

BEFORE = "def price(weight):\n    return weight * 3\n"
AFTER = "def price(grams: int) -> int:\n    return grams * 3\n"
NOW = 1_700_000_000.0
DAY = 86_400.0


def found(logged: Sequence[Event], now: float = NOW) -> tuple[Learned, Counts]:
    counts = Counts()
    return learned(logged, now, counts), counts


def proposed(log: Log, path: str = "shop.py") -> Event:
    log.user("Say what is weighed, and its type.")
    return log.add(proposal(path, "ab", BEFORE, AFTER).event(log.stamp()))


def closed(log: Log, how: str, item: Event, checkpoint: str = "c1") -> None:
    details: dict[str, events.JSON] = {"proposals": [item.id], "checkpoint": checkpoint}
    log.add(events.note(log.stamp(), CLOSED, how, details))


def test_an_accepted_edit_is_learned_as_lines_and_what_they_became() -> None:
    log = Log()
    closed(log, "applied", proposed(log))
    what, _ = found(log.events)
    assert what.exchanges == (
        Exchange(
            "Lines 1 to 2 of shop.py:\n"
            "```python\ndef price(weight):\n    return weight * 3\n```\n\n"
            "Say what is weighed, and its type.",
            "```python\ndef price(grams: int) -> int:\n    return grams * 3\n```",
            "edit",
            SESSION,
        ),
    )
    assert what.accepted == {
        "shop.py": frozenset(("def price(grams: int) -> int:", "return grams * 3"))
    }


def test_refused_waiting_and_taken_back_edits_are_not_learned() -> None:
    log = Log()
    closed(log, "refused", proposed(log))
    closed(log, "applied", proposed(log), "c9")
    log.add(events.note(log.stamp(), CHECKPOINT, "", {"id": "c9", "paths": ["shop.py"]}))
    log.add(events.note(log.stamp(), RESTORED, "", {"id": "c9", "paths": ["shop.py"]}))
    proposed(log)
    what, counts = found(log.events)
    assert what == Learned()
    assert set(counts.by_reason()) == {exchanges.REFUSED, exchanges.TAKEN_BACK}


def test_an_edit_of_a_turn_that_was_taken_back_is_not_learned() -> None:
    log = Log()
    item = proposed(log)
    log.add(events.undo(log.stamp(), log.events[0].id))
    assert item in log.events
    assert found(log.events)[0] == Learned()


def test_edits_of_vendored_files_are_not_learned() -> None:
    log = Log()
    closed(log, "applied", proposed(log, "vendor/shop.py"))
    what, counts = found(log.events)
    assert what.exchanges == ()
    assert exchanges.UNWANTED_PATH in counts.by_reason()


def test_an_edit_that_wrote_what_is_judged_by_is_not_learned() -> None:
    log = Log()
    closed(log, "applied", proposed(log))
    held = {"shop.py": frozenset(map(str.strip, AFTER.split("\n")))}
    what = learned(log.events, NOW, Counts(), held=held)
    assert what == Learned()


def test_an_accepted_edit_of_an_action_is_learned() -> None:
    log = Log()
    diff = proposal("shop.py", "ab", BEFORE, AFTER).diff
    log.add(action_note(log.stamp(), "Add types.", "shop.py", diff))
    (exchange,) = found(log.events)[0].exchanges
    assert exchange.request.endswith("Add types.")
    assert "grams: int" in exchange.answer


def test_what_was_only_said_is_not_learned() -> None:
    log = Log()
    log.user("How do I open the shop?")
    log.says("Turn the key.")
    assert found(log.events)[0] == Learned()


def test_decisions_are_learned_if_they_hold_and_are_sure_enough() -> None:
    log = Log()
    log.decision("D001", "Prices are in cents.", tier=0.9, rationale="Floats round.")
    log.decision("D002", "Perhaps use YAML.", tier=0.2)
    log.decision("D003", "Use XML.", tier=0.9)
    log.decision("D003", "Use XML.", tier=0.9, status="rejected")
    log.decision("D004", "Use JSON.", tier=0.9, status="disputed")
    what, counts = found(log.events)
    assert [exchange.answer for exchange in what.exchanges] == [
        "Prices are in cents. Floats round."
    ]
    assert counts.by_reason()[exchanges.UNSURE].lines == 3


def test_what_was_said_beside_an_abandoned_thread_is_not_learned() -> None:
    log = Log()
    log.decision("D001", "Prices are in cents.", tier=0.9)
    log.add(patterns.sighting(log.stamp(), "The till is stuck.", "Turn it off and on."))
    assert len(found(log.events)[0].exchanges) == 2
    log.thread("T001", "Find out why prices differ.")
    assert len(found(log.events)[0].exchanges) == 2
    assert found(log.events, NOW + 30 * DAY)[0].exchanges == ()
    log.thread("T001", "Find out why prices differ.", "RESOLVED")
    assert len(found(log.events, NOW + 30 * DAY)[0].exchanges) == 2


def test_a_solution_counts_as_much_as_it_has_helped() -> None:
    log = Log()
    for _ in range(3):
        log.add(patterns.sighting(log.stamp(), "The till is stuck.", "Turn it off and on."))
    (exchange,) = found(log.events)[0].exchanges
    assert (exchange.request, exchange.answer) == ("The till is stuck.", "Turn it off and on.")
    assert exchange.weight == 0.75


def test_secrets_in_edits_are_blanked() -> None:
    log = Log()
    log.user("Set the password.")
    made = proposal("shop.py", "ab", "x = 1\n", 'password = "hunter2-Xk29dLq8"\n')
    closed(log, "applied", log.add(made.event(log.stamp())))
    (exchange,) = found(log.events)[0].exchanges
    assert "hunter2" not in exchange.answer


def test_what_was_accepted_again_and_again_is_learned_a_few_times() -> None:
    log = Log()
    for _ in range(50):
        closed(log, "applied", proposed(log))
    what, counts = found(log.events)
    assert len(what.exchanges) == exchanges.MAX_ALIKE
    assert counts.by_reason()[exchanges.REPEATED].lines > 47


def test_what_was_said_of_how_code_is_written_is_learned() -> None:
    log = Log()
    log.user("Good morning. The way we handle errors here is that each is drawn as a tree.")
    gone = log.user("The way we test here is not at all.")
    log.add(events.undo(log.stamp(), gone.id))
    (exchange,) = found(log.events)[0].exchanges
    assert exchange.answer == "The way we handle errors here is that each is drawn as a tree."
    assert exchange.origin == "pattern"
