"""Forms of the roadmap room."""
