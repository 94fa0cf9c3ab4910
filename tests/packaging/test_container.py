"""The container's recipe and its health check, and the unit of systemd."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from ownstack.cli import parser
from ownstack_release.project import ROOT

CONTAINER = ROOT / "packaging" / "container"
RECIPE = (CONTAINER / "Containerfile").read_text("utf-8")
UNIT = ROOT / "packaging" / "systemd" / "ownstack.service"
MAX_EXPOSURE = 3.0
"""Of ten, by `systemd-analyze security`."""


def last(instruction: str) -> str:
    """Return what follows the last instruction of a kind."""
    return re.findall(rf"^\s*{instruction} (.+)$", RECIPE, re.MULTILINE)[-1]


class Api(BaseHTTPRequestHandler):
    """Answers each request with the status that its server holds."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Answering)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Answering(HTTPServer):
    """A server on any free port of this machine."""

    status = 401


@pytest.fixture
def api() -> Iterator[Answering]:
    with Answering(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def healthy(port: int) -> int:
    """Return the exit status of the health check."""
    return subprocess.run(
        [sys.executable, "-I", str(CONTAINER / "healthy.py")],
        env={**os.environ, "OWNSTACK_PORT": str(port)},
        check=False,
    ).returncode


@pytest.mark.process
def test_an_api_that_refuses_a_stranger_is_healthy(api: Answering) -> None:
    """Any other answer, or none, is not."""
    api.status = 401
    refused = healthy(api.server_port)
    api.status = 500
    failing = healthy(api.server_port)
    api.shutdown()
    api.socket.close()

    assert (refused, failing, healthy(api.server_port)) == (0, 1, 1)


def test_the_container_runs_the_program_without_root() -> None:
    """By a number, which `runAsNonRoot` of Kubernetes can check."""
    user = last("USER").partition(":")[0]
    arguments = [*shlex.split(re.sub(r"[\[\],]", " ", last("CMD")))]
    entry = shlex.split(re.sub(r"[\[\],]", " ", last("ENTRYPOINT")))

    assert int(user) > 0
    assert entry == ["/opt/ownstack/bin/ownstack"]
    assert parser().parse_args(arguments).in_process
    assert last("STOPSIGNAL") == "SIGINT"


def test_the_container_takes_what_is_in_the_wheelhouse_and_nothing_else() -> None:
    """Every file by its hash; what is copied is not kept out of the build."""
    (install,) = re.findall(r"pip install (.+?) \\\n \&\&", RECIPE, re.DOTALL)
    ignored = (CONTAINER / "Containerfile.dockerignore").read_text("utf-8").splitlines()
    copied = re.findall(r"^COPY (?!--from)(\S+)", RECIPE, re.MULTILINE)

    assert {"--no-index", "--require-hashes", "--only-binary"} <= set(install.split())
    assert copied == ["${WHEELHOUSE}", "packaging/container/healthy.py"]
    assert ignored[1:] == ["*", "!wheelhouse", "!packaging/container"]


def test_the_unit_starts_what_the_program_understands() -> None:
    """With the folders of its own that `ownstack doctor` names, and no others."""
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text("utf-8"))
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])

    assert program == "%h/.local/bin/ownstack"
    assert parser().parse_args(arguments).in_process
    assert unit["Service"]["ReadWritePaths"].split() == [
        "%E/ownstack",
        "%h/.local/share/ownstack",
        "%h/.local/state/ownstack",
        "%C/ownstack",
    ]


@pytest.mark.process
def test_systemd_understands_the_unit_and_finds_it_closed(tmp_path: Path) -> None:
    """Each setting is known to it, and what it leaves open is little."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    program = tmp_path / ".local" / "bin" / "ownstack"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n", "ascii")
    program.chmod(0o755)
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}

    def analyse(*arguments: str) -> str:
        ran = subprocess.run(
            ["systemd-analyze", "--user", *arguments, str(UNIT)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if "unrecognized option" in ran.stderr:
            pytest.skip("needs systemd 250 or newer")
        assert (ran.returncode, ran.stderr) == (0, ""), ran.stderr
        return ran.stdout

    assert analyse("verify") == ""
    report = analyse("security", "--offline=true", "--no-pager")
    exposure = re.search(r"exposure level for ownstack.service: ([\d.]+)", report)
    assert exposure is not None
    assert float(exposure[1]) <= MAX_EXPOSURE
