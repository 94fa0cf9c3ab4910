"""The log of kept lines."""

from __future__ import annotations

from pathlib import Path

from ownstack.learning.data.kept_lines import KEEP_DAYS, KeptLines

TEXT = "def open(self):\n    return self.door\n}\n"


def test_kept_lines_are_found_in_their_file_however_they_are_indented(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "kept.sqlite")
    kept.keep("/shop", "a.py", "return self.door\n}")
    assert kept.of("/shop", [("a.py", TEXT), ("b.py", TEXT)]) == {"a.py": frozenset((1,))}
    assert kept.of("/other", [("a.py", TEXT)]) == {}
    kept.close()


def test_they_are_there_after_a_restart_and_go_after_a_year(tmp_path: Path) -> None:
    clock = [1.7e9]
    for days, expected in ((0, 0), (1, 1), (KEEP_DAYS + 1, 0)):
        clock[0] = 1.7e9 + days * 86_400.0
        kept = KeptLines(tmp_path / "kept.sqlite", now=lambda: clock[0])
        assert len(kept.of("/shop", [("a.py", TEXT)])) == expected
        if days == 0:
            kept.keep("/shop", "a.py", "return self.door")
        kept.close()


def test_all_of_it_can_be_forgotten(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "kept.sqlite")
    kept.keep("/shop", "a.py", TEXT)
    kept.clear()
    assert kept.of("/shop", [("a.py", TEXT)]) == {}
    kept.close()


def test_neither_code_nor_names_are_stored(tmp_path: Path) -> None:
    kept = KeptLines(tmp_path / "kept.sqlite")
    kept.keep("/shop", "a.py", TEXT)
    kept.close()
    assert b"door" not in (tmp_path / "kept.sqlite").read_bytes()
    assert b"/shop" not in (tmp_path / "kept.sqlite").read_bytes()


def test_a_damaged_log_keeps_nothing_from_working(tmp_path: Path) -> None:
    (tmp_path / "kept.sqlite").write_bytes(b"no database" * 1_000)
    kept = KeptLines(tmp_path / "kept.sqlite")
    kept.keep("/shop", "a.py", TEXT)
    assert kept.of("/shop", [("a.py", TEXT)]) == {"a.py": frozenset((0, 1))}
    kept.close()
