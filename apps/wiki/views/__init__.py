"""The wiki in the browser."""
