"""Every non-trivial read of the wiki. Each starts from what the person may see."""
