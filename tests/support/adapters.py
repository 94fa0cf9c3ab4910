"""LoRA adapters made on the spot for any GGUF model: random ones, or ones that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGUFReader, GGUFWriter
from numpy.typing import NDArray

ALL_MODULES = (
    *("attn_q", "attn_k", "attn_v", "attn_output"),
    *("ffn_gate", "ffn_up", "ffn_down"),
)


def make_adapter(
    path: Path,
    base: Path,
    *,
    rank: int = 4,
    seed: int = 0,
    modules: Sequence[str] = ALL_MODULES,
    strength: float = 0.5,
    alpha: float | None = None,
    architecture: str | None = None,
    dtype: type[np.floating[Any]] = np.float16,
    b_dtype: type[np.floating[Any]] | None = None,
) -> Path:
    """Write an adapter for the model in `base`; return `path`.

    `strength` is about how much a module's output is changed by, as a share of its own size; 0
    writes an adapter of zeros (its `lora_b`), as one is before training. Another seed is another
    adapter. `alpha` is the rank, so that nothing is scaled, unless it is given. One whose `lora_b`
    alone is of float32 is used as it is, not folded.
    """
    found = _shapes(base)
    rng = np.random.default_rng(seed)
    writer = GGUFWriter(path, architecture or found.architecture)
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string(gguf.Keys.Adapter.TYPE, "lora")
    writer.add_float32(gguf.Keys.Adapter.LORA_ALPHA, float(rank if alpha is None else alpha))
    for name, (n_in, n_out) in found.matrices.items():
        if name.split(".")[-2] not in modules:
            continue
        a = rng.standard_normal((rank, n_in)) / np.sqrt(n_in)
        b = rng.standard_normal((n_out, rank)) * strength / np.sqrt(rank)
        writer.add_tensor(f"{name}.lora_a", a.astype(dtype))
        writer.add_tensor(f"{name}.lora_b", b.astype(b_dtype or dtype))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


class _Shapes:
    def __init__(self, base: Path) -> None:
        reader = GGUFReader(base)
        field = reader.fields["general.architecture"]
        self.architecture = bytes(field.parts[field.data[0]]).decode()
        self.matrices: dict[str, tuple[int, int]] = {}
        """Name of a tensor that is a matrix in a block → what goes in, what comes out."""
        for tensor in reader.tensors:
            if tensor.name.startswith("blk.") and len(tensor.shape) == 2:
                self.matrices[tensor.name] = (int(tensor.shape[0]), int(tensor.shape[1]))


@cache
def _shapes(base: Path) -> _Shapes:
    return _Shapes(base)


def tensors(path: Path) -> dict[str, NDArray[Any]]:
    """Return what an adapter holds, by the names of its tensors."""
    return {tensor.name: np.array(tensor.data) for tensor in GGUFReader(path).tensors}
