"""A turn of a chat: what is retrieved for a question, what a model says to it, what that cites."""
