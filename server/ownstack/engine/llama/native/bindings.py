"""llama.cpp through llama-cpp-python's low-level API: the only importer of `llama_cpp`.

The loaded library is handed on as `C` to `context.py`, `branches.py` and `sampler.py`, and to
nobody else. They keep away what ends the process instead of raising: handles are checked for NULL
before use, `close` may be called twice, memory operations report what they did, and logits are
read only where a batch asked for them. A `LlamaModel`'s vocabulary may be used from any thread, a
`Context` and a `Sampler` from one at a time.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.metadata
import importlib.util
import logging
import os
import re
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ownstack.engine.llama.native import runs
from ownstack.engine.llama.native.adapters import LoadedAdapters
from ownstack.engine.llama.native.backends import CPU, Backends
from ownstack.errors import (
    AdapterError,
    EngineClosedError,
    EngineError,
    ModelCorruptError,
    ModelTooLargeError,
)

# libgomp spins while it waits: one competing process then makes a token up to 70 times slower.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# A failed assertion must not start gdb and print into the editor's protocol.
os.environ.setdefault("GGML_NO_BACKTRACE", "1")


def _imported(*names: str) -> list[Any]:
    """Import modules of the package `llama_cpp` alone.

    `import llama_cpp` would also run the wrapper for Python programs: 0.15 s more at each start.
    """
    found = importlib.util.find_spec("llama_cpp")
    if found is None:
        raise ModuleNotFoundError("No module named 'llama_cpp'", name="llama_cpp")
    whole = sys.modules.get("llama_cpp")
    sys.modules["llama_cpp"] = whole or importlib.util.module_from_spec(found)
    try:
        return [importlib.import_module(f"llama_cpp.{name}") for name in names]
    finally:
        if whole is None:  # Whoever wants the wrapper too can still import it.
            del sys.modules["llama_cpp"]


# The bindings of llama.h and ggml.h; the library reads the environment meanwhile.
_loaded = _imported("llama_cpp", "_ggml")
C: Any = _loaded[0]
_LIBRARY = Path(C._lib._name)
INSTALLED = importlib.metadata.version("llama-cpp-python")
BINDING = "0.3.36"
"""The bindings mirror llama.cpp's structures: another version is another memory layout."""
_BPE = 2
_NO_MEMORY = re.compile(
    r"cannot allocate memory|bad_alloc|(?:failed|unable|attempted) to allocate|"
    r"(?:insufficient|out of) memory",
    re.IGNORECASE,
)
"""Said by llama.cpp where a file is sound, and the system refuses the memory for it."""


def _ggml() -> tuple[Any, ...]:
    """Return what holds ggml's functions, as llama.cpp sees them.

    Windows looks for a function in the named library alone, others in what that needs too.
    """
    if sys.platform != "win32":
        return (C._lib,)
    return _loaded[1].libggml, ctypes.CDLL(str(_LIBRARY.with_name("ggml-base.dll")))


log = logging.getLogger("ownstack.llama")
_backends = Backends(*_ggml())
_last_errors: deque[str] = deque(maxlen=4)


def _write_log(level: int, text: bytes, _data: object) -> None:
    """Put llama.cpp's lines into `logging`: stdout and stderr belong to the protocol."""
    line = text.decode("utf-8", "replace").strip()
    if level == 4 and line:
        _last_errors.append(line)
    if line:
        _backends.heard(line)
        # Errors too are only for the curious: every aborted decode writes three of them.
        log.debug("%s", line)


_LOG_CALLBACK = C.llama_log_callback(_write_log)
"""llama.cpp keeps its address for the life of the process."""


@functools.cache
def start_backend() -> None:
    """Make the library ready, once a process.

    Raises:
        EngineError: the installed llama-cpp-python is not the one this program was written for,
            or has nothing for this CPU.
    """
    if INSTALLED != BINDING:
        raise EngineError(
            f"llama-cpp-python {INSTALLED} is installed, {BINDING} is needed.",
            f"Run: pip install llama-cpp-python=={BINDING}",
        )
    C.llama_log_set(_LOG_CALLBACK, None)
    _backends.load(_LIBRARY.parent)
    C.llama_backend_init()


def offloads() -> bool:
    """Return whether this build can run layers on a GPU."""
    start_backend()
    return bool(C.llama_supports_gpu_offload()) and any(d != CPU for d in devices())


@functools.cache
def devices() -> tuple[str, ...]:
    """Return the names of the devices this build sees, such as "CPU", "CUDA0"."""
    start_backend()
    return _backends.names()


def graphics_memory() -> tuple[tuple[str, int], ...]:
    """Return what the graphics cards that this build can use are called, and their memory."""
    return _backends.graphics_memory() if offloads() else ()


def cpu_build() -> str:
    """Return which of the code for CPUs computes, such as "zen4"; "" if there is only one."""
    start_backend()
    return _backends.cpu_build


def build() -> str:
    """Return version and build features, the same for the same library file."""
    start_backend()
    features = C.llama_print_system_info().decode("utf-8", "replace")
    files = filter(None, (_LIBRARY, _backends.cpu_file))
    sizes = " ".join(str(file.stat().st_size) for file in files)
    return f"{BINDING} {C.llama_version().decode()} {sizes} {features}"


class LlamaModel:
    """Weights and vocabulary of one GGUF file; implements `fim.Vocabulary`."""

    def __init__(
        self,
        path: Path,
        *,
        gpu_layers: int = 0,
        extra_bufts: bool = True,
        vocab_only: bool = False,
        on_progress: Callable[[float], bool] | None = None,
    ) -> None:
        """Load the file; blocks. `on_progress` gets 0..1 and returns False to give up.

        Raises:
            ModelCorruptError: llama.cpp refuses the file.
            ModelTooLargeError: the system refuses the memory; what llama.cpp says of it.
            EngineClosedError: `on_progress` gave up.
        """
        start_backend()
        self._handle: Any = None
        self._gate = threading.Condition()
        self._readers = 0
        given_up = False

        def report(progress: float, _data: object) -> bool:
            nonlocal given_up
            given_up = on_progress is not None and not on_progress(progress)
            return not given_up

        callback = C.llama_progress_callback(report)
        params = C.llama_model_default_params()
        params.n_gpu_layers = gpu_layers
        params.use_extra_bufts = extra_bufts
        params.vocab_only = vocab_only
        params.progress_callback = callback
        _last_errors.clear()
        self._handle = C.llama_model_load_from_file(os.fsencode(path), params)
        if given_up:
            self.close()
            raise EngineClosedError(f"Loading {path.name} was given up.")
        if not self._handle:
            why = "; ".join(_last_errors) or "llama.cpp gave no reason"
            if _NO_MEMORY.search(why):
                raise ModelTooLargeError(why, "Close other programs, or choose a smaller model.")
            raise ModelCorruptError(f"{path.name} cannot be loaded: {why}.", "Get the file anew.")
        handle = self._handle
        self.path = path
        self._vocab = C.llama_model_get_vocab(handle)
        self.n_vocab = int(C.llama_vocab_n_tokens(self._vocab))
        self.n_params = int(C.llama_model_n_params(handle))
        self.size_bytes = int(C.llama_model_size(handle))
        self.n_ctx_train = int(C.llama_model_n_ctx_train(handle))
        self.n_embd = int(C.llama_model_n_embd_out(handle))
        self.recurrent = bool(C.llama_model_is_recurrent(handle) or C.llama_model_is_hybrid(handle))
        self.n_swa = int(C.llama_model_n_swa(handle))
        self.has_decoder = bool(C.llama_model_has_decoder(handle))
        self.cuts_words = int(C.llama_vocab_type(self._vocab)) == _BPE
        """Whether text is split into words before tokens are made of them (byte-pair encoding)."""
        template = C.llama_model_chat_template(handle, None)
        self.chat_template = template.decode("utf-8", "replace") if template else ""
        architecture = self._said("general.architecture")
        self.adapters = LoadedAdapters(architecture, self._load_adapter, C.llama_adapter_lora_free)

    @functools.cached_property
    def kv_bytes_per_token(self) -> int:
        """Bytes of f16 keys and values that one token of context takes in all layers."""
        handle = self.handle
        heads, kv_heads = C.llama_model_n_head(handle), C.llama_model_n_head_kv(handle)
        width = C.llama_model_n_embd(handle) * max(1, kv_heads) // max(1, heads)
        return int(2 * 2 * C.llama_model_n_layer(handle) * width)

    @property
    def handle(self) -> Any:
        """llama.cpp's pointer, for a `Context`."""
        if not self._handle:
            raise EngineClosedError("The model was closed.")
        return self._handle

    @contextlib.contextmanager
    def vocabulary(self) -> Iterator[Any]:
        """Keep the vocabulary alive for a reader on whatever thread."""
        with self._gate:
            self.handle  # noqa: B018  (raises after close)
            self._readers += 1
        try:
            yield self._vocab
        finally:
            with self._gate:
                self._readers -= 1
                self._gate.notify_all()

    def tokenize(self, text: str, *, special: bool = False, bos: bool = False) -> list[int]:
        """Return token ids. `special` reads markers such as `<|im_end|>` as one token.

        Any thread may call this; it never waits for a decode. Only files, never what they
        say, decide about markers: text of the user's goes in with `special=False`.
        """
        parts = runs.pieces(text) if self.cuts_words else [text]
        tokens: list[int] = []
        with self.vocabulary() as vocab:
            for part in parts:
                data = part.encode("utf-8", "replace")
                room = len(data) + 8
                buffer = (C.llama_token * room)()
                add_bos = bos and not tokens
                n = C.llama_tokenize(vocab, data, len(data), buffer, room, add_bos, special)
                if n < 0:
                    raise EngineError(f"llama.cpp cannot tokenise {len(data)} bytes ({n}).")
                tokens += buffer[:n]
        return tokens

    def special(self, text: str) -> list[int]:
        return self.tokenize(text, special=True)

    @functools.cached_property
    def adds_bos(self) -> bool:
        with self.vocabulary() as vocab:
            return bool(C.llama_vocab_get_add_bos(vocab))

    @functools.cached_property
    def bos(self) -> int | None:
        """The token that begins a text, if the vocabulary has one."""
        with self.vocabulary() as vocab:
            token = int(C.llama_vocab_bos(vocab))
        return token if token >= 0 else None

    @functools.cached_property
    def eos(self) -> int | None:
        with self.vocabulary() as vocab:
            token = int(C.llama_vocab_eos(vocab))
        return token if token >= 0 else None

    def special_text(self, token: int) -> str:
        """Return the text of a control token, such as `<|im_end|>`."""
        with self.vocabulary() as vocab:
            text = C.llama_vocab_get_text(vocab, token)
        return text.decode("utf-8", "replace") if text else ""

    def eog(self) -> frozenset[int]:
        with self.vocabulary() as vocab:
            return frozenset(t for t in range(self.n_vocab) if C.llama_vocab_is_eog(vocab, t))

    def fim_ids(self) -> dict[str, int]:
        with self.vocabulary() as vocab:
            ids = {
                name: int(getattr(C, f"llama_vocab_fim_{name}")(vocab))
                for name in ("pre", "suf", "mid", "pad", "rep", "sep")
            }
        return {name: token for name, token in ids.items() if token >= 0}

    def metadata(self) -> Mapping[str, str]:
        """GGUF keys and values as text; long values (templates) are cut at 64 KiB."""
        handle = self.handle
        key, value = ctypes.create_string_buffer(512), ctypes.create_string_buffer(65_536)
        found: dict[str, str] = {}
        for index in range(C.llama_model_meta_count(handle)):
            C.llama_model_meta_key_by_index(handle, index, key, len(key))
            C.llama_model_meta_val_str_by_index(handle, index, value, len(value))
            found[key.value.decode("utf-8", "replace")] = value.value.decode("utf-8", "replace")
        return found

    def _said(self, key: str) -> str:
        value = ctypes.create_string_buffer(128)
        C.llama_model_meta_val_str(self._handle, key.encode(), value, len(value))
        return value.value.decode("utf-8", "replace")

    def _load_adapter(self, path: Path) -> Any:
        """Return llama.cpp's pointer of an adapter that `adapter_file` has found to be sound.

        Not while a decode runs: llama.cpp notes it with the model.

        Raises:
            AdapterError: llama.cpp refuses it.
        """
        _last_errors.clear()
        handle = C.llama_adapter_lora_init(self.handle, os.fsencode(path))
        if not handle:
            why = "; ".join(_last_errors) or "llama.cpp gave no reason"
            raise AdapterError(
                f"{path.parent.name}/{path.name} cannot be used with {self.path.name}: {why}.",
                "It was made for another model, or is damaged.",
            )
        return handle

    @functools.cached_property
    def pieces(self) -> list[bytes]:
        """The bytes of every token; control tokens are b"". 1.6 µs a token, made once."""
        buffer = ctypes.create_string_buffer(256)
        to_piece = C.llama_token_to_piece
        made: list[bytes] = []
        with self.vocabulary() as vocab:
            for token in range(self.n_vocab):
                n = to_piece(vocab, token, buffer, len(buffer), 0, False)
                if n < 0:  # longer than the buffer: a run of spaces may be one token
                    buffer = ctypes.create_string_buffer(-n)
                    n = to_piece(vocab, token, buffer, len(buffer), 0, False)
                made.append(buffer.raw[: max(0, n)])
        return made

    def close(self) -> None:
        """Free the weights after the last reader; contexts must have been closed before."""
        if self._handle:
            self.adapters.close()
        with self._gate:
            handle, self._handle = self._handle, None
            self._gate.wait_for(lambda: self._readers == 0)
        if handle:
            C.llama_model_free(handle)
