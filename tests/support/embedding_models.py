"""Small GGUF models that only embed: encoders of BERT's kind, made on the spot.

They have no decoder, no chat template and no infill markers, as the embedding models that people
have. Words of their vocabulary have vectors of their own, so that texts with the same words are
near each other.
"""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
from gguf import TokenType

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (
    *("def", "class", "return", "import", "send", "order", "part", "number", "shop", "client"),
    *("main", "buy", "read", "file"),
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_().,:='\"#"


def make_encoder(path: Path, *, d: int = 32, layers: int = 2, context_tokens: int = 128) -> Path:
    """Write a model to `path` and return it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer, random, ff = gguf.GGUFWriter(str(path), "bert"), np.random.default_rng(0), 2 * d
    writer.add_name("Tiny encoder")
    writer.add_context_length(context_tokens)
    writer.add_embedding_length(d)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(ff)
    writer.add_head_count(4)
    writer.add_layer_norm_eps(1e-12)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    tokens = [*SPECIAL, *(f"▁{word}" for word in (*WORDS, *_LETTERS)), *_LETTERS]
    writer.add_tokenizer_model("bert")
    writer.add_token_list(tokens)
    writer.add_token_types(
        [TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL for token in tokens]
    )
    writer.add_token_type_count(2)
    writer.add_pad_token_id(0)
    writer.add_unk_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(3)
    writer.add_sep_token_id(3)
    writer.add_mask_token_id(4)

    def add(name: str, *shape: int, scale: float = 0.02) -> None:
        values = random.standard_normal(shape, dtype=np.float32) * np.float32(scale)
        writer.add_tensor(f"{name}.weight", values)

    def add_norm(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(d, np.float32))
        writer.add_tensor(f"{name}.bias", np.zeros(d, np.float32))

    add("token_embd", len(tokens), d, scale=1.0)
    add("token_types", 2, d)
    add("position_embd", context_tokens, d)
    add_norm("token_embd_norm")
    for layer in range(layers):
        shapes = {"attn_q": (d, d), "attn_k": (d, d), "attn_v": (d, d), "attn_output": (d, d)}
        shapes |= {"ffn_up": (ff, d), "ffn_down": (d, ff)}
        for part, shape in shapes.items():
            add(f"blk.{layer}.{part}", *shape)
            writer.add_tensor(f"blk.{layer}.{part}.bias", np.zeros(shape[0], np.float32))
        add_norm(f"blk.{layer}.attn_output_norm")
        add_norm(f"blk.{layer}.layer_output_norm")
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
