"""A window's session, put together from the packages below, and what all windows share."""
