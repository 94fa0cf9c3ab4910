"""A vocabulary read from its file without llama.cpp: enough to detect the infill format."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ownstack.models.gguf.fim_families import FAMILIES, STOPS
from ownstack.models.gguf.gguf_file import GgufFile

_NORMAL = 1
_KEYS = {
    "pre": ("tokenizer.ggml.fim_pre_token_id", "tokenizer.ggml.prefix_token_id"),
    "suf": ("tokenizer.ggml.fim_suf_token_id", "tokenizer.ggml.suffix_token_id"),
    "mid": ("tokenizer.ggml.fim_mid_token_id", "tokenizer.ggml.middle_token_id"),
    "pad": ("tokenizer.ggml.fim_pad_token_id",),
    "rep": ("tokenizer.ggml.fim_rep_token_id",),
    "sep": ("tokenizer.ggml.fim_sep_token_id",),
}
"""Present keys, then the older ones that llama.cpp still reads (src/llama-arch.cpp)."""
_END_KEYS = ("eos", "eot", "eom")
_ALWAYS_SPECIAL = frozenset(
    text.encode()
    for text in (
        *STOPS,
        *(
            marker
            for family in FAMILIES
            for marker in (family.prefix, family.suffix, family.middle, family.pad)
            if marker.startswith(("<", "\u2581<"))
        ),
    )
)
"""Tokens that llama.cpp reads as markers even where the file calls them text."""


class GgufVocabulary:
    """Implements `fim.Vocabulary`."""

    def __init__(self, file: GgufFile) -> None:
        self._file = file
        tokens = file.arrays.get("tokenizer.ggml.tokens")
        kinds = file.arrays.get("tokenizer.ggml.token_type")
        self.n_tokens = tokens.length if tokens is not None else 0
        types = kinds.numbers() if kinds is not None else []
        if len(types) != self.n_tokens:
            types = [_NORMAL] * self.n_tokens
        self._special = {
            raw.decode("utf-8", "replace"): token
            for token, (raw, kind) in enumerate(
                zip(tokens.raw() if tokens is not None else (), types, strict=False)
            )
            if kind != _NORMAL or raw in _ALWAYS_SPECIAL
        }

    def fim_ids(self) -> Mapping[str, int]:
        ids = {part: self._token(*keys) for part, keys in _KEYS.items()}
        return {part: token for part, token in ids.items() if token is not None}

    def special(self, text: str) -> Sequence[int]:
        """Return [the token] of a marker, [] for a text that is not one token for sure."""
        token = self._special.get(text)
        return [] if token is None else [token]

    def eog(self) -> frozenset[int]:
        ends = (self._token(f"tokenizer.ggml.{name}_token_id") for name in _END_KEYS)
        return frozenset(token for token in ends if token is not None)

    def metadata(self) -> Mapping[str, str]:
        return {key: self._file.text(key) for key in self._file.metadata}

    def _token(self, *keys: str) -> int | None:
        for key in keys:
            token = self._file.metadata.get(key)
            if isinstance(token, int) and 0 <= token < self.n_tokens:
                return token
        return None
