"""All that is known of a model file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.models.details import details
from ownstack.models.gguf.inspection import inspect
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


def test_a_model_that_chats_and_completes(tmp_path: Path) -> None:
    """Its template, its tokens, what it needs, and what it is good for."""
    path = make_gguf(tmp_path / "m.gguf", chat_template=CHAT_TEMPLATE, context_tokens=16_384)

    found = details(inspect(path))

    assert found.template == CHAT_TEMPLATE
    purposes = {token.purpose: token.text for token in found.special_tokens}
    assert purposes["eos"] == "<|endoftext|>"
    assert purposes["fim_pre"] == "<|fim_prefix|>"
    assert found.ends
    assert found.kv == "whole"
    assert [size for size, _ in found.memory] == [4_096, 8_192, 16_384]
    needs = [needed for _, needed in found.memory]
    assert needs == sorted(needs)
    assert {why for _, why in found.unfit} == {""}
    keys = [key for key, _ in found.metadata]
    assert "tokenizer.chat_template" not in keys
    assert dict(found.metadata)["tokenizer.ggml.tokens"].endswith("entries]")


def test_what_a_model_is_not_good_for(tmp_path: Path) -> None:
    """Each role has its reason."""
    path = make_gguf(tmp_path / "m.gguf", fim=None)

    found = details(inspect(path))

    unfit = dict(found.unfit)
    assert "cannot complete code" in unfit["completion"]
    assert "no chat template" in unfit["chat"]
    assert unfit["embedding"] == ""


@pytest.mark.parametrize(
    ("metadata", "kind"),
    [
        ({}, "whole"),
        ({"llama.attention.sliding_window": 4_096}, "whole"),
        ({"llama.ssm.state_size": 16}, "state"),
        ({"general.architecture": "gpt-oss", "gpt-oss.attention.sliding_window": 128}, "sliding"),
    ],
)
def test_what_is_kept_of_a_text_decides_about_completion(
    tmp_path: Path, metadata: dict[str, str | int], kind: str
) -> None:
    """What cannot be trimmed would be read again at each key."""
    path = make_gguf(tmp_path / "m.gguf", metadata=metadata)

    info = inspect(path)

    assert details(info).kv == kind
    assert bool(info.infill) == (kind == "whole")
    assert ("cannot be trimmed" in info.infill_problem) == (kind != "whole")


def test_long_values_are_cut(tmp_path: Path) -> None:
    """A licence may be in there whole."""
    path = make_gguf(tmp_path / "m.gguf", metadata={"general.license.text": "x" * 100_000})

    assert len(dict(details(inspect(path)).metadata)["general.license.text"]) < 1_000
