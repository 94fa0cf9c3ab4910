"""Weights in small files, for a machine that gives back a few of 16 MiB each.

    python -m training.parts split CHECKPOINT FOLDER      weights → FOLDER/weights-0.bin, …
    python -m training.parts join FOLDER CHECKPOINT       and back

Matrices travel as Q8_0 (blocks of 32: one float16 scale and 32 int8), 1.06 bytes a parameter,
which is what the shipped file holds anyway. The optimiser's state does not travel: a run that goes
on from a joined checkpoint starts it afresh.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from training.checkpoint import read
from training.work import write_atomically

BLOCK = 32
PART_BYTES = 15 * 2**20
MAX_PARTS = 8


def quantised(weight: NDArray[np.float32]) -> bytes:
    """float16 scales of all blocks, then int8 values; the last dimension is a multiple of 32."""
    blocks = weight.reshape(-1, BLOCK)
    scale = (np.abs(blocks).max(1, keepdims=True) / 127).astype(np.float16)
    inverse = np.divide(1, scale, where=scale > 0, out=np.zeros_like(scale, np.float32))
    values = np.clip(np.rint(blocks * inverse), -127, 127).astype(np.int8)
    return scale.tobytes() + values.tobytes()


def restored(data: bytes, shape: list[int]) -> NDArray[np.float32]:
    count = int(np.prod(shape)) // BLOCK
    scale = np.frombuffer(data, np.float16, count).astype(np.float32)
    values = np.frombuffer(data, np.int8, count * BLOCK, offset=2 * count)
    return (values.reshape(-1, BLOCK) * scale[:, None]).reshape(shape)


def serialised(state: dict[str, Any]) -> bytes:
    """A JSON line that lists the tensors, then their bytes."""
    weights = {name: value.float().cpu().numpy() for name, value in state["model"].items()}
    bodies = [
        quantised(weight) if weight.ndim == 2 else weight.tobytes() for weight in weights.values()
    ]
    listing = [
        {"name": name, "shape": list(weight.shape), "bytes": len(body)}
        for (name, weight), body in zip(weights.items(), bodies, strict=True)
    ]
    head = {"config": state["config"], "progress": state["progress"], "tensors": listing}
    return json.dumps(head).encode() + b"\n" + b"".join(bodies)


def deserialised(data: bytes) -> dict[str, Any]:
    """A checkpoint without an optimiser."""
    stream = io.BytesIO(data)
    head = json.loads(stream.readline())
    model = {}
    for entry in head["tensors"]:
        body, shape = stream.read(entry["bytes"]), entry["shape"]
        flat = restored(body, shape) if len(shape) == 2 else np.frombuffer(body, np.float32)
        model[entry["name"]] = torch.from_numpy(flat.reshape(shape).copy())
    return {"config": head["config"], "progress": head["progress"], "model": model}


def split(checkpoint: Path, folder: Path) -> int:
    """The number of parts written."""
    data = serialised(read(checkpoint))
    parts = [data[i : i + PART_BYTES] for i in range(0, len(data), PART_BYTES)]
    if len(parts) > MAX_PARTS:
        raise ValueError(f"{len(data) / 2**20:.0f} MiB need more than {MAX_PARTS} parts")
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts):
        (folder / f"weights-{number}.bin").write_bytes(part)
    return len(parts)


def join(folder: Path, checkpoint: Path) -> None:
    data = b"".join(path.read_bytes() for path in sorted(folder.glob("weights-*.bin")))
    state = deserialised(data)
    write_atomically(checkpoint, lambda scratch: torch.save(state, scratch))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verb", choices=("split", "join"))
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    arguments = parser.parse_args()
    action = split if arguments.verb == "split" else join
    action(arguments.source, arguments.target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
