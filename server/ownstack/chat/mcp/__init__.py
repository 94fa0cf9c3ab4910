"""The Model Context Protocol both ways: servers of the user's tools, and our tools for others."""
