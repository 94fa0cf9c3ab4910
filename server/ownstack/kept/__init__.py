"""What is kept on this machine outside projects: what it is, how much, and how to remove it."""
