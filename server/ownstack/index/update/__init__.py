"""What must be read again, and the processes that read it."""
