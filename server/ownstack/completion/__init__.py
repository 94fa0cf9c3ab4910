"""What to suggest at a cursor: when to ask, what to ask, and what to show."""
