"""Terms counted for many texts at once are those of each text."""

import itertools
from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ownstack.extract.terms import term_counts
from ownstack.index.storage.columns import Ragged, term_hash
from ownstack.index.storage.term_counts import Counts, TermCounter

TEXTS = st.lists(
    st.one_of(
        st.text(max_size=30),
        st.lists(
            st.sampled_from(
                ["parseHTTP", "a.b.c", "self.total", "_x_", "retries", "größe", "数据"]
            ),
            max_size=12,
        ).map(" ".join),
    ),
    max_size=5,
)


def told(counts: Counts, n_texts: int) -> list[dict[int, int]]:
    bounds = counts.firsts(n_texts).tolist()
    pairs = list(zip(counts.hashes.tolist(), counts.counts.tolist(), strict=True))
    return [dict(pairs[start:end]) for start, end in itertools.pairwise(bounds)]


def expected(text: str) -> dict[int, int]:
    found: Counter[int] = Counter()
    for term, count in term_counts(text).items():
        found[term_hash(term)] += count
    return dict(found)


@given(TEXTS)
def test_each_text_has_its_own_counts(texts: list[str]) -> None:
    assert told(TermCounter().count(texts), len(texts)) == [expected(text) for text in texts]


@given(TEXTS, TEXTS)
def test_two_texts_counted_apart_are_one(left: list[str], right: list[str]) -> None:
    """Headers and the text below them, of which the latter is known from its columns."""
    n = min(len(left), len(right))
    counter = TermCounter()
    begun = counter.count(left[:n])
    firsts = begun.firsts(n)
    held = Counts.of(Ragged(begun.hashes, firsts), Ragged(begun.counts.astype(np.uint8), firsts))

    both = held.plus(counter.count(right[:n]))

    whole = [f"{a}\n{b}" for a, b in zip(left[:n], right[:n], strict=True)]
    assert told(both, n) == told(counter.count(whole), n)


def test_a_name_is_split_once() -> None:
    """Whatever number of texts and calls it occurs in."""
    asked: list[str] = []

    def split(name: str) -> list[str]:
        asked.append(name)
        return [name, "part"]

    counter = TermCounter(str.split, split)
    for _ in range(2):
        counted = counter.count(["a b a", "", "b"])

    assert asked == ["a", "b"]
    assert [sorted(counts.values()) for counts in told(counted, 3)] == [[1, 2, 3], [], [1, 1]]
    assert counter.hash("part") in counted.hashes.tolist()
