"""Whether the `mcp` package is there, which comes with `ownstack[mcp]`."""

from __future__ import annotations

import importlib.util

from ownstack.errors import ToolServerError


def require_mcp() -> None:
    """See that the package can be imported.

    Raises:
        ToolServerError: it is not installed; how to install it.
    """
    if importlib.util.find_spec("mcp") is None:
        raise ToolServerError(
            "The package `mcp` is not installed, which servers of tools need.",
            'Install it with: pip install "ownstack[mcp]"',
        )
