"""What a model may ask for while it answers: looking things up, and proposing edits."""
