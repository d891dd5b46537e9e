"""What exists, who owns it and where it runs: entities, versions, deployments, relations, and their sources."""
