"""Code actions: edits that are checked before they are shown, explanations, reviews."""
