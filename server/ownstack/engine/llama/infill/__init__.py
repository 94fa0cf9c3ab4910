"""Infill prompts and their answers, and how likely given lines are."""
