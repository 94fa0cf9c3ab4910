"""Vectors of texts, by a table that comes with the package."""
