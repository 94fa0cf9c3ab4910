"""Running a model: requests in, answers out. Knows no editors, files or chats."""
