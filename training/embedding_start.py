"""Where the embedding table starts: what a sentence model makes of each word alone.

A word that the model reads gets its vector; a name of several words, or a chain of names, gets
the mean of its words. The rest starts near zero. Principal components bring it to size.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.packages.documents import load
from ownstack.extract.terms import plain, stem, words
from training.minilm import BATCH, MiniLM

SAMPLE = 12
"""Every so manieth file is read for the forms of words."""
_SAMPLE_CHARS = 20_000
_UNKNOWN_LENGTH = 0.02
_NAME = re.compile(r"[\w$]+")


def start(terms: Sequence[str], dim: int, corpus: Path, wheel: Path) -> torch.Tensor:
    """Return float32[n, dim]."""
    forms, parts = _forms(frozenset(terms), corpus)
    place = {term: number for number, term in enumerate(terms)}
    single = [term for term in terms if term in forms and term not in parts]
    single.sort(key=lambda term: len(forms[term]))
    model = MiniLM(wheel)
    vectors = torch.zeros(len(terms), 384)
    for at in range(0, len(single), BATCH):
        some = single[at : at + BATCH]
        read = model.encode([forms[term] for term in some])
        vectors[[place[term] for term in some]] = torch.nn.functional.normalize(read, dim=1)
    read_rows = [place[term] for term in single]
    vectors[read_rows] -= vectors[read_rows].mean(0)
    known = set(single)
    for term in terms:
        if term not in known:
            pieces = parts.get(term) or [
                piece for name in term.split(".") for piece in parts.get(name, [name])
            ]
            found = [place[piece] for piece in pieces if piece in known]
            if found:
                vectors[place[term]] = vectors[found].mean(0)
    is_known = vectors.abs().sum(1) > 0
    _, _, axes = torch.pca_lowrank(vectors[is_known], dim, center=False, niter=4)
    reduced: torch.Tensor = torch.nn.functional.normalize(vectors @ axes, dim=1)
    return reduced + (~is_known)[:, None] * torch.randn(len(terms), dim) * _UNKNOWN_LENGTH


def _forms(wanted: frozenset[str], corpus: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Return the commonest form of each stem, and the stems of each name of several words."""
    names: Counter[str] = Counter()
    for document in itertools.islice(load(corpus), 0, None, SAMPLE):
        names.update(_NAME.findall(document.text[:_SAMPLE_CHARS]))
    forms: dict[str, Counter[str]] = {}
    parts: dict[str, list[str]] = {}
    for name, count in names.items():
        found = words(name)
        for word in found:
            if (stemmed := stem(word)) in wanted and not word.isdigit():
                forms.setdefault(stemmed, Counter())[word] += count
        if len(found) > 1 and (whole := plain(name)) in wanted:
            parts.setdefault(whole, [stem(word) for word in found])
    return {term: counted.most_common(1)[0][0] for term, counted in forms.items()}, parts
