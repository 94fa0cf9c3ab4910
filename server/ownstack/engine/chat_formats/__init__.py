"""How models mark what they write: reasoning, tool calls, and the answer itself."""
