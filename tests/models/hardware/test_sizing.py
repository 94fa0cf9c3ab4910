"""How much of the machine a model gets."""

import pytest

from ownstack.models.hardware import sizing

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
    ("trained", "free_bytes", "prefill", "window"),
    [
        (32_768, 64 * GIB, 0.0, 8_192),
        (32_768, 64 * GIB, 20.0, 8_192),
        (32_768, 64 * GIB, 100.0, 16_384),
        (32_768, 64 * GIB, 5_000.0, 32_768),
        (262_144, 64 * GIB, 5_000.0, 65_536),
        (262_144, 8 * GIB, 5_000.0, 16_384),
        (262_144, 2 * GIB, 5_000.0, 4_096),
        (2_048, 64 * GIB, 5_000.0, 2_048),
        (262_144, GIB // 4, 5_000.0, 512),
    ],
)
def test_chat_window(trained: int, free_bytes: int, prefill: float, window: int) -> None:
    """Within training, a quarter of the memory, and what is read in four minutes."""
    got = sizing.chat_window(
        trained=trained, kv_bytes_per_token=100_000, free_bytes=free_bytes, prefill=prefill
    )

    assert window == got


@pytest.mark.parametrize(("window", "budget"), [(4_096, 3_904), (1_024, 832), (256, 128)])
def test_prompt_budget(window: int, budget: int) -> None:
    """A prompt leaves room for an answer."""
    assert budget == sizing.prompt_budget(window)
