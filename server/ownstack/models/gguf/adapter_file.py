"""What a file must be to be given to llama.cpp as an adapter: read with distrust.

llama.cpp refuses by itself what does not fit the model (another architecture, shapes of another
one). It ends the process on values of a type that it does not expect, on matrices for tensors
that its graphs use otherwise, and on dimensions and number formats that it cannot multiply: so
only what a trainer of this program writes is let through. Numbers that are not finite would make
every answer noise.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.errors import AdapterError, ModelError
from ownstack.models.gguf import gguf_file
from ownstack.models.gguf.gguf_file import GgufFile, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_BYTES = 2 * 1024**3
MAX_RANK = 1_024
TENSOR = re.compile(
    r"(?P<weight>(?:blk\.\d{1,4}\.(?:attn_q|attn_k|attn_v|attn_qkv|attn_output"
    r"|ffn_gate|ffn_up|ffn_down)|output)\.weight)\.lora_(?P<side>[ab])"
)
"""Matrices of every layer, and the last one; those of experts and of embeddings are others."""
F32, F16, BF16 = 0, 1, 30
_EXPONENTS = {F32: 0x7F80_0000, F16: 0x7C00, BF16: 0x7F80}
"""Number format → the bits that are all set where a number is not finite."""


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """What an adapter's file says about itself, once it was found to be sound."""

    path: Path
    architecture: str
    rank: int
    alpha: float
    """What is added is multiplied by this over the rank."""
    weights: tuple[str, ...]
    """The base's tensors that it adds to."""
    size_bytes: int


def read(path: Path, *, architecture: str = "") -> AdapterFile:
    """Read and check an adapter; all of it is read, so it takes milliseconds per 10 MB.

    Raises:
        AdapterError: it cannot be used, or not with a model of the `architecture`, if one is given.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _bad(path, "it is larger than 2 GiB")
        file = gguf_file.read(path)
        found = _described(file)
        if architecture and found.architecture != architecture:
            raise _bad(path, f"it is for models of the kind “{found.architecture[:40]}”")
        _check_numbers(file)
    except (OSError, ModelError) as error:
        if isinstance(error, AdapterError):
            raise
        raise _bad(path, str(getattr(error, "what", error)).rstrip(".")) from error
    return found


def _described(file: GgufFile) -> AdapterFile:
    path = file.path
    said = {key: file.metadata.get(key) for key in ("general.type", "adapter.type")}
    if said != {"general.type": "adapter", "adapter.type": "lora"}:
        raise _bad(path, "it does not say that it is one (LoRA)")
    architecture = file.metadata.get("general.architecture")
    if not isinstance(architecture, str) or not architecture:
        raise _bad(path, "it does not say what models it is for")
    alpha = file.metadata.get("adapter.lora.alpha")
    is_float = file.kinds.get("adapter.lora.alpha") == gguf_file.FLOAT32
    if not is_float or not isinstance(alpha, float) or not math.isfinite(alpha):
        raise _bad(path, "its alpha is no number")
    if any(key.startswith("adapter.alora.") for key in (*file.metadata, *file.arrays)):
        raise _bad(path, "it is one that texts switch on")
    if "general.alignment" in file.kinds:
        raise _bad(path, "it is aligned as no trainer does")
    sides = _sides(file)
    ranks = {side["a"].shape[1] for side in sides.values()}
    if len(ranks) != 1:
        raise _bad(path, "its matrices are of several ranks")
    return AdapterFile(path, architecture, ranks.pop(), alpha, tuple(sides), file.size_bytes)


def _sides(file: GgufFile) -> dict[str, dict[str, Tensor]]:
    """Return the tensors' two factors by the name of the tensor that they are for."""
    path, sides = file.path, dict[str, dict[str, Tensor]]()
    for tensor in file.tensors:
        match = TENSOR.fullmatch(tensor.name)
        if match is None:
            raise _bad(path, f"it holds “{tensor.name[:80]}”")
        if len(tensor.shape) != 2 or not all(tensor.shape):
            raise _bad(path, f"“{tensor.name}” is no matrix")
        if tensor.kind not in _EXPONENTS:
            raise _bad(path, f"“{tensor.name}” is not of F16, BF16 or F32")
        side = sides.setdefault(match["weight"], {})
        if match["side"] in side:
            raise _bad(path, f"it holds “{tensor.name}” twice")
        side[match["side"]] = tensor
    if not sides:
        raise _bad(path, "it holds nothing")
    for weight, side in sides.items():
        if len(side) != 2:
            raise _bad(path, f"a half of “{weight}” is missing")
        if not side["a"].shape[1] == side["b"].shape[0] <= MAX_RANK:
            raise _bad(path, f"the halves of “{weight}” are not of one rank")
    return sides


def _check_numbers(file: GgufFile) -> None:
    with file.path.open("rb") as opened:
        for tensor in file.tensors:
            opened.seek(tensor.offset)
            if not _finite(opened.read(tensor.size_bytes), tensor.kind):
                raise _bad(file.path, f"“{tensor.name}” holds what is no number")


def _finite(data: bytes, kind: int) -> bool:
    import numpy as np

    bits = np.dtype("<u4") if kind == F32 else np.dtype("<u2")
    exponent = bits.type(_EXPONENTS[kind])
    values: NDArray[Any] = np.frombuffer(data, bits)
    return not bool(((values & exponent) == exponent).any())


def _bad(path: Path, why: str) -> AdapterError:
    # All adapters are called alike: the folder is what tells them apart.
    return AdapterError(
        f"{path.parent.name}/{path.name} cannot be used as an adapter: {why}.",
        "Train it anew, or remove it: ownstack learn status",
    )
