"""Checkpoint and tokenizer → GGUF: `python -m training.export CHECKPOINT OUT [--type q8_0]`.

The file says how it wants to be asked: `tokenizer.ggml.fim_*_token_id`, and `ownstack.fim.order`
= "spm" (suffix before prefix). It also says what it learned from, under which licence it may be
used, and how far it was trained (`ownstack.training.*`), so that `training.resume` can go on from
the file alone. Metadata names: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

from training.checkpoint import Progress
from training.model import InfillModel, ModelConfig
from training.tokenizer import EOT, FILE_SEP, FIM_MID, FIM_PAD, FIM_PRE, FIM_SUF, REPO
from training.work import add_work_option, work_folder, write_atomically

FILE_TYPES = {
    "f32": (Type.F32, gguf.LlamaFileType.ALL_F32),
    "f16": (Type.F16, gguf.LlamaFileType.MOSTLY_F16),
    "q8_0": (Type.Q8_0, gguf.LlamaFileType.MOSTLY_Q8_0),
}
FIM_KEYS = {
    "fim_pre": FIM_PRE,
    "fim_suf": FIM_SUF,
    "fim_mid": FIM_MID,
    "fim_pad": FIM_PAD,
    "fim_rep": REPO,
    "fim_sep": FILE_SEP,
}
NAME = "ownstack-infill"
LICENCE = "mit"
TRAINING = "ownstack.training"

WINDOW = 704
"""Tokens. Room for a prompt of 512, as long as the rows that were learned from, and an answer:
positions far beyond are ones the network has never seen."""


def description(manifest: dict[str, dict[str, dict[str, int]]], tokens: int) -> str:
    """What the network is and what it learned from, in two sentences."""
    chars = {name: row["chars"] for name, row in manifest["training"].items()}
    shares = ", ".join(f"{name} {count / 1e6:.0f}M" for name, count in sorted(chars.items()))
    return (
        f"Small infill network of Ownstack, trained from scratch on {tokens / 1e6:.1f}M tokens of "
        f"permissively licensed source code (characters available: {shares}). "
        "Packages, versions and licences: training/sources.toml; no user data."
    )


def devices(journal: Path) -> str:
    """What the run's log says it ran on, "" without a log."""
    if not journal.exists():
        return ""
    events = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
    builds = [event["torch"] for event in events if event["event"] == "start"]
    return ", ".join(dict.fromkeys("CPU" if "+cpu" in build else "GPU" for build in builds))


def add_progress(writer: gguf.GGUFWriter, progress: Progress, device: str) -> None:
    writer.add_uint64(f"{TRAINING}.tokens", progress.tokens)
    writer.add_uint64(f"{TRAINING}.steps", progress.step)
    writer.add_uint64(f"{TRAINING}.rows", progress.row)
    writer.add_uint64(f"{TRAINING}.seed", progress.seed)
    writer.add_uint64(f"{TRAINING}.seconds", round(progress.running_s))
    writer.add_float32(f"{TRAINING}.hours", progress.running_s / 3_600)
    writer.add_string(f"{TRAINING}.device", device)


def add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Path) -> None:
    data = json.loads(tokenizer.read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = data["model"]["vocab"]
    special = {token["id"] for token in data["added_tokens"]}
    merges = [m if isinstance(m, str) else " ".join(m) for m in data["model"]["merges"]]
    kinds = [
        gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL
        for i in range(len(vocabulary))
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("tekken")
    writer.add_token_list(sorted(vocabulary, key=vocabulary.__getitem__))
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(EOT)
    writer.add_eos_token_id(EOT)
    writer.add_eot_token_id(EOT)
    writer.add_pad_token_id(FIM_PAD)
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)
    for key, token in FIM_KEYS.items():
        writer.add_uint32(f"tokenizer.ggml.{key}_token_id", token)
    writer.add_string("ownstack.fim.order", "spm")


def add_architecture(writer: gguf.GGUFWriter, config: ModelConfig) -> None:
    writer.add_context_length(WINDOW)
    writer.add_embedding_length(config.width)
    writer.add_block_count(config.layers)
    writer.add_feed_forward_length(config.hidden)
    writer.add_head_count(config.heads)
    writer.add_head_count_kv(config.kv_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_rope_dimension_count(config.head_width)
    writer.add_vocab_size(config.vocabulary)


def interleaved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix from half-split RoPE order to llama.cpp's pair order."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def tensors(model: InfillModel) -> dict[str, NDArray[np.float32]]:
    """The weights by their GGUF names; the output matrix is the embedding."""
    config = model.config
    state = {name: value.float().numpy() for name, value in model.state_dict().items()}
    kv_width = config.kv_heads * config.head_width
    named = {
        "token_embd.weight": state["embedding.weight"],
        "output_norm.weight": state["norm.weight"],
    }
    for i in range(config.layers):
        ours, theirs = f"blocks.{i}.", f"blk.{i}."
        key_value, gate_up = state[ours + "key_value.weight"], state[ours + "gate_up.weight"]
        named |= {
            theirs + "attn_norm.weight": state[ours + "attention_norm.weight"],
            theirs + "attn_q.weight": interleaved(state[ours + "query.weight"], config.heads),
            theirs + "attn_k.weight": interleaved(key_value[:kv_width], config.kv_heads),
            theirs + "attn_v.weight": key_value[kv_width:],
            theirs + "attn_output.weight": state[ours + "output.weight"],
            theirs + "ffn_norm.weight": state[ours + "ffn_norm.weight"],
            theirs + "ffn_gate.weight": gate_up[: config.hidden],
            theirs + "ffn_up.weight": gate_up[config.hidden :],
            theirs + "ffn_down.weight": state[ours + "down.weight"],
        }
    return named


def finish(writer: gguf.GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_model(
    path: Path,
    model: InfillModel,
    tokenizer: Path,
    kind: str,
    statement: str,
    progress: Progress | None = None,
    device: str = "",
) -> None:
    tensor_type, file_type = FILE_TYPES[kind]

    def fill(scratch: Path) -> None:
        writer = gguf.GGUFWriter(scratch, "llama")
        writer.add_name(NAME)
        writer.add_license(LICENCE)
        writer.add_description(statement)
        writer.add_file_type(file_type)
        add_architecture(writer, model.config)
        add_tokenizer(writer, tokenizer)
        add_progress(writer, progress or Progress(), device)
        for name, weight in tensors(model).items():
            if weight.ndim == 1:
                writer.add_tensor(name, weight)
            else:
                packed = gguf.quants.quantize(np.ascontiguousarray(weight), tensor_type)
                writer.add_tensor(name, packed, raw_dtype=tensor_type)
        finish(writer)

    write_atomically(path, fill)


def write_vocabulary(path: Path, tokenizer: Path) -> None:
    """A GGUF without weights, enough for llama.cpp's `vocab_only`."""

    def fill(scratch: Path) -> None:
        writer = gguf.GGUFWriter(scratch, "llama")
        count = len(json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"])
        add_architecture(writer, ModelConfig(vocabulary=count))
        add_tokenizer(writer, tokenizer)
        finish(writer)

    write_atomically(path, fill)


def main() -> int:
    from training.checkpoint import load_model

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=sorted(FILE_TYPES), default="q8_0")
    parser.add_argument("--device", help="what it was trained on (default: as the run's log says)")
    add_work_option(parser)
    arguments = parser.parse_args()
    work = work_folder(arguments.work)
    model, progress = load_model(arguments.checkpoint)
    manifest = json.loads((work / "corpus" / "manifest.json").read_text(encoding="utf-8"))
    statement = description(manifest, progress.tokens)
    journal = arguments.checkpoint.with_name("log.jsonl")
    device = arguments.device or devices(journal)
    tokenizer = work / "tokenizer.json"
    write_model(arguments.out, model, tokenizer, arguments.type, statement, progress, device)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB, step {progress.step}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
