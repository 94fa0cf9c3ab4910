"""A model of realistic size whose weights are noise: real cost, meaningless text."""

from __future__ import annotations

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

WIDTH, FEED_FORWARD, LAYERS, HEADS, KV_HEADS = 768, 2048, 10, 12, 4
VOCABULARY = 49_152
"""With these, 101 million parameters, as StarCoder's vocabulary would give."""


def make_101m(path: Path, vocabulary_of: Path) -> None:
    """Write a 101-million-parameter Q8_0 GGUF that speaks the tokenizer of another one.

    The vocabulary is padded with words that nothing is split into, so that the output layer
    costs what it does in a real model of this size.
    """
    writer = GGUFWriter(path, "llama")
    writer.add_name("random-101m")
    writer.add_context_length(8192)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    control = _copy_tokenizer(GGUFReader(vocabulary_of), writer)
    writer.add_chat_template(
        "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}assistant:"
    )
    _add_weights(writer, control)
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


def _add_weights(writer: GGUFWriter, control: list[int]) -> None:
    """Add noise; a zero row for each control token, so that an answer does not end by chance."""
    noise = np.random.default_rng(0)
    made: dict[tuple[int, int], np.ndarray] = {}

    def add(name: str, rows: int, columns: int) -> None:
        # Layers share their noise: the cost is the same and the file is made in a second.
        if (rows, columns) not in made:
            weights = noise.standard_normal((rows, columns), dtype=np.float32) * 0.02
            if rows == VOCABULARY:
                weights[control] = 0.0
            made[rows, columns] = quants.quantize(weights, GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, made[rows, columns], raw_dtype=GGMLQuantizationType.Q8_0)

    ones = np.ones(WIDTH, np.float32)
    kv_width = WIDTH // HEADS * KV_HEADS
    add("token_embd.weight", VOCABULARY, WIDTH)
    writer.add_tensor("output_norm.weight", ones)
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        writer.add_tensor(block + "attn_norm.weight", ones)
        writer.add_tensor(block + "ffn_norm.weight", ones)
        add(block + "attn_q.weight", WIDTH, WIDTH)
        add(block + "attn_k.weight", kv_width, WIDTH)
        add(block + "attn_v.weight", kv_width, WIDTH)
        add(block + "attn_output.weight", WIDTH, WIDTH)
        add(block + "ffn_gate.weight", FEED_FORWARD, WIDTH)
        add(block + "ffn_up.weight", FEED_FORWARD, WIDTH)
        add(block + "ffn_down.weight", WIDTH, FEED_FORWARD)
