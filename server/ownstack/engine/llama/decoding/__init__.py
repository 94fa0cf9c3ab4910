"""Writing one answer, token by token."""
