"""How far learning is: a bar for each phase in a terminal, a line at each tenth elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import say_meanwhile
from ownstack.terminal import visible

if TYPE_CHECKING:
    from ownstack.learning.run_parts import Phase, Told

WORDS: dict[Phase, str] = {
    "collecting": "Reading the project",
    "training": "Training",
    "keeping": "Keeping the adapter",
    "judging": "Comparing on lines it has not seen",
}


@contextmanager
def shown() -> Iterator[Callable[[Told], None]]:
    """Show progress on stderr."""
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield Lines(say_meanwhile)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[figures]}"),
        TimeElapsedColumn(),
    )
    with Bar(*columns, console=console) as bar:
        tasks: dict[Phase, Any] = {}

        def tell(told: Told) -> None:
            if told.phase not in tasks:
                for task in tasks.values():  # The phases before are over.
                    if bar.tasks[task].total is None:
                        bar.update(task, total=1, completed=1)
                tasks[told.phase] = bar.add_task(WORDS[told.phase], total=None, figures="")
            bar.update(
                tasks[told.phase],
                description=escape(visible(headline(told))),
                completed=told.done,
                total=told.total or None,
                figures=escape(visible(figures(told))),
            )

        yield tell


class Lines:
    """Progress where lines cannot be written over: one for each tenth, and for each pause."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last: tuple[str, str, int] | None = None

    def __call__(self, told: Told) -> None:
        tenth = int(10 * told.done / told.total) if told.total else 0
        if (now := (told.phase, told.waits, tenth)) != self._last:
            self._last = now
            said = figures(told)
            self._write(f"{headline(told)}{': ' if said else ''}{said}")


def headline(told: Told) -> str:
    """Return what is done, or why nothing is."""
    if told.waits:
        return f"{WORDS[told.phase]} (waiting: {told.waits})"
    state = told.figures.get("state")
    if told.phase == "training" and state == "loading":
        return "Loading the model"
    if told.phase == "training" and state == "exporting":
        return "Writing the adapter"
    return WORDS[told.phase]


def figures(told: Told) -> str:
    """Return how far a phase is, and how it goes."""
    if told.phase == "judging" and told.total:
        return f"{told.done:.0f} of {told.total:.0f} lines"
    if told.phase != "training":
        return ""
    # A step ends a little after the time.
    said = [f"{min(told.done, told.total) / 60:.1f} of {told.total / 60:g} min"]
    loss, rate = _number(told.figures.get("loss")), _number(told.figures.get("rate"))
    if loss is not None:
        said.append(f"loss {loss:.2f}")
    if rate is not None:
        said.append(f"{rate:.0f} tokens/s")
    return ", ".join(said)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and value == value else None
