"""From nothing to ghost text: no network, no compiler, nothing set up but a Python.

The first runs where `OWNSTACK_VSIX` names the VSIX that is installed. `OWNSTACK_E2E_FULL=1` runs
the others, too, and makes a VSIX for this Python alone if none is named. `OWNSTACK_E2E_PYTHONS`
names interpreters to try, separated as in a PATH. Seconds per step: `artifacts/install-*.json`.
"""

from __future__ import annotations

import pytest

from tests.e2e.newcomer import Arrive, Newcomer
from tests.e2e.pythons import FULL, of_version, uv_program

pytestmark = pytest.mark.e2e


def arrives(newcomer: Newcomer) -> None:
    """Install and wait for the built-in network's ghost text, with not one word of trouble."""
    newcomer.install(newcomer.vsix)
    seen = newcomer.open()

    newcomer.record(says=seen["said"])
    assert "The built-in network wrote it." in seen["network"]["why"]
    assert "Echo found it" not in seen["network"]["why"]
    said = [toast["message"] for moment in seen["said"] for toast in moment["toasts"]]
    assert all(message.startswith("Ownstack, first start") for message in said), said
    assert len(newcomer.environments()) == 1
    assert newcomer.desk.errors() == []


def test_by_pip(arrive: Arrive) -> None:
    """With a Python alone, pip installs what the VSIX carries."""
    newcomer = arrive("pip")

    arrives(newcomer)

    assert "/pip --disable-pip-version-check" in newcomer.log()
    assert "compiling llama.cpp" not in newcomer.log()


@FULL
def test_by_uv(arrive: Arrive) -> None:
    """Where uv is on the PATH, it installs."""
    newcomer = arrive("uv", uv=uv_program())

    arrives(newcomer)

    assert "uv pip install" in newcomer.log().replace(" --no-config", "")
    assert "--disable-pip-version-check" not in newcomer.log()


@FULL
@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_python(arrive: Arrive, version: str) -> None:
    """Each Python that is supported, alone on the machine."""
    newcomer = arrive(f"python-{version}", pythons=[of_version(version)])

    arrives(newcomer)


@FULL
def test_a_proxy_that_leads_nowhere(arrive: Arrive) -> None:
    """What is carried is not asked of a proxy."""
    names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")

    arrives(arrive("proxy", variables=dict.fromkeys(names, "http://127.0.0.1:9")))


@FULL
def test_settings_of_pip(arrive: Arrive) -> None:
    """What somebody has set up for pip elsewhere does not reach the environment."""
    newcomer = arrive("pip-settings")
    config = newcomer.root / "home" / ".config" / "pip"
    config.mkdir(parents=True)
    lines = ["[global]", "require-virtualenv = true", "index-url = http://127.0.0.1:9/simple"]
    (config / "pip.conf").write_text("\n".join([*lines, "[install]", "user = true", ""]))

    arrives(newcomer)


@FULL
def test_two_windows_at_once(arrive: Arrive) -> None:
    """One makes the environment, the other waits for it; both complete."""
    newcomer = arrive("two-windows")
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(twoWindows=True)

    newcomer.record(says=seen["said"])
    assert "The built-in network wrote it." in seen["network"]["why"]
    assert "The built-in network wrote it." in seen["second"]["why"]
    assert len(newcomer.environments()) == 1
    assert newcomer.desk.errors() == []
