"""The life of the process that serves all windows. Knows no features."""
