"""What of a machine models can use: memory and its speed, cores, limits."""
