"""A suggestion on the screen, kept while it is typed."""

from pathlib import Path

from ownstack.engine.scripted import ScriptedEngine
from ownstack.text import Span
from tests.support.completing import Window


async def test_typed_through(tmp_path: Path) -> None:
    """What is typed as suggested keeps the suggestion, and the model is not asked again."""
    engine = ScriptedEngine("compute(a, b)")
    async with Window(tmp_path, engine) as window:
        window.show("total = $0\n")
        first = await window.ask()
        answers = []
        for char in "comp":
            window.type(char)
            answers.append(await window.ask())

        assert [a.suggestion and a.suggestion.text for a in answers] == [
            "ompute(a, b)",
            "mpute(a, b)",
            "pute(a, b)",
            "ute(a, b)",
        ]
        assert {a.trace.tier for a in answers} == {"typed-through"}
        assert {a.trace.source for a in answers} == {"model"}
        assert {a.trace.id for a in answers} == {first.trace.id}
        assert len(engine.infills) == 1


async def test_backspacing_into_a_suggestion_keeps_it(tmp_path: Path) -> None:
    """Deleting what was typed of a suggestion brings it back."""
    async with Window(tmp_path, ScriptedEngine("compute(a)")) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("com")
        window.backspace(2)

        assert await window.text() == "ompute(a)"


async def test_a_closing_bracket_of_the_editor_keeps_the_suggestion(tmp_path: Path) -> None:
    """Typing an opener as suggested goes on though the editor adds the closer."""
    engine = ScriptedEngine("compute(a)")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask()
        window.type("compute")
        window.type("(", closers=")")

        answer = await window.ask()

        assert answer.trace.tier == "typed-through"
        assert answer.suggestion is not None
        assert answer.suggestion.text == "a)"
        offset = window.place.offset
        assert answer.suggestion.span == Span(offset, offset + 1)
