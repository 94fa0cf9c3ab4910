"""Mistakes that other completion systems were seen to make, one test each.

The numbers are those of the study this package was planned with; what belongs to the engine,
the protocol or the editor is tested there.
"""

import asyncio
from pathlib import Path

from ownstack.completion.cache import Cache, CachedText
from ownstack.completion.suggestion import Trigger
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window, at, turns


async def test_defect_1_a_long_file_is_cut_and_not_an_error(tmp_path: Path) -> None:
    """More text than the model's window is no reason to answer nothing."""
    engine = ScriptedEngine("1", context_tokens=512)
    async with Window(tmp_path, engine) as window:
        window.show("a = 1\n" * 20_000 + "x = $0\n" + "b = 2\n" * 20_000)

        assert await window.text() == "1"
        (request,) = engine.infills
        assert engine.count(request.prefix + request.suffix) <= 256


async def test_defect_2_a_superseded_request_is_answered(tmp_path: Path) -> None:
    """Each request gets its own answer, also when newer ones overtake it."""
    engine = ScriptedEngine()
    engine.enqueue("abc", gate=asyncio.Event())
    engine.enqueue("2")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        old = window.asking()
        await turns()
        window.show("x = 1\ny = $0\n")
        new = await window.ask()

        assert new.suggestion is not None
        assert (await old).trace.reason != ""


async def test_defect_3_positions_after_emoji(tmp_path: Path) -> None:
    """What stands before the cursor is whole, whatever its width in UTF-16."""
    engine = ScriptedEngine("1")
    async with Window(tmp_path, engine) as window:
        window.show("s = '👩‍👩‍👧'; x = $0\n")
        await window.ask()

        assert engine.infills[0].prefix == "s = '👩‍👩‍👧'; x = "


async def test_defect_4_a_key_does_not_wait_behind_speculation(tmp_path: Path) -> None:
    """Work ahead of the user is cancelled before a new request is sent."""
    engine = ScriptedEngine("abc")
    engine.enqueue("\nahead", gate=asyncio.Event())
    engine.enqueue("other")
    async with Window(tmp_path, engine, settings=CompletionSettings()) as window:
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(0.2)
        window.type("o")
        window.backspace()
        window.show("y = $0\n")
        await window.ask()

        assert engine.generations[1].cancelled


async def test_defect_6_the_file_that_was_left_is_remembered_as_itself(tmp_path: Path) -> None:
    """The blocks of a file that was left are that file's, not the new one's."""
    engine = ScriptedEngine()
    async with Window(tmp_path, engine) as window:
        window.show("def left():\n    pass\n$0", uri="file:///project/left.py")
        await window.ask()
        window.show("x = $0\n")
        await window.ask()
        window.timers.advance(1)
        window.type("a")
        await window.ask()

        (snippet,) = engine.infills[-1].context
        assert (snippet.path, "def left()" in snippet.text) == ("left.py", True)


async def test_defects_8_and_9_the_text_before_the_cursor_survives_the_budget(
    tmp_path: Path,
) -> None:
    """Whatever is cut, it is neither the line being typed nor made of half lines."""
    engine = ScriptedEngine(context_tokens=300)
    async with Window(tmp_path, engine) as window:
        window.show("line_of_text = 1\n" * 500 + "total = $0\n" + "after = 2\n" * 500)
        await window.ask()

        request = engine.infills[0]
        lines = request.prefix.split("\n")
        assert lines[-1] == "total = "
        assert set(lines[:-1]) == {"line_of_text = 1"}
        assert request.suffix.startswith("\nafter = 2\n")
        assert set(request.suffix.strip().split("\n")) == {"after = 2"}


async def test_defect_10_an_edit_in_another_file_flushes_nothing(tmp_path: Path) -> None:
    """The cache belongs to the place, not to the state of all files."""
    engine = ScriptedEngine("compute()", "z")
    async with Window(tmp_path, engine) as window:
        window.show("other\n$0", uri="file:///project/b.py")
        window.show("x = $0\n")
        here = window.place
        await window.ask()
        window.show("changed\n$0", uri="file:///project/b.py")
        window.place = here

        assert (await window.ask()).trace.tier in ("typed-through", "cache")
        assert len(engine.infills) == 1


async def test_defect_11_the_suffix_counts_and_nothing_is_shuffled(tmp_path: Path) -> None:
    """Put and get use the same key, and two equal requests have equal prompts."""
    engine = ScriptedEngine("", "")
    async with Window(tmp_path, engine) as window:
        for name in "abcdef":
            window.show(f"def {name}():\n    {name}()\n$0", uri=f"file:///project/{name}.py")
        window.show("x = $0\n", uri="file:///project/main.py")
        await window.ask()
        window.timers.advance(1)
        await window.ask()
        await window.ask()

        assert engine.infills[-1].context == engine.infills[-2].context
        assert len(engine.infills[-1].context) == 6


async def test_defect_12_code_with_urls_and_comments_is_not_cut(tmp_path: Path) -> None:
    """There is no list of words at which every answer ends."""
    url = '"https://example.org/src/t.py"  // 2'
    async with Window(tmp_path, ScriptedEngine(url)) as window:
        window.show("x = $0\n", language="plaintext", uri="file:///project/a.txt")

        assert await window.text() == url


def test_defect_13_white_space_is_part_of_the_key() -> None:
    """Another indentation is another place."""
    cache = Cache()
    cache.put(at("if a:\n    $0"), CachedText("b()", True, True, False))

    assert cache.get(at("if a:\n        $0")) is None


async def test_defect_14_changes_come_in_while_the_model_writes(tmp_path: Path) -> None:
    """No lock is held: a document can change during a request."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("abc", gate=gate)
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        task = window.asking()
        await turns()
        window.type("a")
        window.type("b")
        gate.set()
        await task

        assert await window.text() == "c"


def test_defect_15_a_suggestion_is_one_entry(tmp_path: Path) -> None:
    """Long suggestions do not push all others out of the cache."""
    cache = Cache(max_keys=10)
    for number in range(5):
        cache.put(at(f"{'#' * number}\nx = $0"), CachedText("y" * 400, True, True, False))

    assert all(cache.get(at(f"{'#' * number}\nx = yy$0")) for number in range(5))


async def test_defect_5_more_is_only_computed_when_asked_for(tmp_path: Path) -> None:
    """An explicit request is one generation too."""
    engine = ScriptedEngine("a", "b")
    async with Window(tmp_path, engine) as window:
        window.show("x = $0\n")
        await window.ask(Trigger.INVOKED)

        assert len(engine.requests) == 1
