"""What the shipped file says of its training, into the model card: `python -m training.card`.

It replaces what stands between the two marks in docs/BUILTIN_MODEL.md; a test compares them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gguf import GGUFReader

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "docs" / "BUILTIN_MODEL.md"
MODEL = ROOT / "server" / "ownstack" / "builtin" / "ownstack-builtin.gguf"
BEGIN, END = "<!-- training.card -->", "<!-- /training.card -->"


def table(model: Path) -> str:
    """Markdown rows: size, parameters, tokens seen, hours, device."""
    reader = GGUFReader(model)

    def said(key: str) -> object:
        field = reader.get_field(f"ownstack.training.{key}")
        if field is None:
            raise ValueError(f"{model} says no ownstack.training.{key}.")
        return field.contents()

    parameters = sum(int(tensor.n_elements) for tensor in reader.tensors)
    rows = {
        "size": f"{model.stat().st_size / 1e6:.1f} MB",
        "parameters": f"{parameters / 1e6:.1f} million",
        "tokens seen": f"{float(str(said('tokens'))) / 1e6:.1f} million",
        "trained for": f"{float(str(said('hours'))):.1f} hours, {said('steps')} steps",
        "trained on": str(said("device")),
    }
    lines = ["| the shipped file | |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items())]
    return "\n".join(lines)


def filled(card: str, rows: str) -> str:
    """The card with `rows` between its marks."""
    head, _, rest = card.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{rows}\n{END}{tail}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    arguments = parser.parse_args()
    CARD.write_text(filled(CARD.read_text("utf-8"), table(arguments.model)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
