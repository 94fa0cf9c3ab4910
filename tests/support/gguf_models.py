"""Small GGUF models made on the spot: a real tokeniser, a known shape, no download.

`make_gguf` writes a llama-architecture model with a byte-level BPE vocabulary that llama.cpp
tokenises as usual. Its weights are random, or, with `says`, such that greedy decoding always
writes the same pieces and then ends. Files take some hundred kilobytes and some ten milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType, TokenType

CHAT_TEMPLATE = (
    "{% for m in messages %}"
    "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
END_OF_TEXT = "<|endoftext|>"

MARKERS: Mapping[str, Mapping[str, str]] = {
    "qwen2.5-coder": {
        "pre": "<|fim_prefix|>",
        "suf": "<|fim_suffix|>",
        "mid": "<|fim_middle|>",
        "pad": "<|fim_pad|>",
        "rep": "<|repo_name|>",
        "sep": "<|file_sep|>",
    },
    "starcoder2": {
        "pre": "<fim_prefix>",
        "suf": "<fim_suffix>",
        "mid": "<fim_middle>",
        "pad": "<fim_pad>",
        "rep": "<repo_name>",
        "sep": "<file_sep>",
    },
    "deepseek-coder": {
        "pre": "<\uff5cfim▁begin\uff5c>",
        "suf": "<\uff5cfim▁hole\uff5c>",
        "mid": "<\uff5cfim▁end\uff5c>",
    },
    "codellama": {"pre": "▁<PRE>", "suf": "▁<SUF>", "mid": "▁<MID>", "eot": "▁<EOT>"},
    "codegemma": {
        "pre": "<|fim_prefix|>",
        "suf": "<|fim_suffix|>",
        "mid": "<|fim_middle|>",
        "sep": "<|file_separator|>",
    },
    "seed-coder": {"pre": "<[fim-prefix]>", "suf": "<[fim-suffix]>", "mid": "<[fim-middle]>"},
    "codestral": {"pre": "[PREFIX]", "suf": "[SUFFIX]", "mid": "[MIDDLE]"},
    "granite": {
        "pre": "<fim_prefix>",
        "suf": "<fim_suffix>",
        "mid": "<fim_middle>",
        "pad": "<fim_pad>",
        "rep": "<reponame>",
    },
    "mellum": {
        "pre": "<fim_prefix>",
        "suf": "<fim_suffix>",
        "mid": "<fim_middle>",
        "rep": "<reponame>",
        "sep": "<filename>",
    },
    "refact": {
        "pre": "<fim_prefix>",
        "suf": "<fim_suffix>",
        "mid": "<fim_middle>",
        "pad": "<fim_pad>",
        "rep": "<reponame>",
    },
}
"""Family → part → the marker's text, as in the tokenisers that the model makers published."""
MARKERS_ALIASES = {"qwen": "qwen2.5-coder", "starcoder": "starcoder2", "deepseek": "deepseek-coder"}
ARRAYS = ("tokenizer.ggml.tokens", "tokenizer.ggml.token_type", "tokenizer.ggml.merges")

PIECES = (
    *("  ", "    ", " " * 8, " " * 16, " " * 32, " " * 64, "   ", " " * 7, " " * 11, " " * 12),
    *("\n\n", "\n    ", "\n        ", "\t\t", "):\n", "():", "()", "):", '"""', "''", '""', "=="),
    *(" =", " ==", " +", " -", " *", " (", " [", " {", " #", "//", " //", ");", "};", "->", " ->"),
    *("def", " def", "class", " class", "return", " return", "import", " import", "from", " from"),
    *("self", " self", "if", " if", "else", " else", "elif", "for", " for", " in", "while", "not"),
    *(" not", "is", " is", "and", " and", "or", " or", "None", " None", "True", " True", "False"),
    *("print", "range", "len", "str", "int", "list", "dict", "name", "value", "path", "text", "x"),
    *(
        "with",
        " with",
        " as",
        "try",
        "except",
        "raise",
        "yield",
        "lambda",
        "async",
        "await",
        "pass",
    ),
    *("function", "const", "let", "var", "public", "static", "void", "new", "this", "null", "args"),
    *(
        "fn",
        "struct",
        "impl",
        "match",
        "func",
        "package",
        "type",
        "the",
        " the",
        "to",
        " to",
        " of",
    ),
    *(
        "add",
        "get",
        "set",
        "init",
        "__",
        "__init__",
        "item",
        "items",
        "index",
        "key",
        "count",
        "sum",
    ),
    *("er", "ing", "ed", "re", "on", "at", "en", "es", "al", "ar", "st", "le", "ou", "th", "ion"),
)
"""Texts that get a token of their own; 64 spaces make one longer than 32 bytes."""


@dataclass
class _Vocabulary:
    """Tokens in their GGUF spelling, with types and BPE merges in rank order."""

    tokens: list[str] = field(default_factory=list)
    types: list[int] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    _ranks: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, token: str, kind: TokenType = TokenType.NORMAL) -> int:
        if token in self.tokens:
            return self.tokens.index(token)
        self.tokens.append(token)
        self.types.append(int(kind))
        return len(self.tokens) - 1

    def learn(self, text: str) -> int:
        """Give `text` a token, by merges that leave what was learnt before as it is."""
        parts = [_LETTERS[byte] for byte in text.encode()]
        while len(parts) > 1:
            pairs = list(pairwise(parts))
            pair = min(pairs, key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if pair not in self._ranks:
                self._ranks[pair] = len(self._ranks)
                self.merges.append(" ".join(pair))
                self.add("".join(pair))
            at = pairs.index(pair)
            parts[at : at + 2] = ["".join(pair)]
        return self.tokens.index(parts[0])


def _byte_letters() -> list[str]:
    """Return the printable character that stands for each byte in byte-level BPE (GPT-2's)."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in plain]
    letters = {byte: chr(byte) for byte in plain}
    letters.update({byte: chr(256 + index) for index, byte in enumerate(others)})
    return [letters[byte] for byte in range(256)]


_LETTERS = _byte_letters()


def make_gguf(
    path: Path,
    *,
    fim: str | None = "qwen2.5-coder",
    fim_in_metadata: bool = True,
    fim_split: bool = False,
    order: str | None = None,
    chat_template: str | None = None,
    eog: Sequence[str] = ("<|im_end|>", "<EOT>"),
    says: Sequence[str] | None = None,
    d: int = 64,
    layers: int = 2,
    heads: int = 4,
    kv_heads: int = 2,
    ff: int = 128,
    context_tokens: int = 4096,
    add_bos: bool = False,
    weights: str = "F32",
    name: str = "Tiny",
    pre_tokenizer: str = "qwen2",
    metadata: Mapping[str, str | int] | None = None,
    seed: int = 0,
) -> Path:
    """Write a model to `path` and return it.

    Args:
        path: where to; folders are made.
        fim: whose infill markers (a key of `MARKERS`, or "qwen", "starcoder", "deepseek"), or
            None: the model cannot infill.
        fim_in_metadata: say the markers' ids in the metadata, else only have the tokens.
        fim_split: write the markers as ordinary text of several tokens: the vocabulary lacks them.
        order: value of `ownstack.fim.order`, if it should be there.
        chat_template: the Jinja template, such as `CHAT_TEMPLATE`.
        eog: end-of-generation tokens beside `END_OF_TEXT`, which is the EOS.
        says: pieces of text, all different, that greedy decoding writes after any prompt that
            does not end in one of them; after the last it ends. Each becomes one token.
        d: width, a multiple of `heads` (and of 32 for quantised weights).
        layers: number of blocks.
        heads: attention heads.
        kv_heads: key and value heads, a divisor of `heads`.
        ff: width of the feed-forward part.
        context_tokens: context the model claims to be trained for.
        add_bos: whether prompts begin with the BOS token (`END_OF_TEXT`, as with StarCoder).
        weights: a name of GGMLQuantizationType: "F32", "F16", "Q8_0", "Q4_0".
        name: `general.name`.
        pre_tokenizer: how text is cut into words; a name that llama.cpp knows.
        metadata: further keys.
        seed: of the random weights.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name(name)
    writer.add_context_length(context_tokens)
    writer.add_embedding_length(d)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ff)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(d // heads)

    vocabulary = _Vocabulary()
    for letter in _LETTERS:
        vocabulary.add(letter)
    for piece in (*PIECES, *(says or ())):
        vocabulary.learn(piece)
    end = vocabulary.add(END_OF_TEXT, TokenType.CONTROL)
    ends = [vocabulary.add(token, TokenType.CONTROL) for token in eog]
    if chat_template is not None:
        vocabulary.add("<|im_start|>", TokenType.CONTROL)
        writer.add_chat_template(chat_template)
    if fim is not None:
        _add_markers(writer, vocabulary, fim, fim_in_metadata, fim_split)
    if order is not None:
        writer.add_string("ownstack.fim.order", order)
    for key, value in (metadata or {}).items():
        if isinstance(value, int):
            writer.add_uint32(key, value)
        else:
            writer.add_string(key, value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre_tokenizer)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(end)
    writer.add_eos_token_id(end)
    if ends:
        writer.add_eot_token_id(ends[0])
    writer.add_add_bos_token(add_bos)

    script = [vocabulary.learn(piece) for piece in says] + [end] if says else None
    _Weights(writer, GGMLQuantizationType[weights], np.random.default_rng(seed)).add(
        len(vocabulary.tokens), d=d, layers=layers, kv_d=d // heads * kv_heads, ff=ff, script=script
    )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_markers(
    writer: gguf.GGUFWriter, vocabulary: _Vocabulary, fim: str, in_metadata: bool, split: bool
) -> None:
    parts = MARKERS[MARKERS_ALIASES.get(fim, fim)]
    for part, marker in parts.items():
        if split:
            continue
        token = vocabulary.add(marker, TokenType.CONTROL)
        if in_metadata and part != "eot":
            writer.add_uint32(f"tokenizer.ggml.fim_{part}_token_id", token)


@dataclass
class _Weights:
    """Adds the tensors of a llama model; those of equal shape share their random numbers."""

    writer: gguf.GGUFWriter
    kind: GGMLQuantizationType
    random: np.random.Generator

    def add(
        self, n: int, *, d: int, layers: int, kv_d: int, ff: int, script: list[int] | None
    ) -> None:
        embedding = self._random((n, d))
        output = self._random((n, d))
        if script is not None:
            embedding, output = _script_matrices(self.random, n, d, script)
        self._matrix("token_embd.weight", embedding)
        self._matrix("output.weight", output)
        self.writer.add_tensor("output_norm.weight", np.ones(d, np.float32))
        # Without an output, attention and feed-forward leave what the embedding said.
        silent = script is not None
        shapes = {
            "attn_q": (d, d),
            "attn_k": (kv_d, d),
            "attn_v": (kv_d, d),
            "attn_output": (d, d),
            "ffn_gate": (ff, d),
            "ffn_up": (ff, d),
            "ffn_down": (d, ff),
        }
        for layer in range(layers):
            for part, shape in shapes.items():
                zero = silent and part in ("attn_output", "ffn_down")
                matrix = np.zeros(shape, np.float32) if zero else self._random(shape)
                self._matrix(f"blk.{layer}.{part}.weight", matrix)
            for norm in ("attn_norm", "ffn_norm"):
                self.writer.add_tensor(f"blk.{layer}.{norm}.weight", np.ones(d, np.float32))

    def _random(self, shape: tuple[int, int]) -> np.ndarray:
        return self.random.standard_normal(shape, dtype=np.float32) * np.float32(0.1)

    def _matrix(self, name: str, values: np.ndarray) -> None:
        if self.kind == GGMLQuantizationType.F32:
            self.writer.add_tensor(name, values)
        else:
            data = gguf.quants.quantize(values, self.kind)
            self.writer.add_tensor(name, data, raw_dtype=self.kind)


def _script_matrices(
    random: np.random.Generator, n: int, d: int, script: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return embedding and output such that each token of `script` leads to the next.

    One dimension is the same for all tokens and speaks for the script's first token; each
    token of the script has a dimension of its own that speaks louder for its successor.
    """
    if len(set(script)) != len(script):
        raise ValueError("the pieces that a model says must all be different")
    if len(script) + 1 > d:
        raise ValueError(f"a model of width {d} can say {d - 2} pieces at most")
    embedding = random.standard_normal((n, d), dtype=np.float32) * np.float32(0.001)
    output = random.standard_normal((n, d), dtype=np.float32) * np.float32(0.001)
    embedding[:, 0] = 1.0
    output[script[0], 0] = 4.0
    for index, (token, following) in enumerate(pairwise(script)):
        embedding[token, index + 1] = 2.0
        output[following, index + 1] = 8.0
    return embedding, output


def vocabulary_only(path: Path) -> Path:
    """Write a file that holds a small vocabulary with infill markers, and no weights."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("vocabulary")
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["a", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"])
    writer.add_token_types([TokenType.NORMAL, *[TokenType.CONTROL] * 3])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    return path


def truncated(path: Path, size_bytes: int) -> Path:
    """Cut the file to its first `size_bytes` (negative: that many off the end)."""
    data = path.read_bytes()
    path.write_bytes(data[:size_bytes])
    return path


def corrupted(path: Path, change: Callable[[bytearray], None]) -> Path:
    """Rewrite the file after `change` has been at its bytes."""
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(bytes(data))
    return path
