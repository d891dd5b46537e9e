"""Pages of the tooling room."""
