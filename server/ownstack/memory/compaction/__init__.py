"""Fewer tokens for the same conversation: what is hidden, kept, listed and summed up."""
