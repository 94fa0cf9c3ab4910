"""Ownstack: a coding assistant its user owns."""

__version__ = "0.1.0"
