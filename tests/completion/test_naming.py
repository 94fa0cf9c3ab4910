"""Looking names up beside the event loop: at most one at a time, and no key waits for long."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from ownstack.completion import known
from ownstack.completion.naming import NOTHING, Known, Naming
from ownstack.completion.place import Place
from ownstack.document import Document
from ownstack.settings import CompletionSettings

SNAPSHOT: Any = object()
SENT = Known(("sent", "olute"))


def place(text: str = "x = ab") -> Place:
    return Place(Document("file:///a.py", "a.py", "python", 1, text), len(text))


def naming(settings: CompletionSettings | None = None, snapshot: Any = SNAPSHOT) -> Naming:
    return Naming(lambda uri: snapshot, lambda: settings or CompletionSettings())


async def found(one: Naming, where: Place) -> Known:
    """What is known in the end, however busy the machine is."""
    names = await one.names(where)
    while not names.names:
        await asyncio.sleep(0.01)
        names = await one.names(where)
    return names


async def test_names_of_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """The place they were looked up for, and no other one."""
    monkeypatch.setattr(known, "names_known", lambda *given: SENT)
    one, where = naming(), place()

    one.begin(where)

    assert await found(one, where) == SENT
    assert await one.names(place()) == NOTHING


async def test_a_document_warms_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as there is an index."""
    asked: list[int] = []

    def look(snapshot: object, document: Document, offset: int, left_out: object) -> Known:
        asked.append(offset)
        return SENT

    monkeypatch.setattr(known, "names_known", look)
    there: list[Any] = []
    one = Naming(lambda uri: there[0] if there else None, CompletionSettings)
    document = place().document

    one.warm(document)
    there.append(SNAPSHOT)
    for _ in range(2):
        one.warm(document)
        while one._task is not None and not one._task.done():
            await asyncio.sleep(0.01)

    assert asked == [0]


async def test_without_an_index_there_are_none() -> None:
    one, where = naming(snapshot=None), place()

    one.begin(where)

    assert await one.names(where) == NOTHING


async def test_a_long_look_up_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys that come meanwhile go without, and begin no second one."""
    release, asked = threading.Event(), []

    def slow(snapshot: object, document: Document, *rest: object) -> Known:
        asked.append(document.text)
        release.wait()
        return SENT

    monkeypatch.setattr(known, "names_known", slow)
    one, first, second = naming(), place("a"), place("ab")
    one.begin(first)
    assert await one.names(first) == NOTHING
    one.begin(second)
    assert await one.names(second) == NOTHING

    release.set()

    assert await found(one, first) == SENT
    assert asked == ["a"]


async def test_a_failure_is_logged_and_costs_the_names(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*given: object) -> Known:
        raise RuntimeError("no such row")

    monkeypatch.setattr(known, "names_known", broken)
    one, where = naming(), place()
    one.begin(where)

    while "could not be looked up" not in caplog.text:
        await asyncio.sleep(0.01)

    assert await one.names(where) == NOTHING


async def test_what_the_user_excludes_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The patterns of the settings, as they are at that moment."""
    judged: list[bool] = []

    def judge(snapshot: object, document: object, offset: int, left_out: Any) -> Known:
        judged.extend(left_out(path) for path in ("private/a.py", "public/a.py"))
        return SENT

    monkeypatch.setattr(known, "names_known", judge)
    one, where = naming(CompletionSettings(exclude=("private/**",))), place()

    one.begin(where)

    assert await found(one, where) == SENT
    assert judged == [True, False]
