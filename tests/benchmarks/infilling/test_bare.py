"""Bare llama.cpp, asked as other editors' clients ask it, with a small model made for the test."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.infilling.bare import MAX_TOKENS, Bare
from benchmarks.infilling.cursors import Case
from ownstack.document import Document
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.scheduler import NativeThread
from tests.support import gguf_models
from tests.support.native import model

pytestmark = pytest.mark.native


def case(before: str, after: str) -> Case:
    document = Document("file:///a.py", "a.py", "python", 1, before + after)
    return Case("made", "python", document, len(before), "unknown")


@pytest.fixture
def native() -> Iterator[NativeThread]:
    thread = NativeThread()
    yield thread
    thread.close()


def shown(bare: Bare, loaded: LlamaModel, asked: Case) -> str:
    """Return the prompt as text, its markers by their names."""
    named = {loaded.special(f"<|fim_{name}|>")[0]: f"<{name}>" for name in
             ("prefix", "suffix", "middle")}  # fmt: skip
    return "".join(
        named.get(token) or loaded.pieces[token].decode() for token in bare.prompt(asked)
    )


async def test_it_is_shown_256_lines_before_and_64_after(native: NativeThread) -> None:
    """In the model's own order, and nothing of other files; the cursor's line is on top."""
    loaded = model("psm")
    bare = Bare(loaded, native, threads=1)
    above = [f"a{n}" for n in range(300)]
    below = [f"b{n}" for n in range(100)]

    prompt = shown(bare, loaded, case("\n".join([*above, "here"]), "\n".join(["", *below])))
    await bare.close()

    wanted = "\n".join([*above[44:], "here"]), "\n".join(["", *below[:64]])
    assert prompt == f"<prefix>{wanted[0]}<suffix>{wanted[1]}<middle>"


async def test_long_lines_are_cut_where_they_are_far(native: NativeThread) -> None:
    """1,500 tokens before the cursor and 500 after it, with three markers."""
    loaded = model("psm")
    bare = Bare(loaded, native, threads=1)

    proposal = await bare.propose(case("ab " * 4_000 + "end", "beg" + " cd" * 4_000))
    prompt = shown(bare, loaded, case("ab " * 4_000 + "end", "beg" + " cd" * 4_000))
    await bare.close()

    assert proposal.prompt_tokens == 1_500 + 500 + 3
    assert "end<suffix>beg" in prompt


async def test_it_writes_one_line(tmp_path: Path, native: NativeThread) -> None:
    """Up to the break; it is all but certain, so its chance is nearly 1."""
    path = gguf_models.make_gguf(tmp_path / "m.gguf", says=["return", " value", "\n", "more"])
    loaded = LlamaModel(path)
    bare = Bare(loaded, native, threads=1)

    proposal = await bare.propose(case("def f(value):\n    ", "\n"))
    again = await bare.propose(case("def f(value):\n    ", "\n"))
    await bare.close()
    loaded.close()

    assert proposal.text == again.text == "return value"
    assert 0.5 < proposal.confidence <= 1
    assert proposal.confidence == pytest.approx(again.confidence)


async def test_an_end_counts_for_the_chance(native: NativeThread) -> None:
    """A random model writes on without a break; each token of some 300 is as likely as another."""
    bare = Bare(model("psm"), native, threads=1)

    proposal = await bare.propose(case("x = ", "\n"))
    await bare.close()

    assert math.log(proposal.confidence) < -MAX_TOKENS / 8
