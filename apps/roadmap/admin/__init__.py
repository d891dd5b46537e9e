"""The roadmap in the admin: the queue of requests, the frame of cycles, and what was computed and decided.

Ballots, advice, blind scores and follows have no page here, before the reveal or after it: what is sealed is read on the
portal's pages by whoever its policy names, and nowhere else.
"""

from apps.roadmap.admin import cycles, outcomes, requests, scoring

__all__ = ["cycles", "outcomes", "requests", "scoring"]
