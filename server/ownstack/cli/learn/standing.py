"""`ownstack learn status`: what was learned, what serves, what was begun, and who is learning."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from ownstack.learning.adapters.record import AdapterRecord
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.run_folder import RunFolder
    from ownstack.paths import Home


def run(arguments: argparse.Namespace) -> int:
    from ownstack.learning import needs
    from ownstack.learning.adapters.store import AdapterStore
    from ownstack.learning.turn import who_trains
    from ownstack.paths import Home

    home = Home.default()
    store, training = AdapterStore(home), who_trains(home)
    begun = [
        run for run in _begun(home) if training is None or run.wish.project != training.project
    ]
    problems, missing = store.problems(), needs.missing()
    if arguments.json:
        print_json(
            {
                "adapters": [{**told(store, record)} for record in store.all()],
                "problems": problems,
                "training": training,
                "begun": [_run_told(run) for run in begun],
                "missing": missing,
            }
        )
        return 0
    records = store.all()
    if records:
        headings = ("ADAPTER", "NAME", "FOR", "MODEL", "TRAINED", "STANDING")
        print_table(headings, [_row(store, record) for record in records])
    else:
        say("Nothing was learned yet. Begin with: ownstack learn FOLDER")
    for problem in problems.values():
        say(problem)
    if training is not None:
        say(training.in_words)
    for run in begun:
        done = run.latest().get("trained_s")
        minutes = min(done / 60, run.wish.minutes) if isinstance(done, (int, float)) else 0.0
        say(
            f"Begun: {run.wish.project}, {minutes:.1f} of {run.wish.minutes:g} min. "
            f"Go on with: ownstack learn {run.wish.project} --resume"
        )
    if missing:
        say(f"To learn, {', '.join(missing)} must be installed: {needs.INSTALL}")
    return 0


def told(store: AdapterStore, record: AdapterRecord) -> dict[str, Any]:
    """Return an adapter as it is told programs."""
    from dataclasses import asdict

    from ownstack.settings import camel

    values = {camel(name): value for name, value in asdict(record).items()}
    return {
        **values,
        "serves": serves(store, record),
        "scale": store.scale(record.id),
        "shipped": store.is_shipped(record.id),
    }


def serves(store: AdapterStore, record: AdapterRecord) -> bool:
    """Say whether an adapter serves where it was trained for."""
    serving = store.serving(record.base_key, record.role, record.project)
    return any(each.id == record.id for each in serving)


def _row(store: AdapterStore, record: AdapterRecord) -> tuple[str, ...]:
    where = record.project or "all projects"
    does = serves(store, record)
    standing = {
        "new": "not judged yet",
        "fit": "serves" if does else "fit, another one serves",
        "aside": f"{'serves, though aside' if does else 'aside'}: {record.reason}",
    }[record.standing]
    return (
        record.id,
        record.name or "-",
        f"{record.role}, {where}",
        record.base_name,
        record.created[:10],
        standing,
    )


def _begun(home: Home) -> list[RunFolder]:
    from ownstack.learning.run_folder import RunFolder, read_wish

    folder = home.learning_folder
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    wishes = ((path, read_wish(path)) for path in paths if path.is_dir())
    return [RunFolder(path, wish) for path, wish in wishes if wish is not None]


def _run_told(run: RunFolder) -> dict[str, Any]:
    return {"project": run.wish.project, "role": run.wish.role, "minutes": run.wish.minutes,
            "trainedS": run.latest().get("trained_s", 0.0), "folder": str(run.path)}  # fmt: skip
