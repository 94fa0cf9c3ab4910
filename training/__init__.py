"""How the built-in infill network is made: corpus, tokenizer, rows, training, export.

Nothing here is imported by the product; `README.md` has one command for each step.
"""
