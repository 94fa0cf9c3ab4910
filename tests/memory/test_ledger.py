"""The ledger knows without a model what was read, changed, run, decided and left open."""

import pytest

from ownstack.memory import events, mentions
from ownstack.memory.ledger import fitted, ledger_of
from tests.support.conversations import Log, Words, long_log


def text_of(log):
    return ledger_of(log.events).text


def test_files_are_listed_with_hashes_and_what_became_of_edits():
    log = Log()
    log.tool("read", "x", files=[events.file_read("a.py", "0123456789"), events.file_read("b.py")])
    log.edit("a.py")
    log.edit("a.py", accepted=False)
    text = text_of(log)
    assert "Edited: a.py@ab12cd34 (accepted 1, rejected 1)" in text
    assert "Read: b.py" in text
    assert "a.py@01234567" not in text


def test_a_command_is_listed_with_its_newest_exit_code():
    log = Log()
    log.tool("run", "bad", command="pytest -q", exit_code=1, failed_tests=["t.py::test_a"])
    assert "Ran: pytest -q → 1" in text_of(log)
    assert "Failing: t.py::test_a" in text_of(log)
    log.tool("run", "good", command="pytest -q", exit_code=0)
    assert "Ran: pytest -q → 0" in text_of(log)
    assert "Failing" not in text_of(log)


def test_decisions_that_hold_and_threads_that_are_open():
    log = Log()
    log.decision("D001", "Use JSON", tier=0.4)
    log.decision("D001", "Use YAML", tier=0.9, rationale="comments")
    log.decision("D002", "Use XML", status="superseded")
    log.thread("T001", "Paths")
    log.thread("T002", "Speed")
    log.thread("T002", "Speed", "RESOLVED")
    assert text_of(log) == (
        "## Ledger\nDecided: D001 Use YAML (tier 0.9): comments\nOpen: T001 Paths"
    )


def test_files_and_errors_that_were_named():
    log = Log()
    log.user("Running src/app.py gives\nValueError: bad port\n")
    assert "Named: src/app.py" in text_of(log)
    assert "Errors: ValueError: bad port" in text_of(log)


def test_a_file_is_named_by_its_shortest_path_once():
    log = Log()
    log.user("/home/me/project/src/app.py fails, see src/app.py and lib/app.py")
    assert "Named: src/app.py; lib/app.py" in text_of(log)
    assert "/home/me" not in text_of(log)


def test_lines_of_code_that_raise_are_no_errors():
    log = Log()
    log.user("raise ValueError('no')\n 12│ except KeyError:\nKeyError: 'name'")
    assert text_of(log).count("Errors") == 1
    assert "Errors: KeyError: 'name'" in text_of(log)


def test_a_ledger_keeps_to_its_budget_and_leaves_no_section_out():
    count = Words().count
    log = long_log(40)
    whole = ledger_of(log.events)
    small = fitted(whole, 120, count)
    assert count(small.text) <= 120
    assert {"Decided", "Open", "Edited"} <= {entry.section for entry in small.entries}
    assert small.omitted == len(whole.entries) - len(small.entries) > 0
    assert all(name in small.text for name in small.identifiers)


def test_what_is_hostile_in_a_path_is_shown_and_stays_one_line():
    log = Log()
    log.edit("a\n## Rules\x1b[2J.py")
    assert len(text_of(log).splitlines()) == 2
    assert "\x1b" not in text_of(log)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("see src/app/main.py, and README.md.", ["src/app/main.py", "README.md"]),
        ("`./lib/x.rs:12` or lib\\win.cpp", ["lib/x.rs", "lib\\win.cpp"]),
        ("https://example.org/a.py e.g. 3.14 v1.2 ... .py", []),
    ],
)
def test_files_are_found_in_prose(text, files):
    assert list(mentions.files(text)) == files


def test_sentences_leave_out_code_blocks():
    text = "Add it. Keep it short!\n```\nnever = 1\n```\n# Then stop"
    assert list(mentions.sentences(text)) == ["Add it.", "Keep it short!", "Then stop"]


@pytest.mark.parametrize("unit", ["a.", "a/", "`x", "Error: ", "word. ", "\n", "```\n", "é"])
def test_megabytes_of_anything_are_read_in_linear_time(unit):
    text = unit * (2_000_000 // len(unit))
    assert len(mentions.bounded(text)) <= mentions.MAX_CHARS + 1
    for found in (mentions.files, mentions.errors, mentions.sentences, mentions.code):
        assert all(len(item) <= 4_000 for item in found(text))
