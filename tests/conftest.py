"""For every test: nothing is read from or written to the user's real folders; marks are true."""

import itertools
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from ownstack.paths import Home
from tests.support.needs import NEEDS, Witness, unwanted

WITNESS = Witness()
# No test fails since the machine is busy.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of homes, in a folder of their own: pytest lists its folder for each that it makes."""
    return map(tmp_path_factory.mktemp("homes").joinpath, map(str, itertools.count()))


@pytest.fixture(autouse=True)
def home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home of its own for each test, also for the processes that it starts."""
    root = next(homes)
    root.mkdir()
    monkeypatch.setenv("OWNSTACK_HOME", str(root))
    # The model that comes with the package is large and changes; tests of it name one of theirs.
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(root / "none.gguf"))
    monkeypatch.setenv("OWNSTACK_ADAPTERS", str(root / "no-adapters"))
    # What the developer's own git ignores everywhere is no part of a test.
    user = "[user]\n\tname = Ada\n\temail = ada@example.org\n"
    (root / "gitconfig").write_text(f"[core]\n\texcludesFile =\n{user}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(root / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Home.below(root)


class ByFile(LoadScopeScheduling):
    """The tests of a file share a process."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    """Spread tests over processes, in the order of their files: the editor's come early."""
    return ByFile(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no module of which `-m` wants no test."""
    is_module = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if is_module and unwanted(collection_path, config.option.markexpr) else None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that loads llama.cpp when nobody wants that."""
    WITNESS.begin()
    report = yield
    if "native" in WITNESS.seen() and "not native" in collector.config.option.markexpr:
        report.outcome = "failed"
        report.longrepr = "It loads llama.cpp. Say so: pytestmark = pytest.mark.native"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup() -> Generator[None]:
    WITNESS.begin()
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Fail a test that needs something and does not say so."""
    yield
    if NEEDS.isdisjoint(mark.name for mark in item.iter_markers()):
        for need in WITNESS.seen():
            pytest.fail(f"Mark it: @pytest.mark.{need}")
