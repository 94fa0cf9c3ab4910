"""What a user kept and turned down weighs what is found, at once, as seen from a window."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.completion.echo import Echo
from ownstack.completion.suggestion import Answer, Trigger
from ownstack.document import Document
from ownstack.engine.results import ScoredLine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import URI, Window

EITHER = (
    "def f():\n    total = first(values)\n    return total\n\n\n"
    "def g():\n    total = second(values)\n    return total\n\n\n"
    "def h():\n    total = $0\n    return total\n"
)
"""Echo holds both for nearly as likely."""
LOOPS = "".join(
    f"for row in rows:\n    total = {name}(row)\n\n" for name in ("first", "second") * 2
)
LIKELY = f"{LOOPS}for row in rows:\n    total = $0\n"
"""Echo is about half sure of one of them."""
TEXT = "first(row)"
KEPT = "It goes first as it was kept before here."
OFF = CompletionSettings(prefetch=False, learn_from_outcomes=False)


async def either(window: Window) -> Answer:
    """Ask for what goes on in `EITHER`, once the log has been read."""
    window.show("total = 1\nnothing $0\n")
    await window.ask(Trigger.INVOKED)
    window.signals.totals()
    window.show(EITHER)
    return await window.ask(Trigger.INVOKED)


async def take_second(window: Window) -> str:
    """Take the second one of what is offered; returns it."""
    answer = await either(window)
    other = answer.others[0]
    window.accept(replace(answer, suggestion=other))
    return other.text


async def refuse(window: Window, uri: str) -> None:
    """Type past what is suggested in a document, and close it."""
    window.show(LIKELY, uri=uri)
    assert await window.text() == TEXT
    window.signals.totals()
    window.type("q")
    window.documents.close(uri)
    window.completer.closed(uri)


async def test_what_was_taken_comes_first_the_next_time(tmp_path: Path) -> None:
    """At the next key already; the trace says so, also when it is typed on."""
    async with Window(tmp_path, echo=Echo()) as window:
        before = (await either(window)).trace.learned
        taken = await take_second(window)

        answer = await either(window)

        assert before == ""
        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.learned) == (taken, KEPT)
        window.type(taken[0])
        typed_on = await window.ask(Trigger.INVOKED)
        assert (typed_on.trace.tier, typed_on.trace.learned) == ("typed-through", KEPT)


async def test_it_is_remembered_by_the_next_process(tmp_path: Path) -> None:
    """By hashes: the file holds neither the line nor the paths."""
    async with Window(tmp_path, echo=Echo()) as window:
        taken = await take_second(window)
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("signals*"))
    assert b"second" not in stored
    assert b"project" not in stored

    async with Window(tmp_path, echo=Echo()) as window:
        answer = await either(window)

        assert answer.suggestion is not None
        assert (answer.suggestion.text, answer.trace.learned) == (taken, KEPT)


async def test_it_can_be_switched_off(tmp_path: Path) -> None:
    """Then the order is echo's, whatever was kept."""
    async with Window(tmp_path, echo=Echo()) as window:
        taken = await take_second(window)
        window.settings = OFF

        answer = await either(window)

        assert answer.suggestion is not None
        assert answer.suggestion.text != taken
        assert answer.trace.learned == ""


async def test_it_is_forgotten_with_the_log(tmp_path: Path) -> None:
    """In this process and for the next."""
    async with Window(tmp_path, echo=Echo()) as window:
        taken = await take_second(window)
        window.signals.clear()

        answer = await either(window)

        assert answer.suggestion is not None
        assert answer.suggestion.text != taken


async def test_a_line_turned_down_here_is_shown_elsewhere(tmp_path: Path) -> None:
    """Once is no reason; in several files it is one, the trace says so, and who asks sees it."""
    async with Window(tmp_path, echo=Echo()) as window:
        for number in range(5):
            window.show(LIKELY, uri=f"file:///project/{number}.py")
            answer = await window.ask()
            if answer.suggestion is None:
                break
            window.signals.totals()
            window.type("q")
            window.documents.close(window.place.uri)
            window.completer.closed(window.place.uri)

        assert 2 <= number <= 4
        assert answer.trace.reason.startswith("Not sure enough: 0.3")
        assert "turned down before" in answer.trace.reason
        assert await window.text(Trigger.INVOKED) == TEXT


async def test_it_is_only_one_voice(tmp_path: Path) -> None:
    """A line that is turned down again and again still comes, where more speaks for it."""
    async with Window(tmp_path, echo=Echo()) as window:
        for number in range(3):
            await refuse(window, f"file:///project/{number}.py")
        long = LOOPS * 4 + "    total = first(row)\n    more(total)\n" * 6 + "    total = $0\n"
        window.show(long + "    more(total)\n", uri=URI)

        assert await window.text() == TEXT


@pytest.mark.parametrize("kept", ["first(values)", "second(values)"])
async def test_the_network_is_weighed_too(tmp_path: Path, kept: str) -> None:
    """Of lines that echo and the network hold for as likely, the one that was kept comes first."""
    lines = [ScoredLine(text, -1.5, 3, proposed=True, found=False)
             for text in ("first(values)", "second(values)")]  # fmt: skip
    engine = ScriptedEngine(scores_lines=True)
    for _ in range(4):
        engine.enqueue("", scored=lines)
    async with Window(tmp_path, engine, echo=Echo()) as window:
        answer = await either(window)
        offered = [item for item in (answer.suggestion, *answer.others) if item is not None]
        (chosen,) = [item for item in offered if item.text == kept]
        window.accept(replace(answer, suggestion=chosen))

        answer = await either(window)

        assert answer.suggestion is not None
        assert answer.suggestion.text == kept


async def test_the_networks_own_lines_are_weighed(tmp_path: Path) -> None:
    """A line that only the network knows is more likely once it was kept."""
    engine = ScriptedEngine(scores_lines=True)
    for _ in range(4):
        engine.enqueue("", scored=[ScoredLine("import os", -0.9, 2, proposed=False, found=True)])
    async with Window(tmp_path, engine, echo=Echo()) as window:
        window.show("$0\n")
        await window.ask(Trigger.INVOKED)
        window.signals.totals()
        window.show("$0\n")
        before = await window.ask(Trigger.INVOKED)
        window.accept(before)
        window.show("$0\n")

        after = await window.ask(Trigger.INVOKED)

        assert before.trace.confidence is not None
        assert after.trace.confidence is not None
        assert after.trace.confidence > before.trace.confidence + 0.05


async def test_a_kept_line_is_shown_sooner(tmp_path: Path) -> None:
    """What is not quite likely enough is shown of its own accord once it was kept."""
    settings = CompletionSettings(prefetch=False, eagerness="shy")
    async with Window(tmp_path, echo=Echo(), settings=settings) as window:
        window.show("nothing $0")
        await window.ask(Trigger.INVOKED)
        window.signals.totals()
        shown = []
        for _ in range(4):
            window.show(LIKELY)
            shown.append(await window.ask())
            if shown[-1].suggestion is None:
                window.accept(await window.ask(Trigger.INVOKED))

        assert shown[0].suggestion is None
        assert shown[-1].suggestion is not None
        assert shown[-1].trace.learned == "It is shown as it was kept before here."


async def test_without_signals_nothing_is_touched(tmp_path: Path) -> None:
    """Whoever has a log without outcomes gets what echo says, to the last digit."""
    async with Window(tmp_path, echo=Echo()) as window:
        window.show(LIKELY)
        first = await window.ask()
        window.signals.totals()
        window.show(LIKELY)
        second = await window.ask()
        echo = Echo().suggest(window.place.document, window.place.offset, [])

        assert echo is not None
        assert first.trace.confidence == second.trace.confidence == echo.confidence


async def test_kept_lines_are_told(tmp_path: Path) -> None:
    """Whole lines, stripped, ten minutes after they were accepted, if they are still there."""
    kept: list[tuple[str, Sequence[str]]] = []

    def hear(document: Document, lines: Sequence[str]) -> None:
        kept.append((document.uri, lines))

    async with Window(tmp_path, echo=Echo(), kept=hear) as window:
        window.show(EITHER)
        window.accept(await window.ask(Trigger.INVOKED))
        window.timers.advance(599)
        assert kept == []
        window.timers.advance(2)

        assert kept == [(URI, ("total = first(values)",))]


async def test_what_was_removed_is_not_told(tmp_path: Path) -> None:
    kept: list[object] = []
    async with Window(tmp_path, echo=Echo(), kept=lambda *told: kept.append(told)) as window:
        window.show(EITHER)
        window.accept(await window.ask(Trigger.INVOKED))
        window.show(EITHER)
        window.timers.advance(601)

        assert kept == []
