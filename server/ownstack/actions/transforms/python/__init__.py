"""Python: by its own `ast`, which knows exactly what a text means."""
