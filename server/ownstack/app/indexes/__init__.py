"""The indexes of the folders that windows have open."""
