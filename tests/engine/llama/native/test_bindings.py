"""llama.cpp's edges: what would end the process, or give wrong bytes, does not."""

import os
import threading
from pathlib import Path

import pytest

from ownstack.engine.llama.native import bindings
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import ABORTED, DONE, NO_ROOM, Context
from ownstack.errors import EngineClosedError, EngineError, ModelCorruptError
from tests.support import native
from tests.support.gguf_models import truncated

pytestmark = pytest.mark.native


def test_the_environment_is_set_before_the_library_is_loaded() -> None:
    """OpenMP must not spin, an assertion must not start a debugger."""
    assert (os.environ["GOMP_SPINCOUNT"], os.environ["GGML_NO_BACKTRACE"]) == ("1000", "1")


def test_another_version_of_the_bindings_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its structures would be laid out differently."""
    monkeypatch.setattr(bindings, "INSTALLED", "0.0.1")

    with pytest.raises(EngineError, match=r"pip install llama-cpp-python==0\.3\.36"):
        bindings.start_backend.__wrapped__()


def test_devices() -> None:
    """There is always a CPU."""
    assert "CPU" in bindings.devices()


def test_a_token_longer_than_32_bytes() -> None:
    """The high-level class gives b"" for 64 spaces."""
    model = native.model()
    tokens = model.tokenize(" " * 64)

    assert b"".join(model.pieces[token] for token in tokens) == b" " * 64
    assert max(map(len, model.pieces)) == 64


@pytest.mark.parametrize("character", [" ", "=", "a", "7", "\n", "é", "à"])
def test_40_000_equal_characters(character: str) -> None:
    """llama.cpp's word splitting overflows the stack on them."""
    model = native.model()
    text = character * 40_000

    assert text == b"".join(model.pieces[t] for t in model.tokenize(text)).decode()


def test_text_comes_back_whole() -> None:
    """Lone surrogates, which no UTF-8 can say, become question marks."""
    model = native.model()
    text = "a\x00b 🙂 naïve\r\n\ud800"

    assert (
        b"".join(model.pieces[t] for t in model.tokenize(text)).decode() == "a\x00b 🙂 naïve\r\n?"
    )


def test_markers_are_markers_only_when_asked() -> None:
    """A user's text cannot contain a control token."""
    model = native.model()

    assert len(model.special("<|im_start|>")) == 1
    assert len(model.tokenize("<|im_start|>")) > 1


def test_counting_after_close() -> None:
    """An error, not a read of freed memory; closing twice is fine."""
    model = LlamaModel(native.model_file())
    model.close()
    model.close()

    with pytest.raises(EngineClosedError):
        model.tokenize("a")


def test_closing_waits_for_readers() -> None:
    """A count on another thread is never cut short."""
    model = LlamaModel(native.model_file())
    closing = threading.Thread(target=model.close)
    with model.vocabulary():
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()

    closing.join(20)
    assert not closing.is_alive()


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    """The reason is llama.cpp's own."""
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + bytes(100))

    with pytest.raises(ModelCorruptError, match=r"x\.gguf cannot be loaded: .+"):
        LlamaModel(path)


def test_a_truncated_model(tmp_path: Path) -> None:
    """Also one that only lacks its end."""
    path = tmp_path / "x.gguf"
    path.write_bytes(native.model_file().read_bytes())

    with pytest.raises(ModelCorruptError):
        LlamaModel(truncated(path, -1_000))


def test_loading_can_be_given_up() -> None:
    """Within a tensor of being asked."""
    with pytest.raises(EngineClosedError):
        LlamaModel(native.model_file(), on_progress=lambda _progress: False)


@pytest.fixture
def context() -> Context:
    return Context(native.model(), n_ctx=256, threads=1, n_seq_max=2, flag=AbortFlag())


def test_batches_that_llama_cpp_must_not_see(context: Context) -> None:
    """Empty, too large, or with a token that does not exist."""
    for tokens in ([], [1] * 129, [10**6]):
        with pytest.raises(EngineError):
            context.decode(tokens, 0)


def test_a_full_cache_is_a_value(context: Context) -> None:
    """Nothing changes when there is no room."""
    for start in (0, 128):
        assert context.decode([5] * 128, start) == DONE

    assert context.decode([5], 256) == NO_ROOM
    assert context.end() == 256


def test_logits_that_nobody_asked_for(context: Context) -> None:
    """Reading a row that was not computed would end the process."""
    context.decode([5, 6], 0, logits=False)

    with pytest.raises(EngineError, match="no logits"):
        context.logits()


def test_abort_and_resume_is_bit_identical(context: Context) -> None:
    """What was kept of an aborted batch is exactly what a whole one leaves."""
    tokens = native.model().tokenize(native.CODE)
    context.decode(tokens[:40], 0, logits=False)
    context.decode(tokens[40:80], 40)
    expected = context.logits().copy()
    context.remove(0, 40)
    flag = context._flag
    assert flag is not None

    flag.set()
    assert context.decode(tokens[40:80], 40) == ABORTED
    flag.clear()
    assert context.end() == 40
    assert context.decode(tokens[40:80], 40) == DONE

    assert (expected == context.logits()).all()


def test_a_step_that_must_be_whole(context: Context) -> None:
    """The flag does not reach a call that moves positions."""
    assert context._flag is not None
    context._flag.set()

    assert context.decode([5], 0, abortable=False) == DONE
    assert context.decode([5], 1) == ABORTED


def test_the_python_callback_stops_too() -> None:
    """Where C's strlen cannot be used."""
    flag = AbortFlag(native=False)
    context = Context(native.model(), n_ctx=64, threads=1, flag=flag)
    flag.set()

    assert (flag.native, context.decode([5], 0)) == (False, ABORTED)
    context.close()


def test_state(context: Context) -> None:
    """A sequence comes back bit by bit; a damaged state is refused and leaves nothing."""
    context.decode([5, 6, 7], 0)
    state = context.state(0)
    context.decode([8], 3)
    expected = context.logits().copy()

    assert context.set_state(1, state)
    assert context.end(1) == 3
    context.decode([8], 3, 1)
    assert (expected == context.logits()).all()
    assert not context.set_state(1, state[: len(state) // 2])
    assert context.end(1) == 0


def test_a_closed_context(context: Context) -> None:
    """Every use is an error; closing twice is fine."""
    context.close()
    context.close()

    for use in (lambda: context.decode([5], 0), context.logits, context.end, context.perf):
        with pytest.raises(EngineClosedError):
            use()
