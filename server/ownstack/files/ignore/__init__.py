"""What git ignores, by git's own rules, without running it."""
