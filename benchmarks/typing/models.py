"""A model of realistic size whose weights are noise: real cost, meaningless text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from gguf import (
    GGMLQuantizationType,
    GGUFReader,
    GGUFValueType,
    GGUFWriter,
    TokenType,
    quants,
)

VOCABULARY = 49_152
"""What a smaller vocabulary is padded to; StarCoder's."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The widths of a model of the Llama architecture."""

    width: int
    feed_forward: int
    layers: int
    heads: int
    kv_heads: int

    @property
    def kv_width(self) -> int:
        return self.width // self.heads * self.kv_heads

    def parameters(self, vocabulary: int) -> int:
        """Count the weights, embedding and output being the same."""
        attention = 2 * self.width * (self.width + self.kv_width)
        return vocabulary * self.width + self.layers * (
            attention + 3 * self.width * self.feed_forward
        )


def shape_for(vocabulary: int) -> Shape:
    """Return the shape of about 101 million parameters with this vocabulary.

    One of three times StarCoder's size, such as Qwen's, takes more for its embedding alone where
    it is as wide.
    """
    if vocabulary <= VOCABULARY:
        return Shape(768, 2_048, 10, 12, 4)
    return Shape(512, 1_344, 8, 8, 4)


def make_101m(path: Path, vocabulary_of: Path) -> None:
    """Write a 101-million-parameter Q8_0 GGUF that speaks the tokenizer of another one.

    A small vocabulary is padded with words that nothing is split into, so that the output layer
    costs what it does in a real model of this size.
    """
    reader = GGUFReader(vocabulary_of)
    vocabulary = max(VOCABULARY, len(reader.fields["tokenizer.ggml.tokens"].data))
    shape = shape_for(vocabulary)
    writer = GGUFWriter(path, "llama")
    writer.add_name("random-101m")
    writer.add_context_length(8192)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    control = _copy_tokenizer(reader, writer)
    writer.add_chat_template(
        "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant:"
    )
    _add_weights(writer, control, shape, vocabulary)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_tokenizer(reader: GGUFReader, writer: GGUFWriter) -> list[int]:
    """Copy all that describes the tokenizer; return the ids of the control tokens."""
    control: list[int] = []
    for key, field in reader.fields.items():
        if not key.startswith("tokenizer.") or key == "tokenizer.chat_template":
            continue
        kind = field.types[0]
        value = field.contents()
        if key == "tokenizer.ggml.tokens":
            value = value + [f"word{i}" for i in range(len(value), VOCABULARY)]
        elif key == "tokenizer.ggml.token_type":
            control = [token for token, kind_ in enumerate(value) if kind_ == TokenType.CONTROL]
            value = value + [int(TokenType.NORMAL)] * (VOCABULARY - len(value))
        elif key == "tokenizer.ggml.scores":
            value = value + [0.0] * (VOCABULARY - len(value))
        if kind == GGUFValueType.ARRAY:
            writer.add_array(key, value)
        else:
            writer.add_key_value(key, value, kind)
    return control


def _add_weights(writer: GGUFWriter, control: list[int], shape: Shape, vocabulary: int) -> None:
    """Add noise; a zero row for each control token, so that an answer does not end by chance."""
    noise = np.random.default_rng(0)
    made: dict[tuple[int, int], np.ndarray] = {}

    def add(name: str, rows: int, columns: int) -> None:
        # Layers share their noise: the cost is the same and the file is made in a second.
        if (rows, columns) not in made:
            weights = noise.standard_normal((rows, columns), dtype=np.float32) * 0.02
            if rows == vocabulary:
                weights[control] = 0.0
            made[rows, columns] = quants.quantize(weights, GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, made[rows, columns], raw_dtype=GGMLQuantizationType.Q8_0)

    width, kv_width = shape.width, shape.kv_width
    ones = np.ones(width, np.float32)
    add("token_embd.weight", vocabulary, width)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(shape.layers):
        block = f"blk.{layer}."
        writer.add_tensor(block + "attn_norm.weight", ones)
        writer.add_tensor(block + "ffn_norm.weight", ones)
        add(block + "attn_q.weight", width, width)
        add(block + "attn_k.weight", kv_width, width)
        add(block + "attn_v.weight", kv_width, width)
        add(block + "attn_output.weight", width, width)
        add(block + "ffn_gate.weight", shape.feed_forward, width)
        add(block + "ffn_up.weight", shape.feed_forward, width)
        add(block + "ffn_down.weight", width, shape.feed_forward)
