"""Rows: several cursors share a text, and see exactly what each of them would see alone."""

from __future__ import annotations

import numpy as np
import pytest

from ownstack.learning.data.passages import Passage
from ownstack.learning.training.rows import Row, Rows
from ownstack.learning.training.vocabulary import TrainingVocabulary
from ownstack.paths import builtin_model

pytestmark = pytest.mark.native

TEXT = "\n".join(
    f"def value_{number}(first, second):\n    return first * {number} + second\n"
    for number in range(40)
)


@pytest.fixture(scope="module")
def vocabulary() -> TrainingVocabulary:
    return TrainingVocabulary(builtin_model())


def rows(vocabulary: TrainingVocabulary, **options: float) -> Rows:
    weights = (1.0,) * (TEXT.count("\n") + 1)
    passage = Passage("values.py", "python", TEXT, weights)
    return Rows(vocabulary, [passage], row_tokens=400, seed=3, **options)  # type: ignore[arg-type]


def test_a_branch_sees_the_trunk_up_to_where_it_leaves_it_and_itself() -> None:
    """And no other branch."""
    row = Row()
    row.trunk([1, 2, 3, 4], [0, 1, 1, 1])
    row.branch([1, 2, 8, 9], 1, 1.0)
    row.branch([1, 2, 3, 7, 9], 1, 1.0)

    assert row.ids == [1, 2, 3, 4, 8, 9, 7, 9]
    assert row.positions == [0, 1, 2, 3, 2, 3, 3, 4]
    assert row.mask().astype(int).tolist() == [
        [1, 0, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 1, 0, 0, 0],
        [1, 1, 0, 0, 1, 1, 0, 0],
        [1, 1, 1, 0, 0, 0, 1, 0],
        [1, 1, 1, 0, 0, 0, 1, 1],
    ]
    assert list(zip(row.states, row.targets, strict=True)) == [
        (0, 2), (1, 3), (2, 4), (4, 9), (6, 9)
    ]  # fmt: skip


def test_what_is_learned_is_never_shared() -> None:
    """A middle that goes on as the trunk does has tokens of its own."""
    row = Row()
    row.trunk([1, 2, 3], [0, 0, 0])
    row.branch([1, 2, 3], 2, 1.0)

    assert row.ids == [1, 2, 3, 2, 3]
    assert list(zip(row.states, row.targets, strict=True)) == [(0, 2), (3, 3)]


def test_a_row_is_the_same_each_time(vocabulary: TrainingVocabulary) -> None:
    """So that a run can go on from one number."""
    assert rows(vocabulary)[7] == rows(vocabulary)[7]
    assert rows(vocabulary)[7] != rows(vocabulary)[8]


@pytest.mark.parametrize("index", range(6))
def test_rows_fit_and_have_samples(vocabulary: TrainingVocabulary, index: int) -> None:
    """Each token sees itself, nothing later, and something to learn from is there."""
    row = rows(vocabulary)[index]

    assert 0 < len(row.ids) <= 400
    assert row.samples > 0
    mask = row.mask()
    assert mask.diagonal().all()
    assert not np.triu(mask, 1).any()
    assert len(row.states) == len(row.targets) == len(row.weights)
    assert all(weight > 0 for weight in row.weights)


def test_without_a_weight_for_the_trunk_only_middles_are_learned(
    vocabulary: TrainingVocabulary,
) -> None:
    """As for judging: every prediction is in a branch."""
    row = rows(vocabulary, trunk_weight=0.0)[0]

    ends = [target for target in row.targets if target == vocabulary.end]
    assert len(ends) == row.samples
    assert set(row.weights) == {1.0}


def test_lines_without_weight_are_context_only(vocabulary: TrainingVocabulary) -> None:
    """Nothing of them is predicted, as the trunk or as a middle."""
    lines = TEXT.split("\n")
    weights = tuple(float("return" not in line) for line in lines)
    passage = Passage("values.py", "python", TEXT, weights)
    row = Rows(vocabulary, [passage], row_tokens=400, seed=3)[0]
    pieces = vocabulary.model.pieces

    # A middle may be a block, whose first line is the one that was asked for.
    learned = [
        b"".join([pieces[row.ids[s]], pieces[t]])
        for s, t in zip(row.states, row.targets, strict=True)
    ]
    trunk = [text for text, s in zip(learned, row.states, strict=True) if s < row.n_trunk - 1]
    assert trunk
    assert not any(b"* " in text for text in trunk)


def test_a_text_that_may_not_be_asked_for_gives_no_rows(vocabulary: TrainingVocabulary) -> None:
    """Nothing to learn from."""
    passage = Passage("a.py", "python", "x = 1\n", (0.0, 0.0))

    assert not Rows(vocabulary, [passage], row_tokens=400, seed=0)
