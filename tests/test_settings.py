"""Settings: the defaults stand in for whatever cannot be used, and the reader is told."""

import pytest

from ownstack.settings import Settings, camel


def test_nothing_sent_means_all_defaults() -> None:
    """An editor without settings works."""
    assert Settings.from_json(None) == (Settings(), [])
    assert Settings.from_json({}) == (Settings(), [])


def test_values_arrive_at_their_places() -> None:
    """Nested camelCase keys fill the snake_case tree."""
    settings, problems = Settings.from_json(
        {
            "completion": {"enabled": False, "languages": {"markdown": False}, "deadlineMs": 900},
            "engine": {"suffixShift": "off", "threads": 3.0},
            "daemon": {"idleMinutes": 0},
            "somethingNewer": {"x": 1},
        }
    )

    assert problems == []
    assert not settings.completion.enabled
    assert dict(settings.completion.languages) == {"markdown": False}
    assert settings.completion.deadline_ms == 900
    assert settings.engine.suffix_shift == "off"
    assert settings.engine.threads == 3
    assert settings.daemon.idle_minutes == 0


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        ({"completion": {"enabled": "yes"}}, "completion.enabled"),
        ({"completion": {"multiline": "always"}}, "must be one of auto, never"),
        ({"completion": {"eagerness": "bold"}}, "must be one of shy, normal, eager"),
        ({"completion": {"deadlineMs": 5}}, "between 50 and 10000"),
        ({"completion": {"maxLines": 2.5}}, "whole number"),
        ({"completion": {"maxLines": True}}, "whole number"),
        ({"completion": {"exclude": "*.py"}}, "list of texts"),
        ({"completion": {"languages": {"c": 1}}}, "true or false"),
        ({"completion": 7}, "must be an object"),
        ("text", "must be an object"),
    ],
)
def test_a_wrong_value_is_replaced_and_named(raw: object, word: str) -> None:
    """One sentence a problem, and the default in its place."""
    settings, problems = Settings.from_json(raw)

    assert settings == Settings()
    assert len(problems) == 1
    assert word in problems[0]


def test_one_wrong_value_leaves_its_neighbours_alone() -> None:
    """Only the bad key falls back."""
    settings, _ = Settings.from_json({"engine": {"threads": -4, "suffixShift": "on"}})

    assert settings.engine.threads == 0
    assert settings.engine.suffix_shift == "on"


def test_camel_case() -> None:
    """The wire name of a field."""
    assert camel("deadline_ms") == "deadlineMs"
