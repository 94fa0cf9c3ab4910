"""What is known of a project: kept true, kept on disk, and searched."""
