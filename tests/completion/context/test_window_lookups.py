"""Looking names up beside the event loop: at most one at a time, and no key waits for long."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ownstack.completion.context import symbol_lookup
from ownstack.completion.context.known_symbols import NOTHING, KnownSymbols
from ownstack.completion.context.window_lookups import SymbolLookups
from ownstack.completion.environment import Environment
from ownstack.completion.place import Place
from ownstack.document import Document, Documents
from ownstack.settings import CompletionSettings

SNAPSHOT: Any = object()
SENT = KnownSymbols(("sent", "olute"))


def place(text: str = "x = ab") -> Place:
    return Place(Document("file:///a.py", "a.py", "python", 1, text), len(text))


def environment(
    index: Callable[[str], Any], settings: CompletionSettings | None = None
) -> Environment:
    return Environment(Documents(), lambda: settings or CompletionSettings(), index=index)


def lookups_of(
    settings: CompletionSettings | None = None, snapshot: Any = SNAPSHOT
) -> SymbolLookups:
    return SymbolLookups(environment(lambda uri: snapshot, settings))


async def found(lookups: SymbolLookups, where: Place) -> KnownSymbols:
    """What is known in the end, however busy the machine is."""
    names = await lookups.known(where)
    while not names.names:
        await asyncio.sleep(0.01)
        names = await lookups.known(where)
    return names


async def test_names_of_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place they were looked up for, and no other one."""
    monkeypatch.setattr(symbol_lookup, "known_symbols_at", lambda *given: SENT)
    lookups, where = lookups_of(), place()

    lookups.begin(where)

    assert await found(lookups, where) == SENT
    assert await lookups.known(place()) == NOTHING


async def test_a_document_warms_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as there is an index."""
    asked: list[int] = []

    def look(snapshot: object, document: Document, offset: int, left_out: object) -> KnownSymbols:
        asked.append(offset)
        return SENT

    monkeypatch.setattr(symbol_lookup, "known_symbols_at", look)
    there: list[Any] = []
    lookups = SymbolLookups(environment(lambda uri: there[0] if there else None))
    document = place().document

    lookups.warm(document)
    there.append(SNAPSHOT)
    for _ in range(2):
        lookups.warm(document)
        while lookups._task is not None and not lookups._task.done():
            await asyncio.sleep(0.01)

    assert asked == [0]


async def test_without_an_index_there_are_none() -> None:
    lookups, where = lookups_of(snapshot=None), place()

    lookups.begin(where)

    assert await lookups.known(where) == NOTHING


async def test_a_long_look_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that come meanwhile go without, and begin no second one."""
    release, asked = threading.Event(), []

    def slow(snapshot: object, document: Document, *rest: object) -> KnownSymbols:
        asked.append(document.text)
        release.wait()
        return SENT

    monkeypatch.setattr(symbol_lookup, "known_symbols_at", slow)
    lookups, first, second = lookups_of(), place("a"), place("ab")
    lookups.begin(first)
    assert await lookups.known(first) == NOTHING
    lookups.begin(second)
    assert await lookups.known(second) == NOTHING

    release.set()

    assert await found(lookups, first) == SENT
    assert asked == ["a"]


async def test_a_failure_is_logged_and_costs_the_names(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object) -> KnownSymbols:
        raise RuntimeError("no such row")

    monkeypatch.setattr(symbol_lookup, "known_symbols_at", broken)
    lookups, where = lookups_of(), place()
    lookups.begin(where)

    while "could not be looked up" not in caplog.text:
        await asyncio.sleep(0.01)

    assert await lookups.known(where) == NOTHING


async def test_what_the_user_excludes_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The patterns of the settings, as they are at that moment."""
    judged: list[bool] = []

    def judge(snapshot: object, document: object, offset: int, left_out: Any) -> KnownSymbols:
        judged.extend(left_out(path) for path in ("private/a.py", "public/a.py"))
        return SENT

    monkeypatch.setattr(symbol_lookup, "known_symbols_at", judge)
    lookups, where = lookups_of(CompletionSettings(exclude=("private/**",))), place()

    lookups.begin(where)

    assert await found(lookups, where) == SENT
    assert judged == [True, False]
