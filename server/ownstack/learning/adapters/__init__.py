"""What adapters there are, which of them serve, and what is known of each."""
