"""Pages of the roadmap room."""
