"""What a GGUF file is good for on this machine, found out without loading it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

from ownstack.errors import (
    CannotInfillError,
    ModelCorruptError,
    ModelNotFoundError,
    ModelTooLargeError,
)
from ownstack.models.gguf import fim, gguf_file
from ownstack.models.gguf.gguf_file import GgufFile
from ownstack.models.gguf.gguf_vocabulary import GgufVocabulary
from ownstack.models.hardware import cgroup, memory_limit
from ownstack.models.reference import ModelReference

DEFAULT_CONTEXT_TOKENS = 4_096
_UBATCH_TOKENS = 512
_OUTPUT_TOKENS = 16
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_DIGEST = re.compile(r"(?:sha256[-:])?[0-9a-f]{32,}", re.IGNORECASE)
_FILE_TYPES = {
    **dict(enumerate(("F32", "F16", "Q4_0", "Q4_1"))),
    **dict(enumerate(("Q8_0", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L"), 7)),
    **dict(enumerate(("Q4_K_S", "Q4_K_M", "Q5_K_S", "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS"), 14)),
    **dict(enumerate(("Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M"), 21)),
    **dict(enumerate(("IQ2_S", "IQ2_M", "IQ4_XS", "IQ1_M", "BF16"), 28)),
    36: "TQ1_0",
    37: "TQ2_0",
    38: "MXFP4",
}
"""`general.file_type` → name (llama.h, enum llama_ftype)."""
_GUESSED = 1 << 10
_SLIDING = frozenset(("gemma2", "gemma3", "gemma3n", "gpt-oss", "cohere2", "llama4", "exaone4"))
"""Architectures whose window counts (llama.cpp, src/llama-model.cpp); others may name one, too."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model file."""

    name: str
    path: Path
    size_bytes: int
    """Of all its files, if it is split."""
    architecture: str
    parameters: int | None
    """None if the file is not there or holds no weights."""
    context_tokens: int
    """What it was trained for; 0 = not said."""
    quantization: str
    license: str
    infill: str
    """The family of its infill format, "" if it cannot infill."""
    infill_problem: str
    """Why it cannot infill, or why it cannot be used at all; "" if it can."""
    chat: bool
    infill_order: str = ""
    kv_bytes_per_token: int = 0
    """Keys and values in f16, all layers."""
    compute_bytes: int = 0
    """Room for one step of work, about."""

    @property
    def reference(self) -> ModelReference:
        return ModelReference.of_file(self.path)


def inspect(path: Path, name: str = "") -> ModelInfo:
    """Say what a model file is. Reads only its head; some ten milliseconds.

    Files without weights (a vocabulary alone) are described too, with `parameters` None.

    Raises:
        ModelNotFoundError, ModelCorruptError: there is no usable file.
    """
    file = gguf_file.read(path)
    architecture = file.text("general.architecture")
    if not architecture:
        raise ModelCorruptError(f"{path.name} does not say which architecture it is.")
    shards = _other_shards(file)
    parts = [file, *shards]
    parameters = sum(tensor.values for part in parts for tensor in part.tensors)
    infill, order, problem = "", "", ""
    try:
        form = fim.detect(GgufVocabulary(file))
        infill, order = form.family, form.order
    except CannotInfillError as error:
        problem = error.what
    if infill and kv_kind(file) != "whole":
        infill, order = "", ""
        problem = (
            "it remembers a text in a way that cannot be trimmed, so that each key would have it "
            "read the whole text again."
        )
    return ModelInfo(
        name=name or default_name(file),
        path=path,
        size_bytes=sum(part.size_bytes for part in parts),
        architecture=architecture,
        parameters=parameters or None,
        context_tokens=file.number(f"{architecture}.context_length"),
        quantization=_quantization(file),
        license=file.text("general.license"),
        infill=infill,
        infill_problem=problem,
        chat="tokenizer.chat_template" in file.metadata,
        infill_order=order,
        kv_bytes_per_token=_kv_bytes_per_token(file, architecture),
        compute_bytes=_compute_bytes(file, architecture),
    )


def broken(name: str, path: Path, problem: str) -> ModelInfo:
    """Describe a known model whose file cannot be used any more."""
    return ModelInfo(name, path, 0, "", None, 0, "", "", "", problem, chat=False)


def kv_kind(file: GgufFile) -> Literal["whole", "sliding", "state"]:
    """Say what a model keeps of a text that it has read.

    "whole": keys and values of all tokens, any of which can be dropped or moved; "sliding": most
    layers keep a window of the last tokens; "state": recurrent layers keep a sum of everything.
    """
    architecture = file.text("general.architecture")
    if any(
        key.startswith((f"{architecture}.ssm.", f"{architecture}.wkv.")) for key in file.metadata
    ):
        return "state"
    window = file.number(f"{architecture}.attention.sliding_window")
    return "sliding" if window and architecture in _SLIDING else "whole"


def default_name(file: GgufFile) -> str:
    """Return the file's name without its ending, or what a file named by a digest says it is."""
    stem = _SHARD.sub("", file.path.name)
    stem = stem[: -len(".gguf")] if stem.lower().endswith(".gguf") else stem
    if _DIGEST.fullmatch(stem):
        return file.text("general.name").strip() or stem[:19]
    return stem


def memory_needed(info: ModelInfo, context_tokens: int = 0) -> int:
    """Return about how many bytes a model takes with a context of so many tokens.

    Weights, plus keys and values of the context (layers x KV heads x (key + value width) x 2
    bytes a token: llama.cpp, src/llama-kv-cache.cpp), plus the compute buffer: activations of one
    batch (with flash attention, which is the default) and the scores of the whole vocabulary for
    the tokens that ask for them. Measured with 63 million parameters in F16 and a context of
    4,096 tokens: 184 MB, as this says.
    """
    context = context_tokens or min(
        DEFAULT_CONTEXT_TOKENS, info.context_tokens or DEFAULT_CONTEXT_TOKENS
    )
    return info.size_bytes + info.kv_bytes_per_token * context + info.compute_bytes


def memory_available() -> int:
    """Return how many bytes can be used without swapping, a container's limit included."""
    available = int(psutil.virtual_memory().available)
    group = cgroup.memory_group()
    return available if group is None else min(available, group.left_bytes)


def check_memory(
    info: ModelInfo, context_tokens: int = 0, available_bytes: int | None = None
) -> None:
    """Refuse a model that does not fit, before it is loaded.

    Without `available_bytes`, what the system lets this process take counts, too.

    Raises:
        ModelTooLargeError: with the figures, and what to do.
    """
    if available_bytes is None:
        _check_limit(info, context_tokens)
    needed = memory_needed(info, context_tokens)
    available = memory_available() if available_bytes is None else available_bytes
    if needed > available:
        raise ModelTooLargeError(
            f"{info.name} needs about {_gigabytes(needed)} of memory, "
            f"{_gigabytes(available)} are free.",
            _way_out(None),
        )


def refused_memory(info: ModelInfo, why: str, context_tokens: int = 0) -> ModelTooLargeError:
    """Return the error that says that the system refused memory to a model, and how much it needs.

    `why`: what llama.cpp says of it.
    """
    needed = memory_needed(info, context_tokens)
    limit = memory_limit.process_limit()
    if limit is not None:
        needed += _address_space(info)
    return ModelTooLargeError(
        f"Memory is limited: {info.name} needs about {_gigabytes(needed)}, and llama.cpp was "
        f"refused it ({why}).",
        _way_out(limit),
    )


def _check_limit(info: ModelInfo, context_tokens: int) -> None:
    limit = memory_limit.process_limit()
    if limit is None:
        return
    needed = memory_needed(info, context_tokens) + _address_space(info)
    if needed > limit.left_bytes:
        raise ModelTooLargeError(
            f"Memory is limited: this process may take {_gigabytes(limit.limit_bytes)} "
            f"({limit.command}), {_gigabytes(limit.left_bytes)} of it are left, and {info.name} "
            f"needs about {_gigabytes(needed)}.",
            _way_out(limit),
        )


def _address_space(info: ModelInfo) -> int:
    """Return what counts against a limit beside memory: the mapped file, and what is reserved."""
    return info.size_bytes + memory_limit.RESERVE_BYTES


def _way_out(limit: memory_limit.Limit | None) -> str:
    if limit is None:
        return (
            "Close other programs, or choose a smaller model or one with fewer bits (Q4). "
            "See which fit: ownstack models recommend"
        )
    return (
        f"Raise the limit where the editor is started ({limit.command} unlimited), "
        "or choose a smaller model."
    )


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _other_shards(file: GgufFile) -> list[GgufFile]:
    """Return the further files of a split model.

    Raises:
        ModelNotFoundError: one is missing, or `file` is not the first.
        ModelCorruptError: one is damaged.
    """
    count = file.number(gguf_file.SPLIT_COUNT_KEY)
    if count <= 1:
        return []
    named = _SHARD.search(file.path.name)
    if named is None or int(named[2]) != count:
        raise ModelNotFoundError(
            f"{file.path.name} is one of {count} files of a model, by a name that hides which.",
            "Give it back its name, which ends in -00001-of-0000N.gguf.",
        )
    paths = [
        file.path.with_name(f"{file.path.name[: named.start()]}-{n:05}-of-{count:05}.gguf")
        for n in range(1, min(count, 999) + 1)
    ]
    if int(named[1]) != 1:
        raise ModelNotFoundError(
            f"{file.path.name} is not the first file of its model.", f"Give {paths[0].name}."
        )
    return [gguf_file.read(path) for path in paths[1:]]


def _quantization(file: GgufFile) -> str:
    named = file.metadata.get("general.file_type")
    if isinstance(named, int) and named % _GUESSED in _FILE_TYPES:
        return _FILE_TYPES[named % _GUESSED]
    kinds = Counter({tensor.kind: tensor.size_bytes for tensor in file.tensors})
    names = {0: "F32", 1: "F16", 2: "Q4_0", 8: "Q8_0", 12: "Q4_K", 14: "Q6_K", 30: "BF16"}
    return names.get(kinds.most_common(1)[0][0], "") if kinds else ""


def _kv_bytes_per_token(file: GgufFile, architecture: str) -> int:
    def largest(key: str) -> int:
        return file.first_number(f"{architecture}.{key}")

    heads = max(1, largest("attention.head_count"))
    width = largest("embedding_length") // heads
    key_width = largest("attention.key_length") or width
    value_width = largest("attention.value_length") or width
    layers = largest("block_count")
    each = file.arrays.get(f"{architecture}.attention.head_count_kv")
    if each is not None:  # One entry a layer; those of other kinds than attention have none.
        all_heads = sum(max(0, int(number)) for number in each.numbers()[:layers])
    else:
        all_heads = layers * (largest("attention.head_count_kv") or heads)
    return all_heads * (key_width + value_width) * 2


def _compute_bytes(file: GgufFile, architecture: str) -> int:
    tokens = file.arrays.get("tokenizer.ggml.tokens")
    vocabulary = tokens.length if tokens is not None else 0
    width = file.first_number(f"{architecture}.embedding_length")
    inner = file.first_number(f"{architecture}.feed_forward_length")
    activations = _UBATCH_TOKENS * (4 * width + 2 * inner) * 4
    return activations + _OUTPUT_TOKENS * vocabulary * 4
