"""From what was written to what may be shown."""
