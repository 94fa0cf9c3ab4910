"""Drafts by prompt lookup: what is proposed, and for how long."""

from __future__ import annotations

import pytest

from ownstack.engine.llama.decoding.lookup import FIRST_TOKENS, SHORTEST, PromptLookup

pytestmark = pytest.mark.native

PROMPT = [*range(1_000, 1_040), 7, 8, 9]


def written(lookup: PromptLookup, tokens: list[int]) -> PromptLookup:
    for token in tokens:
        lookup.wrote(token)
    return lookup


def test_what_followed_last_time_is_proposed() -> None:
    """After as many words as must agree, and no more of it than a first draft has."""
    lookup = PromptLookup(PROMPT)

    before = written(lookup, PROMPT[5 : 5 + SHORTEST - 1]).following(15)
    lookup.wrote(PROMPT[5 + SHORTEST - 1])

    following = PROMPT[5 + SHORTEST : 5 + SHORTEST + FIRST_TOKENS]
    assert (before, lookup.following(15)) == ([], following)
    assert lookup.following(3) == following[:3]
    assert lookup.following(1) == []


def test_nothing_is_proposed_before_the_first_word() -> None:
    """And none where nothing agrees."""
    assert PromptLookup([1, 2, 3, 4] * 4).following(15) == []
    assert written(PromptLookup(PROMPT), [1, 2, 3, 4, 5]).following(15) == []


def test_the_latest_place_counts() -> None:
    """The answer's own words are searched, too."""
    lookup = PromptLookup([1, 2, 3, 4, 5, 6, 7])
    written(lookup, [1, 2, 3, 4, 50, 60, 70, 1, 2, 3, 4])

    assert lookup.following(3) == [50, 60, 70]


def test_tokens_are_not_found_between_tokens() -> None:
    """Bytes that agree across the borders of numbers are no agreement."""
    shifted = [value << 8 for value in range(1, 9)]
    lookup = PromptLookup([*shifted, 5, 5, 5, 5])

    assert written(lookup, [1, 2, 3, 4]).following(15) == []


def test_drafts_grow_while_they_are_right() -> None:
    """And are short again after one that was not."""
    lookup = written(PromptLookup(PROMPT), PROMPT[:SHORTEST])
    first = len(lookup.following(15))
    lookup.checked(first, first)
    grown = len(lookup.following(15))
    lookup.checked(grown, 1)

    assert FIRST_TOKENS == first < grown
    assert len(lookup.following(15)) == FIRST_TOKENS


@pytest.mark.parametrize(("tokens", "goes_on"), [(1, False), (5, True)])
def test_drafts_that_do_not_pay_are_not_made(tokens: int, goes_on: bool) -> None:
    """What they cost beyond what they brought may be no more than a small share."""
    lookup = written(PromptLookup(PROMPT), PROMPT[:SHORTEST])
    lookup.note(tokens, 3.0, 1.0)

    assert bool(lookup.following(15)) is goes_on
