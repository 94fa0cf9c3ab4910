"""Infill ("fill in the middle"): what a model's format is, and the prompt in that format.

Functions of values to values. The format comes from the model file, never from the file's name:
the ids in its metadata, else the known markers in its vocabulary, each of which must be exactly
one token. There is no fallback: a wrong format makes a model print its markers into the user's
file, which is what most reports about other tools are about.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ownstack.engine import clipping
from ownstack.engine.fim_families import ENCODERS, FAMILIES, PSM, STOPS, UNKNOWN, Family, Order
from ownstack.engine.protocol import InfillRequest
from ownstack.errors import CannotInfillError
from ownstack.settings import InfillOrder

ORDER_KEY = "ownstack.fim.order"
ANOTHER_MODEL = (
    "For completion choose an infill model (Qwen2.5-Coder, StarCoder2, DeepSeek-Coder, CodeGemma,"
    " Codestral, Granite Code, Mellum …), mostly one without “Instruct” or “Chat” in its name."
)
_REPOSITORY = "project"
"""Where a format begins with the repository's name: always the same, so that caches hold."""
_GLUE = "\u263a"


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


@dataclass(frozen=True, slots=True)
class InfillPrompt:
    """The parts of one infill prompt, as tokens; `tokens` puts them in the model's order."""

    head: tuple[int, ...]
    """BOS if the model wants it, other files, the path: what changes least comes first."""
    prefix: tuple[int, ...]
    suffix: tuple[int, ...]

    def parts(self, fim: FimFormat) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
        """Return what comes before the prefix, the prefix, and what follows it.

        Typing only changes the end of the second. In SPM order the first holds the suffix, and the
        third is empty or one marker; in PSM order the suffix is in the third.
        """
        markers = {"P": (fim.prefix,), "S": (fim.suffix,), "M": (fim.middle,), "s": self.suffix}
        at = fim.pattern.index("p")
        before = [token for letter in fim.pattern[:at] for token in markers[letter]]
        after = [token for letter in fim.pattern[at + 1 :] for token in markers[letter]]
        return (*self.head, *before), self.prefix, tuple(after)

    def tokens(self, fim: FimFormat) -> list[int]:
        """Return the prompt."""
        before, prefix, after = self.parts(fim)
        return [*before, *prefix, *after]


def layout(
    request: InfillRequest,
    fim: FimFormat,
    tokenize: Callable[[str], Sequence[int]],
    *,
    bos: int | None,
    budget_tokens: int,
) -> tuple[InfillPrompt, bool]:
    """Return the prompt of a request, of at most `budget_tokens`, and whether it was clipped.

    Clipped are: context files from the last one, the suffix from its end, the prefix from its
    beginning; by whole lines unless a line alone is too long. Cuts move in steps, so that typing
    does not move them each time. The same request gives the same tokens.

    Args:
        request: what to fill in; its prefix is already cut where healing wants it.
        fim: the model's format.
        tokenize: text to tokens, markers being text, without BOS.
        bos: the token to begin with, or None if the model wants none.
        budget_tokens: upper limit for the prompt with its markers.
    """
    inside = fim.style.inside
    header = _header(request.path, request.path, fim, tokenize)
    files = [
        [*_header(snippet.path, request.path, fim, tokenize), *tokenize(_whole_lines(snippet.text))]
        for snippet in request.context
    ]
    start = [] if bos is None else [bos]
    marker: list[int] = []
    if fim.repo is not None and (files or header):
        start += [fim.repo, *tokenize(f"{_REPOSITORY}\n")]
    if inside == "path" and fim.file_sep is not None:
        marker, header = header[:1], header[1:]
    room = max(0, budget_tokens - len(start) - len(marker) - len(header) - len(fim.pattern) + 2)

    prefix, prefix_cut = clipping.tail(request.prefix, room, tokenize)
    suffix, suffix_cut = clipping.head(request.suffix, room, continuing(fim, tokenize))
    context_room, suffix_room = clipping.shares(
        room, len(prefix), len(suffix), sum(map(len, files))
    )
    kept = clipping.whole(files, context_room)
    if len(suffix) > suffix_room:
        suffix, suffix_cut = clipping.head(request.suffix, suffix_room, continuing(fim, tokenize))
    room -= sum(map(len, kept)) + len(suffix)
    if len(prefix) > room:
        prefix, prefix_cut = clipping.tail(request.prefix, room, tokenize)

    context = [token for file in kept for token in file]
    if inside == "all":
        head, typed = start, [*context, *header, *prefix]
    elif inside == "path":
        head, typed = [*start, *context, *marker], [*header, *prefix]
    else:
        head, typed = [*start, *context, *header], prefix
    prompt = InfillPrompt(tuple(head), tuple(typed), tuple(suffix))
    return prompt, prefix_cut or suffix_cut or len(kept) < len(files)


def _header(
    path: str, beside: str, fim: FimFormat, tokenize: Callable[[str], Sequence[int]]
) -> list[int]:
    """Return what introduces a file; `beside` is the file whose language comments are in."""
    if not path:
        return []
    path = path.replace("\n", " ")
    if fim.file_sep is not None:
        return [fim.file_sep, *tokenize(f"{path}\n")]
    return list(tokenize(fim.style.header.format(comment=_comment_mark(beside), path=path)))


_SLASHES = frozenset(
    (
        *("c", "h", "cc", "cpp", "cxx", "hpp", "cs", "css", "dart", "go", "groovy", "java", "js"),
        *("jsx", "kt", "kts", "m", "mm", "php", "proto", "rs", "scala", "scss", "swift", "ts"),
        *("tsx", "zig", "mjs", "cjs", "mts", "cts", "less", "glsl", "vue", "svelte", "sol", "sv"),
    )
)
_DASHES = frozenset(("lua", "sql", "hs", "elm", "adb", "ads", "vhd"))


def _comment_mark(path: str) -> str:
    """Return what begins a comment line in files such as `path`."""
    extension = path.rsplit(".", 1)[-1].lower()
    if extension in _SLASHES:
        return "//"
    return "--" if extension in _DASHES else "#"


def _whole_lines(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


def continuing(
    fim: FimFormat, tokenize: Callable[[str], Sequence[int]]
) -> Callable[[str], Sequence[int]]:
    """Return `tokenize` without the space that SentencePiece puts before a text.

    By the trick of both reference implementations (facebookresearch/codellama, tokenizer.py,
    encode_infilling; mistral-common): encode behind a character, and drop that.
    """
    if not fim.glued:
        return tokenize
    return lambda text: tokenize(_GLUE + text)[len(tokenize(_GLUE)) :] if text else []
