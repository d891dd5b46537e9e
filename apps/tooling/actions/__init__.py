"""Every write of the tooling room. What several actions share stands in `moving` and `granting`."""
