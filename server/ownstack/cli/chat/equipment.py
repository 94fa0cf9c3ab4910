"""The tools of a conversation in the terminal: begun, measured while the user reads."""

from __future__ import annotations

import asyncio
import contextlib

from ownstack.chat.equipment import Equipment
from ownstack.chat.tool_ability import Use
from ownstack.cli.chat.asking import approve, is_terminal
from ownstack.cli.output import warn
from ownstack.engine.protocol import Engine
from ownstack.paths import Home


async def equipped(
    stack: contextlib.AsyncExitStack, engine: Engine | None, use: Use, *, measures: bool
) -> Equipment:
    """Return what gives the model tools, if it has some; say what is wrong with the servers."""
    equipment = Equipment(Home.default(), approve, use)
    stack.push_async_callback(equipment.close)
    if equipment.gives_tools(engine):
        await equipment.start_servers()
        for problem in equipment.problems:
            warn(problem)
    if engine is not None and measures and is_terminal() and equipment.may_measure(engine):
        # While the user reads and types: the next chat knows it.
        task = asyncio.create_task(equipment.measure(engine))

        async def stop() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(stop)
    return equipment
