"""Trees, queries and what they capture. The only package that knows tree-sitter."""
