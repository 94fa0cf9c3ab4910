"""What a model is shown besides the text at the cursor."""
