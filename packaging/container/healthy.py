"""The health check of the container: does the API answer? It needs no key to refuse one."""

from __future__ import annotations

import http.client
import os
import sys

PORT = int(os.environ.get("OWNSTACK_PORT", "8646"))
TIMEOUT_S = 4.0
KEY_WANTED = 401


def status(port: int) -> int:
    """Return how the API on this machine answers one who has no key; 0 is not at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/v1/models")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if status(PORT) == KEY_WANTED else 1)
