"""Writes docs/MODELS.md from the catalogue: `python -m tests.support.models_document`.

`scripts/fix` runs it, and a test compares.
"""

from pathlib import Path

from ownstack.models.catalogue import USES, CatalogueModel, Use, catalogue

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "MODELS.md"
CONTEXTS = (4_096, 8_192, 32_768)
HEADINGS: dict[Use, str] = {
    "completion": "Completion",
    "chat": "Chat, edits and summaries",
    "embedding": "Embedding",
}
INTRODUCTION = """# Models

<!-- scripts/fix writes this file from server/ownstack/models/catalogue.toml. -->

What `ownstack models recommend` chooses from. It takes what fits your machine together and is fast
enough on it, and says why; `ownstack models pull NAME` fetches one. Any other GGUF file does as
well: `ownstack models pull hf:OWNER/REPOSITORY/FILE`, or `ownstack models add PATH` for one that is
here already.

- **Order**: the later in a table, the more we prefer it, if it fits. That is an opinion: larger
  models of newer families are put last. How fast a model is on your machine is measured by
  `ownstack models bench NAME`.
- **Size** of the download. *about*: the publisher's figure, rounded. Hash and exact size come from
  the hub at the time of the download, and nothing that has another hash is ever used.
- **Memory** is weights, keys and values of the context, and room to work, about. Without a figure
  it is known once the file is there (`ownstack models info NAME`).
- **Adapters**: models of the architectures Llama, Qwen2, Qwen3 and StarCoder2 can learn how you
  write, on your own machine ([Learning from you](LEARNING.md)).
- **Instruct files** of Qwen2.5-Coder infill, too: one load can complete and chat.
- For completion a model must keep all tokens it has read in a form that can be trimmed: models with
  sliding windows or running states (gpt-oss, Gemma 3, hybrids) would read the whole file again at
  each key, so they are for chat only.
- **Run here**: what has been run with this version of Ownstack. Of all others only their
  publishers' descriptions are known to us.
- † The licence forbids commercial use: never recommended unless `--any-license` is given.
"""


def document() -> str:
    """Return the whole document."""
    parts = [INTRODUCTION]
    for use in USES:
        models = [model for model in catalogue() if use in model.uses]
        models.sort(key=lambda model: model.preference[use])
        parts.append(f"\n## {HEADINGS[use]}\n\n{_table(models)}\n")
    parts.append(f"\n## Where they come from\n\n{_sources()}\n")
    return "".join(parts)


def _table(models: list[CatalogueModel]) -> str:
    contexts = " | ".join(f"{size:,}" for size in CONTEXTS)
    lines = [
        f"| name | model | size | memory at {contexts} tokens | context | infill | tool calls "
        "| licence | run here |",
        "|---" * (8 + len(CONTEXTS)) + "|",
    ]
    for model in models:
        size = f"{'' if model.exact else 'about '}{model.size_bytes / 1e9:.2f} GB"
        tools = {True: "yes", False: "no", None: "not known"}[model.tools]
        cells = (
            f"`{model.name}`",
            f"{model.title}, {model.quantization}",
            size,
            *(_memory(model, context) for context in CONTEXTS),
            f"{model.context_tokens:,}",
            model.infill or "no",
            tools,
            model.license + ("" if model.commercial else " †"),
            model.tested or "no",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _memory(model: CatalogueModel, context_tokens: int) -> str:
    if not model.layers or context_tokens > model.context_tokens:
        return "-"
    return f"{model.memory_bytes(context_tokens) / 1e9:.1f} GB"


def _sources() -> str:
    return "\n".join(
        f"- `{model.name}`: {model.source}{f'. {model.note}' if model.note else ''}"
        for model in catalogue()
    )


if __name__ == "__main__":
    DOCUMENT.write_text(document(), "utf-8")
