"""The daemon's own life."""

import signal
import subprocess
import sys

import pytest

from ownstack.paths import Home

pytestmark = pytest.mark.process

HELD_UP = """
import threading
from ownstack.daemon import service
from ownstack.app.host import Host
from ownstack.cli import main

async def never(host):
    threading.Thread(target=threading.Event().wait).start()
    threading.Event().wait()

service.LEAVE_S = 0.2
Host.close = never
leave = service.Service._rest
def rest(self):
    leave(self)
    print("ready", flush=True)
service.Service._rest = rest
main(["daemon", "run"])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_a_daemon_that_is_held_up_ends_all_the_same(home: Home) -> None:
    """Its event loop and a thread wait for what never comes; it was told to leave."""
    daemon = subprocess.Popen([sys.executable, "-c", HELD_UP], stdout=subprocess.PIPE)
    assert daemon.stdout is not None
    assert daemon.stdout.readline() == b"ready\n"

    daemon.send_signal(signal.SIGTERM)

    assert daemon.wait(timeout=60) == 1
    daemon.stdout.close()
