"""The fit behind echo's confidence."""

from pathlib import Path

import numpy as np

from ownstack.completion.echo import Echo
from training.echo_calibration import cases, fit, packages


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    """Logistic regression against a known answer."""
    draw = np.random.default_rng(1)
    features = draw.normal(size=(20_000, 2))
    chance = 1 / (1 + np.exp(-(0.5 + features @ np.array([2.0, -1.0]))))

    weights = fit(features, (draw.random(20_000) < chance).astype(float))

    assert np.allclose(weights, [0.5, 2.0, -1.0], atol=0.1)


def test_cases_come_from_every_package_and_know_what_is_right(tmp_path: Path) -> None:
    """A package that repeats itself is guessed right; its features fit the model's weights."""
    for package in ("one", "two"):
        (tmp_path / package).mkdir()
        lines = f"value_of_{package} = compute_the_value(here)\n" * 100
        (tmp_path / package / "a.py").write_text(lines)
    (tmp_path / "one" / "short.py").write_text("x = 1\n")

    drawn = list(cases(tmp_path, per_package=20, seed=1))

    assert {name: len(files) for name, files in packages(tmp_path).items()} == {"one": 1, "two": 1}
    assert [case.package for case in drawn] == ["one"] * 20 + ["two"] * 20
    # With nothing but one character left of the cursor there is nothing to go by.
    assert sum(case.right for case in drawn) > 30
    assert {len(case.features) for case in drawn if case.features} == {len(Echo().weights) - 1}
