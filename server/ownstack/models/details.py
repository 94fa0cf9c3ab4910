"""All that may be asked about one model file: metadata, template, tokens, memory, roles."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.models.gguf import gguf_file, inspection
from ownstack.models.gguf.gguf_file import GgufFile
from ownstack.models.gguf.inspection import ModelInfo
from ownstack.models.roles import ROLES, Role, unfit

CONTEXTS = (4_096, 8_192, 16_384, 32_768, 65_536, 131_072)
TEMPLATE_KEY = "tokenizer.chat_template"
_TOKEN_ID = "_token_id"
_MOST_SHOWN = 400
"""Characters of one value; licences are in there whole."""


@dataclass(frozen=True, slots=True)
class SpecialToken:
    """A token that means something to the model, by the file's own words."""

    purpose: str
    """Such as "eos", "eot", "fim_pre"."""
    id: int
    text: str


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """What is known of a model without loading it."""

    info: ModelInfo
    metadata: tuple[tuple[str, str], ...]
    """In the file's order; long values are cut, arrays are named by their length."""
    template: str
    special_tokens: tuple[SpecialToken, ...]
    memory: tuple[tuple[int, int], ...]
    """Context in tokens → bytes, about, up to what it was trained for."""
    kv: str
    """A result of `inspection.kv_kind`."""
    unfit: tuple[tuple[Role, str], ...]
    """Each role, and why the model cannot play it, "" if it can."""
    ends: bool
    """Whether the file names a token that ends an answer."""


def details(info: ModelInfo) -> ModelDetails:
    """Read the head of a file once more, for all that it says.

    Raises:
        ModelNotFoundError, ModelCorruptError: it cannot be used.
    """
    file = gguf_file.read(info.path)
    trained = info.context_tokens or CONTEXTS[0]
    contexts = [size for size in CONTEXTS if size < trained] + [trained]
    tokens = _special_tokens(file)
    return ModelDetails(
        info=info,
        metadata=_metadata(file),
        template=file.text(TEMPLATE_KEY),
        special_tokens=tokens,
        memory=tuple((size, inspection.memory_needed(info, size)) for size in contexts),
        kv=inspection.kv_kind(file),
        unfit=tuple((role, unfit(info, role)) for role in ROLES),
        ends=any(token.purpose in ("eos", "eot", "eom") for token in tokens),
    )


def _metadata(file: GgufFile) -> tuple[tuple[str, str], ...]:
    values = [(key, _cut(file.text(key))) for key in file.metadata if key != TEMPLATE_KEY]
    return (*values, *((key, f"[{array.length} entries]") for key, array in file.arrays.items()))


def _special_tokens(file: GgufFile) -> tuple[SpecialToken, ...]:
    prefix = "tokenizer.ggml."
    array = file.arrays.get(f"{prefix}tokens")
    texts = array.strings() if array is not None else []
    found = []
    for key, value in file.metadata.items():
        if key.startswith(prefix) and key.endswith(_TOKEN_ID) and type(value) is int:
            text = texts[value] if 0 <= value < len(texts) else ""
            purpose = key[len(prefix) : -len(_TOKEN_ID)]
            found.append(SpecialToken(purpose, value, _cut(text)))
    return tuple(found)


def _cut(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"
