"""Notebooks as texts that are made of their cells."""
