"""Documents as editors send them: where they are, and their edits."""
