"""What changed, for whom: the feed and the home page. Reads plugs, owns no rules."""
