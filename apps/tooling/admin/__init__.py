"""Tooling in the admin: the queue of requests, what holds, and the frame that CoE leads keep. Standards are written on
the portal's own pages."""

from apps.tooling.admin import holding, proposals, requests, settings, standards

__all__ = ["holding", "proposals", "requests", "settings", "standards"]
