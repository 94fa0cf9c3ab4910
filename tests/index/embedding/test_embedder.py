"""Texts become vectors, by the shipped table or by what stands in for it."""

import asyncio
import threading
from pathlib import Path

import numpy as np
import pytest

from ownstack.engine.scripted import ScriptedEngine
from ownstack.index.embedding.embedder import (
    TABLE,
    EngineEmbedder,
    NoEmbedder,
    StaticEmbedder,
    default_embedder,
    load_embedder,
)
from ownstack.index.search.search import search
from tests.support.searchable import searchable


def near(text: str, other: str) -> float:
    vectors = default_embedder().embed([text, other])
    return float(vectors[0] @ vectors[1])


def test_the_shipped_table_is_there_and_small() -> None:
    """It comes with the package."""
    embedder = default_embedder()

    assert isinstance(embedder, StaticEmbedder)
    assert TABLE.stat().st_size <= 10_000_000
    assert embedder.dim <= 256


def test_vectors_have_length_one_and_are_always_the_same() -> None:
    """Whatever stands beside a text in a batch."""
    texts = ["def parse(url): return urlsplit(url)", "how are retries handled", "class Order: ..."]
    vectors = default_embedder().embed(texts)

    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert np.array_equal(vectors[1], load_embedder(TABLE).embed(texts[1:2])[0])


@pytest.mark.parametrize("text", ["", "   ", "()[]{}", "qzxjvkw", "\ud800\0"])
def test_what_is_not_known_is_like_nothing(text: str) -> None:
    """Zeros, and no warning about a division."""
    assert not default_embedder().embed([text]).any()
    assert default_embedder().embed([]).shape == (0, default_embedder().dim)


@pytest.mark.parametrize(
    ("asked", "answer", "other"),
    [
        (
            "authentication",
            "def login(user, password): return token",
            "def sort(rows): rows.sort()",
        ),
        ("delete a file", "os.remove(path)", "json.loads(text)"),
        ("http error", "raise BadRequest(status=400)", "matrix = numpy.zeros((3, 3))"),
    ],
)
def test_like_means_near(asked: str, answer: str, other: str) -> None:
    """Although no word is the same."""
    assert near(asked, answer) > near(asked, other)


def test_without_a_table_words_are_searched(tmp_path: Path) -> None:
    """Missing, cut off, or something else: a reason, and full text."""
    broken = tmp_path / "broken.npz"
    broken.write_bytes(TABLE.read_bytes()[:10_000])
    other = tmp_path / "other.npz"
    np.savez(other, something=np.zeros(3))
    for path in (tmp_path / "missing.npz", broken, other):
        embedder = load_embedder(path)

        assert isinstance(embedder, NoEmbedder)
        assert "only words are searched" in embedder.reason
    (tmp_path / "project").mkdir()
    snapshot = searchable(tmp_path / "project", {"a.py": "def salmon():\n    return 1\n"})
    assert [hit.path for hit in search(snapshot, "where is salmon", 5, embedder)] == ["a.py"]


def test_a_model_in_the_engine_embeds() -> None:
    """Asked from another thread than the engine's."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        engine = ScriptedEngine()
        opened = asyncio.run_coroutine_threadsafe(EngineEmbedder.open(engine, "scripted"), loop)
        embedder = opened.result(10)
        vectors = embedder.embed(["one", "two"])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    assert vectors.shape == (2, embedder.dim)
    assert embedder.embed([]).shape == (0, embedder.dim)
    assert embedder.name.startswith("model-")
