"""A run goes last, and so does what it starts."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not hasattr(os, "getpriority"), reason="no niceness"),
]
ASKED = """
import os, subprocess, sys
from ownstack.learning.priority import go_last
go_last()
code = "import os; print(os.getpriority(os.PRIO_PROCESS, 0), os.environ['OMP_WAIT_POLICY'])"
subprocess.run([sys.executable, "-c", code], check=True)
"""


def test_the_lowest_priority() -> None:
    """A child that is started afterwards has it, too."""
    asked = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, check=True, text=True
    )
    assert asked.stdout.split() == ["19", "passive"]
