"""Which models the user has and could have, what is known of them, and fetching them. Runs none."""
