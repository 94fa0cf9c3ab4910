"""The language server protocol: convert, call the session, convert."""
