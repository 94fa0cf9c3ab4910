"""Which files of a folder count, their text, and what must not leave them. Parses nothing."""
