"""When other files are looked at, through the completer."""

from pathlib import Path

from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window

OTHER = "file:///project/other.py"
SECRET = "file:///project/.env"
HELPERS = "def helper(alpha, beta):\n    return alpha * beta\n"


def paths(engine: ScriptedEngine, number: int) -> list[str]:
    return [snippet.path for snippet in engine.infills[number].context]


async def test_other_files_are_shown_once_the_cursor_has_settled(tmp_path: Path) -> None:
    """Not in the request, but before the next one; and the prompt is read meanwhile."""
    engine = ScriptedEngine("1", "", "2")
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.show("y = $0\n")
        await window.ask()

        first, warming, second = engine.infills
        assert first.context == ()
        assert (warming.max_tokens, warming.context) == (1, second.context)
        assert paths(engine, 2) == ["other.py"]


async def test_the_context_is_the_same_while_typing(tmp_path: Path) -> None:
    """Keys and time change nothing in it."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "$0", uri=OTHER)
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        for char in "abc":
            window.type(char)
            await window.ask()
            window.timers.advance(1)

        contexts = [request.context for request in engine.infills[2:]]
        assert len(contexts) == 3
        assert set(contexts) == {contexts[0]}


async def test_secrets_and_excluded_files_are_never_shown(tmp_path: Path) -> None:
    """Neither what holds keys nor what the user excludes is a source."""
    engine = ScriptedEngine()
    settings = CompletionSettings(prefetch=False, exclude=("private/",))
    async with Window(tmp_path, engine, settings=settings) as window:
        window.show("TOKEN = 1\n$0", uri=SECRET)
        window.show("a = 1\n$0", uri="file:///project/secrets.py")
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("a")
        await window.ask()

        assert [request.context for request in engine.infills] == [(), ()]


async def test_the_file_that_was_left_is_a_source(tmp_path: Path) -> None:
    """Changing files back and forth shows each the other."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine) as window:
        window.show(HELPERS + "\nz = $0", uri=OTHER)
        await window.ask()
        window.timers.advance(1)
        window.show("import one, two\nx = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("a")
        await window.ask()

        assert paths(engine, len(engine.infills) - 1) == ["other.py"]
