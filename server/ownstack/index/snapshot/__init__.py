"""What the index knows at one moment, in memory."""
