"""An adapter as llama.cpp reads it: a GGUF file of pairs of matrices, by the names of tensors.

The format is that of llama.cpp's convert_lora_to_gguf.py: `NAME.weight.lora_a` is [rank, in] and
`NAME.weight.lora_b` is [out, rank]; what is added to a weight is alpha / rank · B · A.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from ownstack.learning.training.base import Shape
from ownstack.learning.training.plan import TrainingError

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LoraPair:
    """What is learned of one module: float32[rank, in] and float32[out, rank]."""

    a: Floats
    b: Floats


@dataclass(frozen=True, slots=True)
class LoraWeights:
    """An adapter: modules as transformers calls them, such as `model.layers.0.mlp.up_proj`."""

    pairs: Mapping[str, LoraPair]
    alpha: float

    @property
    def rank(self) -> int:
        return int(next(iter(self.pairs.values())).a.shape[0])


def write_adapter(path: Path, weights: LoraWeights, shape: Shape, name: str) -> None:
    """Write an adapter, A as float16 and B as float32.

    llama.cpp multiplies by the wide, flat B in float16 slower than it reads twice the bytes: one of
    rank 16 on all projections leaves 0.83 of the speed in float16, and 0.92 so (coder-0.5b,
    processor time of one thread while it writes).

    Raises:
        OSError: the disk refuses it.
    """
    names = _tensor_names(shape)
    writer = gguf.GGUFWriter(path, shape.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, weights.alpha)
    writer.add_name(name)
    for module, pair in weights.pairs.items():
        tensor = names[module]
        b = permuted(pair.b, shape.permutes(module))
        writer.add_tensor(f"{tensor}.weight.lora_a", pair.a.astype(np.float16))
        writer.add_tensor(f"{tensor}.weight.lora_b", b)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def read_adapter(path: Path, shape: Shape) -> LoraWeights:
    """Read what `write_adapter`, or llama.cpp's converter, has written for such a model.

    Raises:
        TrainingError: it is no adapter, or one of another model.
    """
    try:
        reader = gguf.GGUFReader(path)
        alpha = float(reader.fields[gguf.Keys.Adapter.LORA_ALPHA].contents())
        found = {tensor.name: tensor for tensor in reader.tensors}
        said = reader.fields["general.architecture"].contents()
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise TrainingError(f"{path.name} is no adapter: {error}.", "Train it anew.") from error
    if said != shape.architecture:
        raise TrainingError(
            f"{path.name} is an adapter for {said}, the model is {shape.architecture}.",
            "Choose an adapter of this model: ownstack learn status shows them.",
        )
    pairs: dict[str, LoraPair] = {}
    for module, tensor in _tensor_names(shape).items():
        a, b = (found.get(f"{tensor}.weight.lora_{part}") for part in "ab")
        if a is None or b is None:
            continue
        heads = shape.permutes(module)
        pairs[module] = LoraPair(
            gguf.dequantize(a.data, a.tensor_type),
            permuted(gguf.dequantize(b.data, b.tensor_type), heads, back=True),
        )
    if len(pairs) * 2 != len(found):
        raise TrainingError(
            f"{path.name} changes parts that this model does not have.", "Train it anew."
        )
    return LoraWeights(pairs, alpha)


def permuted(rows: Floats, heads: int, *, back: bool = False) -> Floats:
    """Return rows in the order in which llama.cpp keeps those of query and key, or back."""
    if not heads:
        return rows
    half = rows.shape[0] // heads // 2
    split = (heads, half, 2) if back else (heads, 2, half)
    ordered: Floats = rows.reshape(*split, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)
    return ordered


def _tensor_names(shape: Shape) -> dict[str, str]:
    """Return module → tensor of all that an adapter may change."""
    kinds = {name: number for number, name in gguf.MODEL_ARCH_NAMES.items()}
    table = gguf.get_tensor_name_map(kinds[shape.architecture], shape.layers)
    mlp = (
        ("c_fc", "c_proj")
        if shape.architecture == "starcoder2"
        else ("gate_proj", "up_proj", "down_proj")
    )
    modules = (*(f"self_attn.{part}_proj" for part in "qkvo"), *(f"mlp.{part}" for part in mlp))
    names: dict[str, str] = {}
    for layer in range(shape.layers):
        for module in modules:
            full = f"model.layers.{layer}.{module}"
            tensor = table.get_name(full)
            if tensor is not None:
                names[full] = tensor
    return names
