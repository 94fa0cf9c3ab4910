"""What a conversation remembers: its log, what is kept of it, what was decided."""
