"""What a model file says of itself, and what follows from it; nothing is loaded."""
