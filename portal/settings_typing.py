"""Settings for tools that read code without running it (mypy, verify): no database, no key of anybody."""

import os

os.environ.setdefault("SECRET_KEY", "for-static-analysis-only-0123456789abcdef")
os.environ.setdefault("DATABASE_URL", "postgresql:///unused")

from portal.settings import *  # noqa: F403
