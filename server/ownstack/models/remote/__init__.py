"""Which servers the user named, what each may be sent, and where its key is."""
