"""What a list of models says of those that could be had."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ownstack.app.offers import Downloading, Offer, offers, served
from ownstack.models import catalogue, fit
from ownstack.models.hardware.machine import Machine
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.model import RemoteModel
from ownstack.models.roles import ROLES, Role

MACHINE = Machine("This machine", 16_000_000_000, 8, 40e9)
FREE = Downloading("", 10**12, {})


def offered(
    role: Role, downloading: Downloading = FREE, installed: dict[str, str] | None = None
) -> list[Offer]:
    plan = fit.recommend(MACHINE, catalogue.catalogue())
    [choice] = [choice for choice in plan.choices if choice.role == role]
    fitting = fit.Fitting(MACHINE, plan.place, catalogue.catalogue(), {}, any_license=False)
    return offers(fitting, choice, installed or {}, downloading)


@pytest.mark.parametrize("role", ROLES)
def test_each_says_why(role: Role) -> None:
    """The recommended one, and those that something speaks against, in whole sentences."""
    for offer in offered(role):
        assert bool(offer.reason) == (offer.recommended or not offer.advised)
        assert not offer.reason or (offer.reason[0].isupper() and offer.reason.endswith("."))


def test_the_best_comes_first_and_the_hopeless_last() -> None:
    """Of what is not advised, the smallest: it comes nearest to fitting."""
    advised = [offer for offer in offered("chat") if offer.advised]
    others = offered("chat")[len(advised) :]

    assert advised[0].recommended
    assert not any(offer.advised for offer in others)
    assert [o.size_bytes for o in others] == sorted(o.size_bytes for o in others)


def test_one_that_forbids_commercial_use_is_never_advised() -> None:
    """It says so by its licence."""
    [codestral] = [offer for offer in offered("completion") if offer.name == "codestral-22b"]

    assert (codestral.commercial, codestral.advised) == (False, False)
    assert "forbids commercial use" in codestral.reason


def test_windows_and_memory_are_those_of_the_role() -> None:
    """A conversation is longer than what completion reads, and takes more memory."""
    [completing] = [o for o in offered("completion") if o.name == "qwen2.5-coder-1.5b"]
    [chatting] = [o for o in offered("chat") if o.name == "qwen2.5-coder-1.5b"]

    assert completing.context_tokens < chatting.context_tokens
    assert completing.memory_bytes < chatting.memory_bytes


def test_what_forbids_downloads_counts_before_the_room() -> None:
    """One reason is said, and what has begun needs less room."""
    known = catalogue.named("qwen2.5-coder-1.5b")
    tight = Downloading("", known.size_bytes - 1, {})

    def blocked(downloading: Downloading) -> str:
        [offer] = [o for o in offered("completion", downloading) if o.name == known.name]
        return offer.blocked

    assert blocked(FREE) == ""
    assert blocked(tight).startswith("There is not enough room on the disk: 1.1 GB")
    assert blocked(replace(tight, begun_bytes={known.name: 1})) == ""
    assert blocked(replace(tight, refusal="Offline.")) == "Offline."


def test_a_server_says_for_what_it_may_not_be_used() -> None:
    """By what was allowed, and what it can."""
    entry = EngineEntry("gpu", "https://gpu.example/v1", roles=("chat",), infill="off")

    model = served(RemoteModel(entry, "big"), ["chat"])

    assert (model.name, model.host, model.leaves_machine) == ("gpu:big", "gpu.example", True)
    assert model.chosen_for == ("chat",)
    assert set(model.problems) == {"completion", "edit", "summary", "embedding"}
    assert "does not fill in the middle" in model.problems["completion"]
    assert "ownstack engines allow gpu --for edit" in model.problems["edit"]
