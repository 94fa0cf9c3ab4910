"""`ownstack learn [FOLDER]`: from a project's files to an adapter that serves, or is kept aside."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ownstack.cli.interrupts import INTERRUPTED
from ownstack.cli.output import print_json, say, say_meanwhile

if TYPE_CHECKING:
    from ownstack.learning.adapters.record import AdapterRecord
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.run_folder import Mode, Wish
    from ownstack.learning.run_parts import Learned, Parts
    from ownstack.paths import Home

USUAL_MINUTES = 60.0


def run(arguments: argparse.Namespace, parts: Parts | None = None) -> int:
    """Learn. `parts`: what a run is made of, where that is not the usual."""
    from ownstack.cli.learn.progress import shown
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.run import learn
    from ownstack.learning.run_parts import Options, Parts
    from ownstack.paths import Home

    home, parts = Home.default(), parts or Parts()
    # Before anything else is looked at: it is what most people miss.
    parts.check_needs()
    wish = _wish(arguments, home, AdapterStore(home))
    mode: Mode = "fresh" if arguments.fresh else "resume" if arguments.resume else "auto"
    options = Options(mode, by_night=arguments.nightly, only_on_mains=arguments.only_on_mains)
    line = say_meanwhile if arguments.json else say
    line(_first_line(wish))
    with _ends_in_order(), shown() as tell:
        learned = learn(home, wish, options, tell=tell, say=say_meanwhile, parts=parts)
    serves = learned.record is not None and _serves(AdapterStore(home), learned.record)
    if arguments.json:
        print_json({"adapter": learned.record, "serves": serves, "stopped": learned.stopped})
    else:
        for said in _result(learned, wish, serves=serves):
            say(said)
    return INTERRUPTED if learned.stopped and not arguments.nightly else 0


def _wish(arguments: argparse.Namespace, home: Home, store: AdapterStore) -> Wish:
    from ownstack.cli.learn import choosing
    from ownstack.learning.run_folder import Wish, place_of, read_wish
    from ownstack.models.gguf.base_key import base_key

    root = choosing.project(arguments.folder, force=arguments.force)
    base = choosing.base(arguments.base, arguments.role)
    key = base_key(base.path)
    below = [
        record.id
        for record in store.serving(key, arguments.role, "")
        if record.scope == "generic" and arguments.generic
    ]
    before = None if arguments.fresh else read_wish(place_of(home, str(root), arguments.role))
    minutes = arguments.minutes or (before.minutes if before is not None else USUAL_MINUTES)
    return Wish(
        project=str(root),
        base=str(base.path),
        base_key=key,
        base_name=base.name,
        architecture=base.architecture,
        role=arguments.role,
        rank=arguments.rank,
        minutes=minutes,
        on_top_of=below[0] if below else "",
    )


def _first_line(wish: Wish) -> str:
    on_top = f", on top of {wish.on_top_of}" if wish.on_top_of else ""
    return (
        f"Learning from {wish.project} with {wish.base_name} for {wish.role}, "
        f"for {wish.minutes:g} min of training{on_top}."
    )


def _result(learned: Learned, wish: Wish, *, serves: bool) -> Iterator[str]:
    record = learned.record
    go_on = f"Go on with: ownstack learn {wish.project}"
    if record is None:
        yield f"{learned.stopped} What was learned is kept. {go_on}"
    elif learned.stopped:
        yield f"{learned.stopped} The adapter {record.id} is kept. {go_on}"
    elif serves:
        yield f"The adapter {record.id} serves from now on. {record.reason}"
        yield f"To take it back: ownstack learn rollback {wish.project}"
        yield f"Curves and figures: ownstack learn report {record.id}"
    else:
        yield f"The adapter {record.id} is kept aside. {record.reason}"
        yield f"Let it serve all the same: ownstack learn use {record.id}"


def _serves(store: AdapterStore, record: AdapterRecord) -> bool:
    serving = store.serving(record.base_key, record.role, record.project)
    return any(each.id == record.id for each in serving)


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """Take the end of a terminal, or of a session, as Ctrl-C: what was learned is saved first."""

    def interrupted(_number: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    kinds = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    before: dict[int, Any] = {}
    try:
        for kind in kinds:
            if kind is not None:
                before[kind] = signal.signal(kind, interrupted)
    except ValueError:
        pass  # Not the main thread: whoever runs this there has other means.
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
