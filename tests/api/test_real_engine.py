"""The API over llama.cpp and a small model, by OpenAI's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownstack.paths import Home
from tests.support.serving import FILLER, TALKER, USER, Served, make_models, serving

openai = pytest.importorskip("openai", reason="needs OpenAI's client: pip install -e '.[test]'")
pytestmark = pytest.mark.native


@pytest.fixture
async def real(home: Home, tmp_path: Path) -> AsyncIterator[Served]:
    """Two models that always say the same."""
    models = make_models(tmp_path, says=[" Good", " day", "!"])
    async with serving(home, models, listening=True, real=True) as made:
        yield made


async def test_chat_filling_in_and_vectors(real: Served) -> None:
    """All three, whole and streamed; each is counted for the key."""
    async with openai.AsyncOpenAI(base_url=real.url, api_key=real.key, timeout=120) as client:
        stream = await client.chat.completions.create(
            model=TALKER, messages=[USER], temperature=0, stream=True
        )
        said = [chunk.choices[0].delta.content or "" async for chunk in stream]
        whole = await client.completions.create(
            model=FILLER, prompt="x", suffix="y", max_tokens=40, stop=["!"]
        )
        vectors = await client.embeddings.create(model=TALKER, input=["one", "two"])
        counted = {item.task: item for item in real.host.usage.sums()}

    assert "".join(said) == " Good day!"
    assert (whole.choices[0].text, whole.choices[0].finish_reason) == (" Good day", "stop")
    assert len({len(item.embedding) for item in vectors.data}) == 1
    assert sorted(counted) == ["chat", "embed", "infill"]
    assert {item.user for item in counted.values()} == {"tester"}
    assert counted["chat"].prompt_tokens > 0
    assert counted["chat"].prefill_ms > 0


async def test_a_conversation_longer_than_the_window(real: Served) -> None:
    """The engine says so, and the client hears it as a bad request."""
    async with openai.AsyncOpenAI(base_url=real.url, api_key=real.key, timeout=120) as client:
        with pytest.raises(openai.BadRequestError, match="window") as raised:
            await client.chat.completions.create(
                model=TALKER, messages=[{"role": "user", "content": "a b c d " * 6_000}]
            )

    assert raised.value.code == "context_length_exceeded"
