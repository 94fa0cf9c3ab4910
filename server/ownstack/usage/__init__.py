"""What the models did, what it took, and what it would have cost elsewhere."""
