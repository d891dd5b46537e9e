"""Everything that is read of tools, standards, requests and grants."""
