"""An infill prompt in a model's own format (`models/gguf/fim.py`): its parts as tokens, ordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownstack.engine.llama.infill import clipping
from ownstack.engine.requests import CursorRequest
from ownstack.languages import comment_mark
from ownstack.models.gguf.fim import FimFormat

_REPOSITORY = "project"
"""Where a format begins with the repository's name: always the same, so that caches hold."""
_GLUE = "\u263a"


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
    request: CursorRequest,
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
    return list(tokenize(fim.style.header.format(comment=comment_mark(beside), path=path)))


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
