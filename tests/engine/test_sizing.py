"""How much of the machine a model gets."""

import pytest

from ownstack.engine import sizing
from ownstack.engine.protocol import Speed

GIB = 1 << 30


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (3, 3), (4, 3), (16, 15)])
def test_threads(cores: int, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From four cores up one is left for the editor."""
    monkeypatch.setattr(sizing.psutil, "cpu_count", lambda logical: cores)
    monkeypatch.setattr(sizing.os, "sched_getaffinity", lambda _: range(64), raising=False)

    assert threads == sizing.threads()
    assert sizing.threads(7) == 7


@pytest.mark.parametrize(
    ("wanted", "trained", "free_bytes", "window"),
    [
        (0, 32_768, 16 * GIB, 4_096),
        (0, 1_024, 16 * GIB, 1_024),
        (0, 32_768, GIB, 1_024),
        (0, 32_768, 0, 512),
        (8_192, 32_768, GIB, 8_192),
        (8_192, 2_048, GIB, 2_048),
    ],
)
def test_window(wanted: int, trained: int, free_bytes: int, window: int) -> None:
    """What the user asks for, within training; else what memory allows."""
    got = sizing.window(wanted, trained=trained, kv_bytes_per_token=100_000, free_bytes=free_bytes)

    assert window == got


@pytest.mark.parametrize(
    ("window", "prefill", "budget"),
    [(4_096, 500.0, 1_000), (4_096, 10.0, 256), (1_024, 5_000.0, 832), (4_096, 0.0, 3_904)],
)
def test_prompt_budget(window: int, prefill: float, budget: int) -> None:
    """A cold prompt is read in two seconds, and leaves room for an answer."""
    assert budget == sizing.prompt_budget(window, Speed(prefill, 50.0))
