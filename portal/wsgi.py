"""The entry point of web servers."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

from apps.core.http_edge import EdgeRequest  # noqa: E402 - the application's registry must stand first

application.request_class = EdgeRequest
