"""Everything that is read of requests, cycles and outcomes."""
