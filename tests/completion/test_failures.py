"""Failures of completion in the log."""

import pytest

from ownstack.completion.failures import Failures


def test_each_kind_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """A part that fails at every key does not fill the log; another failure of it is told."""
    failures = Failures()

    for _ in range(3):
        failures.note("echo", ValueError("the same"))
    failures.note("echo", KeyError("another"))
    failures.note("model", ValueError("the same"))

    assert [record.getMessage().partition(" ")[0] for record in caplog.records] == [
        "echo",
        "echo",
        "model",
    ]
