"""Edits by syntax alone, without a model: tier 1."""
