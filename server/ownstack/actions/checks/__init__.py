"""What is checked of a drafted edit before anybody sees it."""
