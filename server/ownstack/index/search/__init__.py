"""Finding things in a snapshot, best first."""
