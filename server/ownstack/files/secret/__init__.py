"""Texts that hold keys, tokens or passwords."""
