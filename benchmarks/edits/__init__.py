"""Edits: what a model's loop mends, and what its checks catch."""
