"""What is shipped, whose it is, and how that is written down. Needs the extra `release`."""
