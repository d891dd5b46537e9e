"""The catalog in the browser."""
