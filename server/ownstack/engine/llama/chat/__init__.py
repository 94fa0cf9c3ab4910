"""Conversations: rendered by the model's template, kept in its KV cache."""
