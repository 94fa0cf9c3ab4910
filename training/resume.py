"""A shipped GGUF → a checkpoint to train on from: `python -m training.resume GGUF --work W`.

For when the work folder is lost. The weights are as exact as the file's (Q8_0), the optimiser
starts afresh, and the run goes on at the next row. The file's tokenizer is written to W, or, if
one is there, must be the same: a corpus that was tokenised otherwise would teach it nonsense.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from gguf import GGUFReader
from numpy.typing import NDArray
from tokenizers import Tokenizer, models

from training.checkpoint import Progress
from training.export import TRAINING
from training.model import CONFIGS, InfillModel, ModelConfig
from training.tokenizer import SPECIAL_TOKENS, empty_tokenizer
from training.work import add_work_option, work_folder, write_atomically


def value(reader: GGUFReader, key: str) -> Any:
    """One value of the metadata.

    Raises:
        ValueError: the file does not say it.
    """
    field = reader.get_field(key)
    if field is None:
        raise ValueError(f"The file says no {key}: training.export did not write it.")
    return field.contents()


def config_of(reader: GGUFReader) -> ModelConfig:
    def of(key: str) -> int:
        return int(value(reader, f"llama.{key}"))

    return ModelConfig(
        vocabulary=of("vocab_size"),
        width=of("embedding_length"),
        layers=of("block_count"),
        heads=of("attention.head_count"),
        kv_heads=of("attention.head_count_kv"),
        hidden=of("feed_forward_length"),
        rope_base=float(value(reader, "llama.rope.freq_base")),
    )


def progress_of(reader: GGUFReader) -> Progress:
    """Where the run stood; a finishing phase is over, and the rate is the constant one again."""

    def of(key: str) -> int:
        return int(value(reader, f"{TRAINING}.{key}"))

    return Progress(
        step=of("steps"),
        row=of("rows"),
        tokens=of("tokens"),
        seed=of("seed"),
        running_s=float(of("seconds")),
    )


def halved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix from llama.cpp's pair order to half-split RoPE order."""
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return pairs.swapaxes(1, 2).reshape(rows, columns)


def weights_of(reader: GGUFReader, config: ModelConfig) -> dict[str, NDArray[np.float32]]:
    """The weights by our names: `training.export.tensors` backwards."""
    named = {
        tensor.name.removesuffix(".weight"): gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        for tensor in reader.tensors
    }
    state = {"embedding.weight": named["token_embd"], "norm.weight": named["output_norm"]}
    for i in range(config.layers):
        ours, theirs = f"blocks.{i}.", f"blk.{i}."
        key = halved(named[theirs + "attn_k"], config.kv_heads)
        gate, up = named[theirs + "ffn_gate"], named[theirs + "ffn_up"]
        state |= {
            ours + "attention_norm.weight": named[theirs + "attn_norm"],
            ours + "query.weight": halved(named[theirs + "attn_q"], config.heads),
            ours + "key_value.weight": np.concatenate((key, named[theirs + "attn_v"])),
            ours + "output.weight": named[theirs + "attn_output"],
            ours + "ffn_norm.weight": named[theirs + "ffn_norm"],
            ours + "gate_up.weight": np.concatenate((gate, up)),
            ours + "down.weight": named[theirs + "ffn_down"],
        }
    return state


def tokenizer_of(reader: GGUFReader) -> Tokenizer:
    tokens = value(reader, "tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ")) for merge in value(reader, "tokenizer.ggml.merges")]
    tokenizer = empty_tokenizer()
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer.model = models.BPE(vocabulary, merges, ignore_merges=True)
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    return tokenizer


def keep_tokenizer(tokenizer: Tokenizer, path: Path) -> None:
    """Write it, unless the same one is there.

    Raises:
        ValueError: another one is there.
    """
    if not path.exists():
        write_atomically(path, lambda scratch: tokenizer.save(str(scratch)))
    elif Tokenizer.from_file(str(path)).to_str() != tokenizer.to_str():
        raise ValueError(
            f"{path} is another tokenizer than the file's. Remove it and {path.parent / 'tokens'}, "
            "run this again, then training.tokens."
        )


def resume(source: Path, work: Path, name: str | None = None) -> Path:
    """Write the checkpoint and the tokenizer; the checkpoint's path.

    Raises:
        ValueError: the run has a checkpoint, or the file or the tokenizer does not fit.
    """
    reader = GGUFReader(source)
    config, progress = config_of(reader), progress_of(reader)
    known = next((known for known, other in CONFIGS.items() if other == config), None)
    if known is None:
        raise ValueError(f"{source} is of no configuration in training.model: {config}.")
    target = work / "runs" / (name or known) / "last.pt"
    if target.exists():
        raise ValueError(f"{target} is there already. Give another --name, or remove it.")
    weights = weights_of(reader, config)
    model = {name: torch.from_numpy(np.array(weight)) for name, weight in weights.items()}
    InfillModel(config).load_state_dict(model)  # Or it would be found out only by the run.
    keep_tokenizer(tokenizer_of(reader), work / "tokenizer.json")
    state = {"config": asdict(config), "model": model, "progress": asdict(progress)}
    write_atomically(target, lambda scratch: torch.save(state, scratch))
    return target


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("--name", default=None, help="run folder (default: the config's name)")
    add_work_option(parser)
    arguments = parser.parse_args()
    try:
        target = resume(arguments.gguf, work_folder(arguments.work), arguments.name)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{target}: go on with training/cpu.sh or training/gpu.sh")
    return 0


if __name__ == "__main__":
    sys.exit(main())
