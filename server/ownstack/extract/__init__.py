"""One file's text → its symbols, references, imports and chunks. Functions of their arguments."""
