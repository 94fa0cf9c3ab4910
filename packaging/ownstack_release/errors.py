"""What goes wrong while a release is made."""

from __future__ import annotations


class ReleaseError(Exception):
    """A release cannot be made; the message says why and what to do about it."""
