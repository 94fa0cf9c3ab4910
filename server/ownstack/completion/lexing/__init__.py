"""Text read without a grammar: blanks, brackets, literals."""
