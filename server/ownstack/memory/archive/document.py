"""An archive as a YAML document: written and read by one schema, and checked both times."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ownstack.errors import ArchiveError, EventError, NewerFormatError, in_words
from ownstack.files.decoding import decode
from ownstack.files.opening import read_regular
from ownstack.memory import ids
from ownstack.memory.archive import times, yaml_text
from ownstack.memory.archive.archive import (
    FORMAT,
    Archive,
    Artifact,
    Constraint,
    KeptDecision,
    KeptEvent,
    KeptThread,
    ProjectName,
    Summary,
    prioritised,
    ranked,
)
from ownstack.memory.canonical import canonical
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.threads import Thread
from ownstack.memory.log.writes import unicode
from ownstack.terminal import visible

SCHEMA = Path(__file__).with_name("schema.json")
_FORMAT_KEY = "ownstack_archive"
_HINT = "Mend the file, or export it again."

Tree = dict[str, Any]


def to_text(archive: Archive) -> str:
    """Return the document.

    Raises:
        ArchiveError: it is larger than an archive may be.
    """
    tree = to_tree(archive)
    path, why = _fault(tree)
    if why:
        where = "/".join(map(str, path))
        raise ArchiveError(f"This conversation makes no archive: {where}: {why}.")
    return yaml_text.dump(tree)


def from_text(text: str) -> Archive:
    """Return the archive that a document is.

    Raises:
        ArchiveError: it is none; which line is wrong, and why.
        NewerFormatError: a newer version wrote it.
    """
    tree = yaml_text.load(text)
    _require_known_format(tree)
    path, why = _fault(tree)
    if why:
        raise _wrong(text, path, why)
    return from_tree(tree, text)


def read(path: Path) -> Archive:
    """Read an archive from a file.

    Raises:
        ArchiveError, NewerFormatError: see `from_text`; or it cannot be read.
    """
    try:
        data, _status = read_regular(path, yaml_text.MAX_BYTES + 1, follows_link=True)
    except (OSError, ValueError) as error:
        raise ArchiveError(f"{path} cannot be read: {in_words(error)}.") from error
    if len(data) > yaml_text.MAX_BYTES:
        raise yaml_text.too_large()
    text = decode(data)
    if text is None:
        raise ArchiveError(f"This is no archive: {path} is no text.")
    try:
        return from_text(text)
    except (ArchiveError, NewerFormatError) as error:
        raise type(error)(f"{path}: {error.what}", error.hint) from error


def archive_id(archive: Archive) -> str:
    """Return the id of an archive: equal ones have one id, on any machine."""
    return str(to_tree(archive)["id"])


def to_tree(archive: Archive) -> Tree:
    """Return an archive as lists and mappings, what is empty left out."""
    home = archive.project
    tree: Tree = {
        _FORMAT_KEY: FORMAT,
        "id": "",
        "mode": archive.mode,
        "title": archive.title,
        "project": {"id": home.id, "name": home.name},
        "lineage": list(archive.lineage),
        "begun": times.to_text(archive.begun),
        "continuation": archive.continuation,
        "constraints": [
            {"text": item.text, "priority": item.priority} for item in archive.constraints
        ],
        "decisions": [_decision_tree(item, home) for item in archive.decisions],
        "threads": [_thread_tree(item, home) for item in archive.threads],
        "artifacts": [
            _filled(kind=item.kind, priority=item.priority, name=item.name, note=item.note)
            for item in archive.artifacts
        ],
        "pins": list(archive.pins),
    }
    if archive.summary is not None:
        summary = archive.summary
        said = [_event_tree(event) for event in summary.said]
        tree["summary"] = {"text": summary.text, **_filled(ledger=summary.ledger, said=said)}
    if archive.mode == "normal":
        tree["turns"] = [_event_tree(event) for event in archive.turns]
    if archive.mode == "lossless":
        tree["events"] = [_event_tree(event) for event in archive.events]
    tree = {key: value for key, value in tree.items() if value != []} | {
        key: tree[key] for key in ("turns", "events") if key in tree
    }
    content = json.dumps(tree, sort_keys=True)
    # The moment as it is written: a float next to it may round to another millisecond.
    begun = times.from_text(tree["begun"])
    return tree | {"id": str(ids.derived(ids.BASE, "archive", content, begun))}


def _filled(**fields: Any) -> Tree:
    return {name: value for name, value in fields.items() if value not in ("", [], None)}


def _decision_tree(kept: KeptDecision, home: ProjectName) -> Tree:
    decision = kept.decision
    return {
        "name": decision.name,
        "priority": kept.priority,
        "text": decision.text,
        "tier": decision.tier,
        **_filled(rationale=decision.rationale),
        "status": decision.status,
        **_filled(
            conflicts_with=list(decision.conflicts_with), superseded_by=decision.superseded_by
        ),
        "made": times.to_text(decision.made),
        "last_validated": times.to_text(decision.last_validated),
        **_elsewhere(kept.project, home),
    }


def _thread_tree(kept: KeptThread, home: ProjectName) -> Tree:
    thread = kept.thread
    return {
        "name": thread.name,
        "priority": kept.priority,
        "text": thread.text,
        "state": thread.state,
        **_filled(outcome=thread.outcome),
        "opened": times.to_text(thread.opened),
        **_elsewhere(kept.project, home),
    }


def _elsewhere(project: ProjectName, home: ProjectName) -> Tree:
    return {} if project == home else {"project": {"id": project.id, "name": project.name}}


def _event_tree(event: KeptEvent) -> Tree:
    tree: Tree = {"turn": event.turn, "kind": unicode(event.kind), "at": event.at}
    if not event.data:
        return tree
    text = canonical(event.data, event.kind)
    data = json.loads(text)
    if _is_unicode(data):
        return tree | {"data": data}
    return tree | {"json": text}


def _is_unicode(data: Tree) -> bool:
    """Say whether no text in it has a lone surrogate, as broken names of files have."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _require_known_format(tree: object) -> None:
    version = tree.get(_FORMAT_KEY) if isinstance(tree, Mapping) else None
    if version is None:
        raise ArchiveError(
            f"This is no archive: it does not begin with {_FORMAT_KEY}.",
            "Name a file that /export FILE.yaml wrote.",
        )
    if isinstance(version, int) and not isinstance(version, bool) and version > FORMAT:
        raise NewerFormatError(
            f"This archive was written by a newer version of Ownstack (format {version}, this one "
            f"reads {FORMAT}).",
            "Update Ownstack.",
        )


@functools.lru_cache(maxsize=1)
def _validator() -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))


def _fault(tree: object) -> tuple[yaml_text.Path, str]:
    """Return where a tree is not as the schema says and why; "" if it is."""
    error = next(_validator().iter_errors(tree), None)
    if error is None:
        return (), ""
    where = "/".join(map(str, error.absolute_path))
    if error.validator == "pattern":
        why = f"{str(error.instance)[:60]!r} is not of the form that is expected here"
    elif error.validator in ("maxItems", "maxLength"):
        why = f"it has more than {error.validator_value:,} entries or characters"
    elif error.validator == "not":
        why = "it does not belong into an archive of this mode"
    else:
        why = error.message[:200]
    return tuple(error.absolute_path), visible(f"{where}: {why}" if where else why)


def _wrong(text: str, path: yaml_text.Path, why: str) -> ArchiveError:
    line = yaml_text.line_of(text, path)
    return ArchiveError(f"This archive is wrong in line {line}: {why}.", _HINT)


def from_tree(tree: Tree, text: str = "") -> Archive:
    """Return the archive of a tree that keeps to the schema, and was read from a text.

    Raises:
        ArchiveError: a moment or an event in it is none.
    """
    home = ProjectName(**tree["project"])
    summary = tree.get("summary")

    def moment(entry: Mapping[str, Any], key: str, *path: str | int) -> float:
        if key not in entry:
            return 0.0
        try:
            return times.from_text(entry[key])
        except ValueError as error:
            raise _wrong(text, (*path, key), f"{entry[key]} is no moment") from error

    def events_at(*path: str) -> tuple[KeptEvent, ...]:
        entries: Any = tree
        for key in path:
            entries = entries.get(key, []) if entries else []
        return tuple(
            _event(entry, text, (*path, index)) for index, entry in enumerate(entries or ())
        )

    return Archive(
        mode=tree["mode"],
        title=tree["title"],
        project=home,
        lineage=tuple(tree["lineage"]),
        begun=moment(tree, "begun"),
        continuation=tree["continuation"],
        constraints=ranked(Constraint(**entry) for entry in tree.get("constraints", ())),
        decisions=ranked(
            _decision(
                entry,
                home,
                moment(entry, "last_validated", "decisions", index),
                moment(entry, "made", "decisions", index),
            )
            for index, entry in enumerate(tree.get("decisions", ()))
        ),
        threads=ranked(
            _thread(entry, home, moment(entry, "opened", "threads", index))
            for index, entry in enumerate(tree.get("threads", ()))
        ),
        artifacts=ranked(
            prioritised(
                Artifact(entry["kind"], entry["name"], entry.get("note", "")),
                entry.get("priority"),
            )
            for entry in tree.get("artifacts", ())
        ),
        pins=tuple(tree.get("pins", ())),
        summary=None
        if summary is None
        else Summary(summary["text"], summary.get("ledger", ""), events_at("summary", "said")),
        turns=events_at("turns"),
        events=events_at("events"),
    )


def _decision(
    entry: Mapping[str, Any], home: ProjectName, last_validated: float, made: float
) -> KeptDecision:
    decision = Decision(
        name=entry["name"],
        text=entry["text"],
        tier=float(entry["tier"]),
        rationale=entry.get("rationale", ""),
        last_validated=last_validated,
        conflicts_with=tuple(entry.get("conflicts_with", ())),
        status=entry.get("status", "active"),
        superseded_by=entry.get("superseded_by", ""),
        made=made or last_validated,
    )
    return prioritised(KeptDecision(_project(entry, home), decision), entry.get("priority"))


def _thread(entry: Mapping[str, Any], home: ProjectName, opened: float) -> KeptThread:
    thread = Thread(entry["name"], entry["text"], entry["state"], entry.get("outcome", ""), opened)
    return prioritised(KeptThread(_project(entry, home), thread), entry.get("priority"))


def _project(entry: Mapping[str, Any], home: ProjectName) -> ProjectName:
    return ProjectName(**entry["project"]) if "project" in entry else home


def _event(entry: Mapping[str, Any], text: str, path: yaml_text.Path) -> KeptEvent:
    data = entry.get("data", {})
    if "json" in entry:
        try:
            data = json.loads(entry["json"])
            if not isinstance(data, dict):
                raise ValueError("it is no object")
        except (ValueError, RecursionError) as error:
            raise _wrong(text, (*path, "json"), "it is no JSON object") from error
    try:
        canonical(data, entry["kind"])
    except (EventError, ValueError) as error:
        raise _wrong(text, path, in_words(error)) from error
    return KeptEvent(entry["turn"], entry["kind"], float(entry["at"]), data)
