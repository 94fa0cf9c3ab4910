"""What windows have of what was learned: which adapters serve them, and why one does not."""
