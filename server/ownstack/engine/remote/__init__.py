"""What every client of a server needs: one connection, its events, and faults in plain words."""
