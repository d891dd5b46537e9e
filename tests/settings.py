"""The portal's settings for tests. A database of our own must exist before Django reads its address, which is
before any conftest is imported; processes of pytest-xdist inherit the address and start nothing."""

import os

from tests.throwaway import folder_until_exit

os.environ.setdefault("SECRET_KEY", "tests-only-0123456789-0123456789-0123456789")
os.environ.setdefault("COE_DEMO", "true")
os.environ["COE_FILES"] = folder_until_exit()
if "DATABASE_URL" not in os.environ:
    from portal.embedded_throwaway import throwaway_until_exit

    os.environ["DATABASE_URL"] = throwaway_until_exit()

from portal.settings import *  # noqa: F403
from portal.settings import INSTALLED_APPS, MIDDLEWARE

# django-zeal raises at the first query that repeats itself per row (law 11).
INSTALLED_APPS = [*INSTALLED_APPS, "zeal"]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
ZEAL_NPLUSONE_THRESHOLD = 4
MIDDLEWARE = [
    "tests.static_files.FoundOnce" if name == "whitenoise.middleware.WhiteNoiseMiddleware" else name
    for name in MIDDLEWARE
]
