"""What conversations established: decisions, open threads, solutions that recur."""
