"""What became of suggestions, and what is learned from it."""
