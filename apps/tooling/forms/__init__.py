"""Forms of the tooling room."""
