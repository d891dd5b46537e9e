"""Every write of the roadmap room. What several actions share stands in `moving`."""
