"""Whether an adapter may serve: measured on lines that were written after its training data."""
