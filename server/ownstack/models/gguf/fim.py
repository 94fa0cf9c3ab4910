"""Infill ("fill in the middle"): what a model's format is.

Functions of values to values. The format comes from the model file, never from the file's name:
the ids in its metadata, else the known markers in its vocabulary, each of which must be exactly
one token. There is no fallback: a wrong format makes a model print its markers into the user's
file, which is what most reports about other tools are about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ownstack.errors import CannotInfillError
from ownstack.models.gguf.fim_families import ENCODERS, FAMILIES, PSM, STOPS, UNKNOWN, Family, Order
from ownstack.settings import InfillOrder

ORDER_KEY = "ownstack.fim.order"
ANOTHER_MODEL = (
    "For completion choose an infill model (Qwen2.5-Coder, StarCoder2, DeepSeek-Coder, CodeGemma,"
    " Codestral, Granite Code, Mellum …), mostly one without “Instruct” or “Chat” in its name."
)


class Vocabulary(Protocol):
    """What detection needs to know; `llama.Model` and `models.GgufVocabulary` do it."""

    def fim_ids(self) -> Mapping[str, int]:
        """Return the ids known as "pre", "suf", "mid", "pad", "rep", "sep"; absent if unknown."""
        ...

    def special(self, text: str) -> Sequence[int]:
        """Return the tokens of `text`, reading markers as one token, without BOS."""
        ...

    def eog(self) -> frozenset[int]:
        """Return the tokens that end an answer."""
        ...

    def metadata(self) -> Mapping[str, str]:
        """Return the GGUF's keys and values, as text."""
        ...


@dataclass(frozen=True, slots=True)
class FimFormat:
    """How one model wants to be asked for what is missing in the middle."""

    prefix: int
    suffix: int
    middle: int
    pad: int | None
    repo: int | None
    file_sep: int | None
    order: Order
    family: str
    """A name of `FAMILIES`, or "metadata": the ids are known, the family is not."""
    stops: frozenset[int]
    """Every token that ends an answer: they are never text."""
    pattern: str = PSM
    """The order in full, in the letters of `fim_families.PSM`."""
    glued: bool = False
    """The tokeniser (SentencePiece) puts a space before a text; a suffix must not get one."""
    style: Family = UNKNOWN
    """Where path and context go."""


def detect(vocabulary: Vocabulary, order_setting: InfillOrder = "auto") -> FimFormat:
    """Return the infill format of a model.

    The order is the user's choice unless "auto", else what the file says under `ORDER_KEY`, else
    what the family was trained for, else PSM.

    Raises:
        CannotInfillError: the model was not trained to fill in the middle, and why we think so.
    """
    metadata = vocabulary.metadata()
    name = metadata.get("general.name", "") or "This model"
    architecture = metadata.get("general.architecture", "")
    if any(part in architecture for part in ENCODERS):
        raise CannotInfillError(f"{name} ({architecture}) does not write text.", ANOTHER_MODEL)
    known = f"{name} {architecture}".lower()
    ids = vocabulary.fim_ids()
    family = _family(vocabulary, ids, known)
    if family is None:
        raise CannotInfillError(_why_not(vocabulary, ids, name), ANOTHER_MODEL)
    if family is UNKNOWN:
        prefix, suffix, middle = (ids.get(part) for part in ("pre", "suf", "mid"))
        pad, repo, file_sep = (ids.get(part) for part in ("pad", "rep", "sep"))
    else:
        prefix, suffix, middle = _markers(vocabulary, family)
        pad = ids.get("pad", _one(vocabulary, family.pad))
        repo, file_sep = _one(vocabulary, family.repo), _one(vocabulary, family.file_sep)
    if prefix is None or suffix is None or middle is None or len({prefix, suffix, middle}) < 3:
        raise CannotInfillError(f"{name} names one token for two infill markers.", ANOTHER_MODEL)
    order = _order(metadata, order_setting, family)
    stops = (_one(vocabulary, text) for text in STOPS)
    never = {*vocabulary.eog(), *ids.values(), *stops, prefix, suffix, middle, pad, repo, file_sep}
    return FimFormat(
        prefix=prefix,
        suffix=suffix,
        middle=middle,
        pad=pad,
        repo=repo,
        file_sep=file_sep,
        order=order,
        family=family.name,
        stops=frozenset(token for token in never if token is not None),
        pattern=family.suffix_first if order == "spm" else PSM,
        glued=metadata.get("tokenizer.ggml.model") == "llama",
        style=family,
    )


def _one(vocabulary: Vocabulary, text: str) -> int | None:
    """Return the token that `text` is, None if it is several or none."""
    tokens = vocabulary.special(text) if text else ()
    return tokens[0] if len(tokens) == 1 else None


def _markers(vocabulary: Vocabulary, family: Family) -> tuple[int | None, ...]:
    """Return the family's prefix, suffix and middle markers in this vocabulary."""
    return tuple(_one(vocabulary, text) for text in (family.prefix, family.suffix, family.middle))


def _family(vocabulary: Vocabulary, ids: Mapping[str, int], known: str) -> Family | None:
    """Return the family of a model, `UNKNOWN` if only its metadata knows its markers.

    Markers that the vocabulary has are not believed where the metadata names others.
    """
    named = [ids.get(part) for part in ("pre", "suf", "mid")]
    for family in FAMILIES:
        if family.names and not any(part in known for part in family.names):
            continue
        if family.needs_file_sep and _one(vocabulary, family.file_sep) is None:
            continue
        markers = _markers(vocabulary, family)
        if None not in markers and all(
            said in (None, token) for said, token in zip(named, markers, strict=True)
        ):
            return family
    return None if None in named else UNKNOWN


def _order(metadata: Mapping[str, str], setting: InfillOrder, family: Family) -> Order:
    if setting != "auto":
        return setting
    said = metadata.get(ORDER_KEY, "").lower()
    if said == "psm":
        return "psm"
    return "spm" if said == "spm" else family.order


def _why_not(vocabulary: Vocabulary, ids: Mapping[str, int], name: str) -> str:
    """Return one sentence about what is missing."""
    if ids:
        parts = {"pre": "prefix", "suf": "suffix", "mid": "middle"}
        missing = " and ".join(word for part, word in parts.items() if part not in ids)
        return f"{name} has no infill marker for the {missing}."
    for family in FAMILIES:
        markers = (family.prefix, family.suffix, family.middle)
        lacking = [text for text in markers if _one(vocabulary, text) is None]
        if 0 < len(lacking) < len(markers):
            return f"{name} lacks the infill marker {lacking[0]}."
    return f"{name} has no infill markers as single tokens: it cannot fill in the middle."
