"""What the central teams build next: requests, scores, planning cycles, and a reason for every no."""
