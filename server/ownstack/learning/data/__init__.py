"""What is learned from: a project's own text, what was kept of suggestions, edits and decisions."""
