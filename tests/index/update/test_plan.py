"""What must be done, by what is there and what is stored."""

from pathlib import Path

from ownstack.files.reading import NO_STAMP
from ownstack.files.scan import Entry
from ownstack.index.storage.columns import IndexedDocument
from ownstack.index.storage.file_state import FileState
from ownstack.index.update.plan import SyncPlan, plan_sync
from tests.support.indexing import plan_update

DOCUMENT = IndexedDocument("a.py", b"1", "python", 1, 10, 0)


def plan(on_disk: list[Entry], **stored: FileState) -> SyncPlan:
    return plan_sync({entry.path: entry for entry in on_disk}, stored)


def test_nothing_changed() -> None:
    """Same stamps, same reasons: nothing to do."""
    done = plan(
        [Entry("a", (1, 10)), Entry("b", (2, 20), "too large")],
        a=FileState((1, 10), "", DOCUMENT),
        b=FileState((9, 90), "too large"),
    )

    assert done.is_empty
    assert done.n_unchanged == 2


def test_what_is_new_or_changed_is_read_and_what_went_is_gone() -> None:
    """By the stamp alone; a stamp that proves nothing is never trusted."""
    done = plan(
        [Entry("new", (1, 1)), Entry("changed", (2, 10)), Entry("unsure", NO_STAMP)],
        changed=FileState((1, 10), "", DOCUMENT),
        unsure=FileState(NO_STAMP, "", DOCUMENT),
        went=FileState((1, 10), "", DOCUMENT),
    )

    assert done.read == ("new", "changed", "unsure")
    assert done.gone == ("went",)
    assert not done.is_empty


def test_what_is_left_out_now() -> None:
    """A file that was in the index and has become too large, one that has become small enough."""
    done = plan(
        [Entry("grown", (2, 99), "too large"), Entry("shrunk", (2, 9))],
        grown=FileState((1, 10), "", DOCUMENT),
        shrunk=FileState((1, 99), "too large"),
    )

    assert [entry.path for entry in done.left_out] == ["grown"]
    assert done.read == ("shrunk",)


def test_a_file_that_was_refused_for_its_content_is_not_read_again() -> None:
    """Until its stamp changes."""
    stored = FileState((1, 10), "It is binary.")

    assert plan([Entry("a", (1, 10))], a=stored).is_empty
    assert plan([Entry("a", (2, 10))], a=stored).read == ("a",)


def test_what_is_away_is_as_it_was() -> None:
    """A file, and what lies in a folder, at any depth; a name that only begins so does not."""
    why = "It cannot be looked at"
    done = plan(
        [Entry("a.py", NO_STAMP, why, is_away=True), Entry("sub/", NO_STAMP, why, is_away=True)],
        **{
            path: FileState((1, 1), "", DOCUMENT) for path in ("a.py", "sub/b", "sub/c/d", "sub2/e")
        },
    )

    assert (done.read, done.gone, done.n_unchanged) == ((), ("sub2/e",), 3)
    assert [entry.path for entry in done.left_out] == ["sub/"]


def test_a_path_that_was_a_folder(tmp_path: Path) -> None:
    """At any depth: what was below it must be looked for. A path that only begins so is none."""
    stored = {path: FileState((1, 1)) for path in ("a/b/c/d.py", "e.py")}

    assert [plan_update(tmp_path, [path], stored, ()) for path in ("a", "a/b", "a/b/c")] == [
        None
    ] * 3
    for path in ("a/b/c/d.py/x", "b", "a/b/c/d", "e"):
        assert plan_update(tmp_path, [path], stored, ()) == SyncPlan((), (), (), 0)
