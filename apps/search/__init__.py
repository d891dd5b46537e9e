"""One search over whatever the apps registered as searchable."""
