"""What was learned, as a person sees it in the real editor."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.gguf.base_key import base_key
from ownstack.paths import Home
from tests.e2e.desk import Desk, Open
from tests.support.adapters import make_adapter

pytestmark = pytest.mark.e2e

SHIPPED = Path(__file__).parents[2] / "server" / "ownstack" / "builtin" / "ownstack-builtin.gguf"


@pytest.fixture
def taught(desk: Open, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return an editor whose built-in network has an adapter of the folder that is open."""
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(SHIPPED))
    editor = desk(**{"ownstack.completion.deadlineMs": 5_000})
    store = AdapterStore(home)
    record = AdapterRecord(
        id="",
        scope="project",
        role="completion",
        base_key=base_key(SHIPPED),
        base_name="builtin",
        architecture="llama",
        rank=4,
        alpha=4.0,
        sha256="",
        created="2026-11-30T02:00:00+00:00",
        project=os.path.realpath(editor.folder),
        name="mine",
        standing="fit",
        reason="On 200 lines that it did not learn from, 61 are right instead of 48.",
        trained={"seconds": 3600.0, "steps": 410.0, "loss_before": 1.9, "loss_after": 1.2},
        languages={"python": 70},
    )
    file = make_adapter(tmp_path / "mine.gguf", SHIPPED, strength=0.01)
    store.use(store.add(record, file).id)
    return editor


def test_what_was_learned_is_named_and_taken_back(taught: Desk) -> None:
    """The status names it, Why? names it, the list shows it and goes back, and nothing pops up."""
    seen = taught.go("learned", brokenStart=True)

    assert "Learned, used for completion: mine (from shop)." in seen["status"]
    assert "The built-in network" in seen["why"] or "built-in network" in seen["why"]
    assert "with what it learned (mine " in seen["why"]
    assert any("Learned, used for completion: mine (from shop)" in row for row in seen["menu"])
    [row] = [row for row in seen["listed"] if "in use" in row]
    assert "mine" in row
    assert "for completion with builtin" in row
    assert all(seen["labels"])
    assert "61 are right instead of 48" in seen["report"]
    assert "Learned" not in seen["after"]
    assert seen["notifications"] == []
    assert taught.errors() == []
