"""A SQLite file: opened without being changed, migrated once, told damaged only when it is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ownstack import database
from ownstack.errors import NewerFormatError


def _make(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE t (x)")


def _fill(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO t VALUES (1)")


def test_steps_run_once_and_in_order(tmp_path: Path) -> None:
    for _ in range(2):
        with closing(database.connect(tmp_path / "f")) as db:
            database.migrate(db, (_make, _fill))
            assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
            assert database.schema(db) == 2


def test_a_step_that_fails_leaves_nothing_half_done(tmp_path: Path) -> None:
    def half(db: sqlite3.Connection) -> None:
        _fill(db)
        raise RuntimeError("the power is gone")

    with closing(database.connect(tmp_path / "f")) as db:
        with pytest.raises(RuntimeError):
            database.migrate(db, (_make, half))
        assert database.schema(db) == 1
        database.migrate(db, (_make, _fill))
        assert db.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)


def test_what_a_newer_version_wrote_cannot_be_changed(tmp_path: Path) -> None:
    with closing(database.connect(tmp_path / "f")) as db:
        database.migrate(db, (_make, _fill))
    with closing(database.connect(tmp_path / "f")) as db:
        with pytest.raises(NewerFormatError, match=r"schema 2, this one knows 1"):
            database.migrate(db, (_make,))
        assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            _fill(db)


def test_text_that_is_no_utf8_is_read(tmp_path: Path) -> None:
    with closing(database.connect(tmp_path / "f")) as db:
        assert db.execute("SELECT CAST(x'61ff62' AS TEXT)").fetchone() == ("a\ufffdb",)


def test_a_file_at_rest_is_read_where_none_can_stand_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "a file?.sqlite"
    with closing(database.connect(file)) as db:
        database.migrate(db, (_make, _fill))
        assert not database.is_at_rest(file)
    assert database.is_at_rest(file)
    with closing(database.connect(file, at_rest=True)) as db:
        assert db.execute("SELECT x FROM t").fetchall() == [(1,)]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert not database.is_at_rest(tmp_path / "none")


def test_only_a_broken_file_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"no database" * 500)
    with (
        pytest.raises(sqlite3.DatabaseError) as broken,
        closing(database.connect(tmp_path / "f")) as db,
    ):
        database.migrate(db, (_make,))
    assert database.is_damage(broken.value)
    for error in (sqlite3.OperationalError("full"), sqlite3.IntegrityError("x"), OSError()):
        assert not database.is_damage(error)


def test_what_is_set_aside_keeps_what_stands_beside_it(tmp_path: Path) -> None:
    for name in ("f", "f-wal"):
        (tmp_path / name).write_text(name)
    aside = database.set_aside(tmp_path / "f", "f.damaged")
    assert aside.read_text() == "f"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.damaged", "f.damaged-wal"]
