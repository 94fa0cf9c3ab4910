"""Adapters for models, trained on this machine from its owner's code, and served if they help."""
