"""How suggestions end, as seen from the edits that follow."""

from pathlib import Path

import pytest

from ownstack.engine.scripted import ScriptedEngine
from tests.support.completing import URI, Window


async def counts(window: Window) -> dict[str, int]:
    names = ("accepted", "typed_through", "partly_accepted", "rejected")
    figures = window.completer.statistics()
    return {name: int(figures[name]) for name in names if figures[name]}


async def test_accepted(tmp_path: Path) -> None:
    """Tab makes the edit and reports it: one acceptance."""
    async with Window(tmp_path, ScriptedEngine("compute(a)")) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())

        assert await counts(window) == {"accepted": 1}
        assert window.signals.totals() == {"shown": 1, "accepted": 1}


async def test_accepted_though_a_request_came_before_the_report(tmp_path: Path) -> None:
    """The edit alone tells an acceptance: it brings many characters at once."""
    async with Window(tmp_path, ScriptedEngine("compute(a)", "", "y")) as window:
        window.show("x = $0\n")
        answer = await window.ask()
        window.type("compute(a)")
        await window.ask()
        window.type("\n")
        await window.ask()
        window.completer.accepted(answer.trace.id)

        assert await counts(window) == {"accepted": 1}


async def test_typed_through_to_the_end(tmp_path: Path) -> None:
    """Typing all of it is not an acceptance by key, but as good."""
    async with Window(tmp_path, ScriptedEngine("abc", "d")) as window:
        window.show("x = $0\n")
        await window.ask()
        for char in "abc":
            window.type(char)
        window.type("\n")

        assert await counts(window) == {"typed_through": 1}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("z",), {"rejected": 1}),
        (("c", "z"), {"rejected": 1}),
        (("compute", "z"), {"partly_accepted": 1}),
        (("c",), {}),
    ],
)
async def test_typed_away(tmp_path: Path, keys: tuple[str, ...], expected: dict[str, int]) -> None:
    """Something else was typed, at once or after a good part."""
    async with Window(tmp_path, ScriptedEngine("compute(a)")) as window:
        window.show("x = $0\n")
        await window.ask()
        for key in keys:
            window.type(key)

        assert await counts(window) == expected


async def test_an_edit_elsewhere_judges_nothing(tmp_path: Path) -> None:
    """A change in another line, or closing the file, is no rejection."""
    async with Window(tmp_path, ScriptedEngine("compute(a)", "other")) as window:
        window.show("x = $0\n")
        await window.ask()
        window.edit(0, 0, "import os\n")
        window.show("y = $0\n", uri="file:///project/b.py")
        await window.ask()
        window.completer.closed("file:///project/b.py")

        assert await counts(window) == {}


async def test_what_is_replaced_belongs_to_the_acceptance(tmp_path: Path) -> None:
    """Accepting over a closing bracket that the text repeats is seen as an acceptance."""
    async with Window(tmp_path, ScriptedEngine("a, b)")) as window:
        window.show("x = f($0)\n")
        answer = await window.ask()
        window.accept(answer)

        assert window.place.document.text == "x = f(a, b)\n"
        assert await counts(window) == {"accepted": 1}


async def test_what_is_kept_is_recorded(tmp_path: Path) -> None:
    """Accepted text is looked for after 30 seconds, 2 and 10 minutes."""
    async with Window(tmp_path, ScriptedEngine("compute(a)")) as window:
        window.show("x = $0\n")
        window.accept(await window.ask())
        window.timers.advance(700)

        totals = window.signals.totals()
        assert {kind: totals[kind] for kind in totals if kind.startswith("kept")} == {
            "kept-30s": 1,
            "kept-2m": 1,
            "kept-10m": 1,
        }
        assert window.documents.get(URI) is not None
